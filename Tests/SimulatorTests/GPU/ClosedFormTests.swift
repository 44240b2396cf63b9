import EventSimulation
import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// The closed form of a kernel against the event engine fed with the same demands.
@Suite struct ClosedFormTests {
    static func problem(m: Double, n: Double, k: Double, bytes: Double = 2) -> GEMMProblem {
        GEMMProblem(
            batch: 1, m: m, n: n, k: k, activationBytes: bytes, weightBytes: bytes, outputBytes: bytes, hotActivations: 0, hotWeights: 0,
            hotOutput: 0, isWeightTransposed: true, hasBias: false, isSustained: true)
    }

    /// A tensor-core model of an A100 with unlimited power and the given share of the last wave paid.
    static func model(waveQuantisation: Double) throws -> TensorCoreGEMM {
        var device = GPUFixture.architecture(GPUFixture.a100)
        device.power = nil
        device.constants = [
            ConstantGroup(
                name: "gemm",
                constants: [NamedConstant(name: "wave_quantisation", number: Sourced(waveQuantisation, source: Source(.estimated, "test")))])
        ]
        let machine = try GPUMachine(device)
        let read = ConstantReader(DeviceConstants(architecture: device, stack: GPUFixture.stack()))
        let kernels = try #require(KernelCatalogue.standard.kernels(engine: .matrix, generation: "ampere", path: .asynchronousCopy))
        return TensorCoreGEMM(
            machine: machine, path: .half, activationBytes: 2, weightBytes: 2, operationsPerClock: 2048, kernels: kernels, read: read,
            power: PowerLimit(machine, read))
    }

    @Test(arguments: [(4096.0, 4096.0, 4096.0), (128, 8192, 8192), (16, 16384, 4096), (8192, 512, 65536), (300, 700, 900), (1000, 50257, 768)])
    func closedFormLiesBetweenPerfectOverlapAndItsNorm(_ shape: (Double, Double, Double)) throws {
        let model = try Self.model(waveQuantisation: 0)
        let estimate = model.estimate(Self.problem(m: shape.0, n: shape.1, k: shape.2))
        // One group of CTAs; each needs its share of multiprocessor time, of cache bytes and of memory bytes.
        var engine = FluidEngine()
        let units = engine.add(Resource(name: "multiprocessors", capacity: 1))
        let cache = engine.add(Resource(name: "L2", capacity: estimate.cacheTraffic / estimate.cache))
        let memory = engine.add(Resource(name: "memory", capacity: estimate.memoryTraffic / estimate.memory))
        let work = engine.submit(
            ActivityGroup(
                name: "CTAs", multiplicity: estimate.grid,
                demands: [
                    Demand(units, amount: estimate.multiprocessor / estimate.grid), Demand(cache, amount: estimate.cacheTraffic / estimate.grid),
                    Demand(memory, amount: estimate.memoryTraffic / estimate.grid),
                ]))
        let result = try engine.run()
        // The engine overlaps perfectly: the scarcest resource. The closed form is the 3-norm: at most the cube root of 3 more.
        #expect(abs(result.makespan - max(estimate.multiprocessor, estimate.cache, estimate.memory)) <= 1e-9 * result.makespan)
        #expect(estimate.kernel >= result.makespan * (1 - 1e-9))
        #expect(estimate.kernel <= result.makespan * 1.4423)
        let bound = try #require(result.activities[work.value].bound)
        let largest = max(estimate.multiprocessor, estimate.cache, estimate.memory)
        #expect(bound == (largest == estimate.multiprocessor ? units : largest == estimate.cache ? cache : memory))
    }

    @Test(arguments: [(2048.0, 4096.0), (4096, 4096), (5000, 3000)])
    func hardWavesTakeAsLongAsWavesRunOneAfterAnother(_ shape: (Double, Double)) throws {
        let model = try Self.model(waveQuantisation: 1)
        let estimate = model.estimate(Self.problem(m: shape.0, n: shape.1, k: 8192))
        try #require(estimate.split == 1)
        // ceil(grid / 108) waves; a wave lasts as long as one CTA, even when it is not full.
        let waves = (estimate.grid / 108).rounded(.up)
        let cta = estimate.multiprocessor / waves
        var engine = FluidEngine()
        let units = engine.add(Resource(name: "multiprocessors", capacity: 108))
        var last: ActivityIndex?
        var left = estimate.grid
        while left > 0 {
            let members = min(left, 108)
            last = engine.submit(
                ActivityGroup(name: "wave", multiplicity: members, demands: [Demand(units, amount: cta)], leastDuration: cta),
                after: last.map { [$0] } ?? [])
            left -= members
        }
        #expect(abs(try engine.run().makespan - estimate.multiprocessor) < 1e-9 * estimate.multiprocessor)
    }

    @Test func cubeRootIsExactToTwelveDigits() {
        for step in 0...200 {
            let value = 1 + 2 * Double(step) / 200
            let root = cubeRoot(value)
            #expect(abs(root * root * root - value) < 1e-9)
        }
        #expect(overlap(3, 0, 0) == 3 * cubeRoot(1))
        #expect(abs(overlap(1, 1, 1) - 1.4422495703) < 1e-7)
    }
}
