import CPUKernels
import Foundation
import Hardware
import HostTopology
import Quantities
import Testing

@testable import Profiler

@Suite struct CalibrationTests {
    /// A machine with caches of 32 KiB, 1 MiB and 16 MiB and two cores.
    static let host = HostTopology(
        processorName: "Test \"Fast\" CPU: 9000\n", packages: 1,
        cores: [HostCore(processingUnits: [0], package: 0), HostCore(processingUnits: [1], package: 0)],
        caches: [
            HostCache(level: 1, sizeBytes: 32 << 10, lineBytes: 64, associativity: 8, instances: 2, coresPerInstance: 1),
            HostCache(level: 2, sizeBytes: 1 << 20, lineBytes: 64, associativity: 8, instances: 2, coresPerInstance: 1),
            HostCache(level: 3, sizeBytes: 16 << 20, lineBytes: 64, associativity: 16, instances: 1, coresPerInstance: 2),
        ],
        memory: HostMemory(totalBytes: 8 << 30, availableBytes: nil, nodes: [], hugePages: nil),
        vectorInstructions: VectorInstructions(level: .avx2, hasVNNI: false, hasBF16: false),
        limits: ProcessorLimits(allowedProcessingUnits: [0, 1], controlGroupProcessors: nil))

    /// Plateaus of 200, 100 and 50 GB/s, then 20; the shared cache gives way at 8 MiB because somebody else uses half of it.
    static func calibration() -> Calibration {
        let plan = CalibrationPlan(lastCacheBytes: 16 << 20, isQuick: true)
        func rate(_ bytes: Int) -> Double { bytes <= 32 << 10 ? 200e9 : bytes <= 1 << 20 ? 100e9 : bytes <= 8 << 20 ? 50e9 : 20e9 }
        let single = plan.workingSets.map {
            BandwidthPoint(workingSetBytes: $0, threads: 1, read: rate($0), write: rate($0) / 2, triad: rate($0) / 1.5)
        }
        let together = plan.workingSets.map {
            BandwidthPoint(workingSetBytes: $0, threads: 2, read: rate(2 * $0) * 1.5, write: rate(2 * $0), triad: rate(2 * $0))
        }
        let latency = plan.latencySets.map { LatencyPoint(workingSetBytes: $0, seconds: $0 <= 32 << 10 ? 1e-9 : $0 <= 1 << 20 ? 4e-9 : 100e-9) }
        let square = 100e9
        // Eight rows: 268 MFLOP at 100 GFLOP/s are 2.68 ms, 64 MiB at 20 GB/s 3.36 ms; one after the other 6.04 ms, which makes p = 1.
        let streaming = 2 * 8 * 4096.0 * 4096.0 / (2 * 8 * 4096.0 * 4096.0 / square + 4096.0 * 4096.0 * 4 / 20e9)
        return Calibration(
            host: host, plan: plan, threads: 2, instructionSet: "avx2", clock: 3e9, portPeak: 110e9,
            products: [
                ProductRate(format: .fp32, m: 1024, side: 1024, threads: 1, operationsPerSecond: square),
                ProductRate(format: .fp32, m: 1024, side: 1024, threads: 2, operationsPerSecond: 1.9 * square),
                ProductRate(format: .fp32, m: 8, side: 4096, threads: 1, operationsPerSecond: streaming),
            ],
            bandwidth: single + together, latency: latency, dispatchSeconds: 1e-6, libraryCallSeconds: 0.5e-6,
            kernelCosts: [KernelCost(name: "add_cycles_per_element", value: 0.08, how: "made up")], usesHugePages: true, loadBefore: 0.1,
            loadAfter: 1, elapsedSeconds: 9)
    }

    @Test func levelsHaveThePlateausOfTheCurve() {
        let levels = Self.calibration().levels
        #expect(levels.map(\.name) == ["L1", "L2", "L3", "memory"])
        #expect(levels.map(\.readPerCore) == [200e9, 100e9, 50e9, 20e9])
        #expect(levels.map(\.isPerCore) == [true, true, false, false])
        #expect(levels[0].latencySeconds == 1e-9)
        #expect(levels[3].latencySeconds == 100e-9)
    }

    @Test func theEffectiveCapacityIsWhereTheCurveFalls() throws {
        let levels = Self.calibration().levels
        let shared = try #require(levels[2].effectiveBytes)
        #expect(shared <= 8 << 20)
        #expect(shared > 5 << 20)
        #expect(levels[3].effectiveBytes == nil)
    }

    @Test func aMachineWithUnknownCachesHasOnlyMemory() {
        var calibration = Self.calibration()
        calibration.host.caches = []
        #expect(calibration.levels.map(\.name) == ["memory"])
        #expect(calibration.levels[0].readPerCore == 20e9)
    }

    @Test func oneAfterTheOtherIsAnExponentOfOne() throws {
        let exponent = try #require(Self.calibration().overlapExponent)
        #expect(abs(exponent - 1) < 1e-6)
    }

    /// sqrt(3^2 + 4^2) = 5; perfect overlap is cut at 16; slower than the sum is 1.
    @Test(arguments: [(3.0, 4.0, 5.0, 2.0), (1, 1, 1, 16), (1, 2, 3, 1), (1, 2, 9, 1)])
    func exponentsOfOverlap(a: Double, b: Double, together: Double, expected: Double) {
        #expect(abs(Calibration.exponent(a, b, together: together) - expected) < 1e-6)
    }

    @Test func theArchitectureFileReadsBackWithItsNumbers() throws {
        let calibration = Self.calibration()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calibration-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("this-cpu.yaml").path
        try calibration.architectureFile.write(toFile: path, atomically: true, encoding: .utf8)
        let library = try ArchitectureLibrary(roots: [folder.path])
        guard case .device(let architecture) = try library.load(path: path) else {
            Issue.record("the file describes no device")
            return
        }
        #expect(architecture.deviceClass == .cpu)
        #expect(architecture.compute.units.value == 2)
        #expect(architecture.compute.boostClock.value == Hertz(3e9))
        let peak = try #require(architecture.peak(.vector, .fp32))
        #expect(abs(peak.value / 220e9 - 1) < 1e-4)
        #expect(architecture.caches.map(\.name) == ["L1", "L2", "L3"])
        #expect(architecture.caches[2].scope == .device)
        #expect(architecture.memory.bandwidth.value == BytesPerSecond(30e9))
        #expect(architecture.processor?.dispatchLatency?.value == Seconds(microseconds: 1))
        #expect(abs((architecture.constant("cpu", "all_core_share") ?? 0) - 0.95) < 1e-9)
        #expect(architecture.constant("cpu", "add_cycles_per_element") == 0.08)
        #expect(architecture.compute.boostClock.source.kind == .measured)
        #expect(architecture.peak(.bf16) == nil, "what was not measured is absent")
    }

    @Test(arguments: [nil, 0, 1 << 20, 1 << 30, Int.max / 8] as [Int?]) func plansGrowAndStayBounded(lastCache: Int?) {
        for isQuick in [true, false] {
            let plan = CalibrationPlan(lastCacheBytes: lastCache, isQuick: isQuick)
            #expect(plan.workingSets == plan.workingSets.sorted())
            #expect(Set(plan.workingSets).count == plan.workingSets.count)
            #expect((plan.workingSets.last ?? 0) <= 1 << 30)
            #expect((plan.workingSets.last ?? 0) >= 64 << 20)
            #expect(plan.workingSets.allSatisfy { $0 % 12_288 == 0 })
        }
    }

    @Test func calibrationOfThisMachineIsFiniteAndPositive() throws {
        var plan = CalibrationPlan(lastCacheBytes: 1 << 20, isQuick: true)
        plan.secondsPerPoint = 1e-4
        plan.workingSets = [12_288, 49_152, 1_228_800]
        plan.latencySets = [12_288, 1_228_800]
        plan.productSide = 96
        let host = try HostTopology.discover()
        var steps: [CalibrationStep] = []
        let calibration = try Calibrator(host: host, plan: plan, threads: 1).run { steps.append($0) }
        #expect(steps.contains(.kernels))
        #expect(calibration.clock > 1e8 && calibration.clock < 1e11)
        #expect(calibration.portPeak > 1e8 && calibration.portPeak.isFinite)
        #expect(calibration.products.contains { $0.format == .fp32 && $0.threads == 1 })
        #expect(calibration.dispatchSeconds == nil, "one thread dispatches nothing")
        for point in calibration.bandwidth { #expect(point.read > 0 && point.write > 0 && point.triad > 0) }
        for cost in calibration.kernelCosts { #expect(cost.value >= 0 && cost.value.isFinite) }
        #expect(!calibration.architectureFile.contains("value: nan"))
        #expect(!calibration.architectureFile.contains("value: inf"))
    }
}

@Suite struct ProbeLoopTests {
    @Test(arguments: InstructionSet.supported) func chasesVisitEveryLine(set: InstructionSet) throws {
        let memory = try ProbeMemory(bytes: 1 << 16, onHugePages: false)
        let probe = MemoryProbe(loops: try ProbeTable(set), timer: ProbeTimer(budgetSeconds: 0))
        let point = probe.latency(1 << 16, in: memory)
        #expect(point.workingSetBytes == 1 << 16)
        // The chain that the probe left behind comes back to its start after every one of the 1024 lines, and not before.
        var position = UnsafeRawPointer(memory.base)
        var visited = 0
        repeat {
            position = position.load(as: UnsafeRawPointer.self)
            visited += 1
        } while position != UnsafeRawPointer(memory.base) && visited < 5000
        #expect(visited == 1024)
    }

    @Test(arguments: InstructionSet.supported) func loopsDoWhatTheyCount(set: InstructionSet) throws {
        let loops = try ProbeTable(set)
        var x = [Float](repeating: 1, count: 192)
        let y = [Float](repeating: 2, count: 192)
        var z = [Float](repeating: 0, count: 192)
        #expect(loops.read(x, 192, 3) == 576)
        loops.triad(x, y, &z, 192, 1, 0.5)
        #expect(z.allSatisfy { $0 == 2 })
        loops.write(&x, 192, 2, 5)
        #expect(x.allSatisfy { $0 == 6 }, "the second pass writes another value, so that no pass can be left out")
        // x = (x + 1) ^ 0 sixteen operations an iteration: eight additions.
        #expect(loops.dependentAdds(2, 1, 0) == 17)
        for chains in [3, 7, 12] {
            // a = a x + x with x = 0 stays 0 in each chain but for its start i: the sum of 16 lanes of i x 0 is 0.
            #expect(loops.multiplyAdds(chains, 4, 0) == 0)
        }
    }
}
