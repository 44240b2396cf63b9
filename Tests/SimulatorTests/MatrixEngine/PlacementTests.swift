import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Workloads that exceed main memory: streamed, or over several devices.
@Suite struct PlacementTests {
    /// A norm over 4 x 256, and eight linear layers of 128 KiB.
    private static func workload(weights: Double, cache: Double = 0) -> Workload {
        let norm = Operator.rowwise(Rowwise(.rmsNorm, rows: 4, columns: 256, format: .bf16))
        let product = Operator.matrixMultiply(MatrixMultiply(m: 4, n: 256, k: 256, scheme: .uniform(.bf16)))
        let operators = [PlacedOperator(name: "norm", shape: norm), PlacedOperator(name: "linear", shape: product, count: 8)]
        return Workload(
            name: "test", phases: [WorkloadPhase(kind: .decode, tokens: 4, operators: operators)],
            memory: MemoryFootprint(weights: Bytes(weights), keyValueCache: Bytes(cache)))
    }

    private static func project(_ workload: Workload, _ engine: SampleEngine) throws -> WorkloadProjection {
        var projector = WorkloadProjector(architecture: engine.architecture(), stack: "none", model: try engine.model())
        return try projector.project(workload)
    }

    @Test func whatFitsIsResident() throws {
        #expect(try Self.project(Self.workload(weights: 16e9), SampleEngine()).placement == .resident)
    }

    /// 20 GB on 16 GB with 64 GB behind: a fifth of the weights comes over the link.
    @Test func backingMemoryStreamsTheExcess() throws {
        let engine = SampleEngine(onChipBytes: 0, backing: (bytes: 64e9, gigabytesPerSecond: 1))
        let projection = try Self.project(Self.workload(weights: 15e9, cache: 5e9), engine)
        #expect(projection.placement == .streamed(share: 0.2))
        // 131,072 bytes of weights, a fifth of them at 1 GB/s: 26.2 µs of 27.5.
        let linear = try #require(projection.phases.first?.operators.last)
        #expect(agree(linear.projection.time.microseconds, 1.256 + 131_072 * 0.2 / 1000))
        #expect(projection.phases.first?.operators.count == 2)
    }

    /// 50 GB on devices of 16 GB without anything behind: four in series, three sends of 4 x 256 x 2 bytes.
    @Test func withoutBackingMemoryDevicesStandInSeries() throws {
        let engine = SampleEngine(linkLatencyMicroseconds: 2)
        let projection = try Self.project(Self.workload(weights: 50e9), engine)
        #expect(projection.placement == .inSeries(devices: 4))
        let send = try #require(projection.phases.first?.operators.last)
        #expect(send.name == "hand-over")
        #expect(send.count == 3)
        #expect(agree(send.projection.time.microseconds, 2 + 2048.0 / 1e5))
    }

    @Test func backingMemoryThatIsTooSmallDoesNotHelp() throws {
        let engine = SampleEngine(backing: (bytes: 1e9, gigabytesPerSecond: 1))
        #expect(try Self.project(Self.workload(weights: 50e9), engine).placement == .inSeries(devices: 4))
    }

    /// 1 dispatch of 100 µs for the pass, not 9 for its operators.
    @Test func aPassIsDispatchedOnce() throws {
        let free = try Self.project(Self.workload(weights: 1e9), SampleEngine())
        let paid = try Self.project(Self.workload(weights: 1e9), SampleEngine(constants: [("dispatch_us", 100)]))
        #expect(agree(paid.time.microseconds - free.time.microseconds, 100))
    }

    /// The layer of a workload cannot be faster than what must be read for it; here 8 products of 131,072 bytes at 1 TB/s, in 2 layers.
    @Test func aLayerKeepsToTheDataSheet() throws {
        let engine = SampleEngine()
        let projection = try Self.project(Self.workload(weights: 1e9), engine)
        let layer = try #require(projection.layer(of: .decode, layers: 2, on: engine.architecture()))
        #expect(agree(layer.time.microseconds, projection.time.microseconds / 2))
        #expect(agree(layer.bound.microseconds, 4 * 0.131072))
        #expect(layer.isMemoryBound)
        #expect(projection.layer(of: .prefill, layers: 2, on: engine.architecture()) == nil)
    }

    /// No device of the library beats its data sheet on a decoder block of Llama-2-7B.
    @Test func noDeviceBeatsItsDataSheet() throws {
        let model = try ModelLibrary.find("llama-2-7b")
        let passes: [(kind: WorkloadPhase.Kind, batch: Int, generated: Int)] = [(.prefill, 1, 0), (.decode, 1, 1), (.decode, 64, 1)]
        var ranked = 0
        for entry in try ModelFixture.library().allEntries() {
            guard case .device(let device) = entry else { continue }
            // What multiplies: the lanes of a GPU or CPU, the matrix engine of the others.
            let lanes = device.deviceClass == .simtGPU || device.deviceClass == .cpu
            let format = [NumberFormat.bf16, .fp16].first { format in
                device.compute.rates.contains { $0.format == format && (lanes || $0.engine == .matrix) }
            }
            guard let format else { continue }
            var projector = WorkloadProjector(
                architecture: device, stack: "test", model: try DeviceModels.model(for: device, stack: GPUFixture.stack()))
            for pass in passes {
                let request = WorkloadRequest(batch: pass.batch, promptTokens: 2047, generatedTokens: pass.generated, format: format)
                let projection = try projector.project(try model.workload(for: request))
                let layer = try #require(projection.layer(of: pass.kind, layers: 32, on: device))
                #expect(layer.shareOfBound < 1.0001, "\(device.id), \(pass)")
            }
            ranked += 1
        }
        #expect(ranked > 100)
    }
}
