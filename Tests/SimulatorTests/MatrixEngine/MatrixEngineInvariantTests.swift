import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Properties of every device of the library that is no GPU, tried on pseudo-random operators in the formats that it has.
@Suite struct MatrixEngineInvariantTests {
    static let devices: [Architecture] = {
        guard let library = try? ModelFixture.library(), let entries = try? library.allEntries() else { return [] }
        return entries.compactMap { entry in
            guard case .device(let device) = entry, device.deviceClass != .simtGPU else { return nil }
            return device
        }
    }()

    @Test func theLibraryHasThem() { #expect(Self.devices.count > 40) }

    private static func format(of device: Architecture) -> NumberFormat? {
        let wanted: ComputeEngine? = device.deviceClass == .cpu ? nil : .matrix
        let formats = device.compute.rates.filter { wanted == nil || $0.engine == wanted }.map(\.format)
        return [.bf16, .fp16, .fp32, .int8].first { formats.contains($0) } ?? formats.first
    }

    /// Seeded: the same operators for every device of a format.
    private static func operators(_ format: NumberFormat) -> [Operator] {
        var random = SplitMix64(state: 20_260)
        func dimension(_ limit: Double) -> Int {
            // Even over the logarithm by repeated halving.
            var value = limit
            let halvings = Int(random.nextUnit() * 12)
            for _ in 0..<halvings { value /= 2 }
            return max(1, Int(value * (0.5 + 0.5 * random.nextUnit())))
        }
        var shapes: [Operator] = []
        for round in 0..<6 {
            shapes.append(
                .matrixMultiply(
                    MatrixMultiply(
                        batch: round == 5 ? dimension(32) : 1, m: dimension(4096), n: dimension(16384), k: dimension(16384), scheme: .uniform(format),
                        hasBias: round % 2 == 1)))
            if [.fp32, .bf16, .fp16].contains(format) {
                let keyValueHeads = dimension(16)
                let queries = dimension(2048)
                var attention = Attention(
                    phase: round % 2 == 0 ? .prefill : .decode, batch: dimension(16), queryTokens: round % 2 == 0 ? queries : 1,
                    keyValueTokens: queries + dimension(2048), heads: keyValueHeads * dimension(8), keyValueHeads: keyValueHeads,
                    headDimension: 64 * dimension(2), isCausal: round != 4, window: round == 2 ? dimension(512) : nil, query: format)
                attention.isBackward = round == 4
                shapes.append(.attention(attention))
            }
            shapes.append(.rowwise(Rowwise(Rowwise.Function.allCases[round % 5], rows: dimension(8192), columns: dimension(8192), format: .fp32)))
            let function = Elementwise.Function.allCases[(round * 5) % Elementwise.Function.allCases.count]
            shapes.append(.elementwise(Elementwise(function, elements: dimension(1e8), inputs: 1 + round % 2, format: .fp32)))
            shapes.append(
                .mixtureOfExperts(
                    MixtureOfExperts(
                        tokens: dimension(2048), hidden: dimension(4096), intermediate: dimension(4096), topK: 2, experts: 8,
                        isGated: round % 2 == 0, routing: round % 3 == 0 ? .powerLaw(exponent: 1.2) : .balanced, scheme: .uniform(format))))
        }
        shapes.append(.rotary(RotaryEmbedding(tokens: dimension(8192), heads: 40, dimension: 128, format: .fp32)))
        shapes.append(.gather(Gather(rows: dimension(8192), columns: 4096, tableRows: 32000, format: .fp32)))
        shapes.append(.sampling(Sampling(.topP, rows: dimension(64), vocabulary: 32000, format: .fp32)))
        shapes.append(.copy(MemoryCopy(.deviceToDevice, bytes: dimension(1e8))))
        return shapes
    }

    private static func projections(_ device: Architecture) throws -> [(shape: Operator, projection: OperatorProjection)] {
        guard let format = format(of: device) else { return [] }
        let model = try DeviceModels.model(for: device, stack: GPUFixture.stack())
        return try operators(format).map { ($0, try model.project($0, under: ExecutionConditions())) }
    }

    @Test(arguments: devices) func breakdownsAddUpAndResultsRepeat(device: Architecture) throws {
        let first = try Self.projections(device)
        #expect(first.count > 15)
        for (shape, result) in first {
            #expect(result.time.value.isFinite && result.time > .zero, "\(shape)")
            #expect(result.breakdown.parts.allSatisfy { $0.time.value.isFinite && $0.time > .zero }, "\(shape)")
            #expect(agree(result.breakdown.total.microseconds, result.time.microseconds), "\(shape)")
        }
        #expect(try Self.projections(device).map(\.projection) == first.map(\.projection))
    }

    @Test(arguments: devices) func nothingBeatsPeakOrBandwidth(device: Architecture) throws {
        for (shape, result) in try Self.projections(device) {
            let format: NumberFormat? = switch shape {
            case .matrixMultiply(let product): product.scheme.compute
            case .attention(let attention): attention.query
            case .mixtureOfExperts(let layer): layer.scheme.compute
            default: nil
            }
            if let peak = format.flatMap({ device.peak($0) }) {
                #expect(result.time.value >= result.operations.value / peak.value * 0.999, "\(shape)")
            }
            // A CPU may leave results in its caches; the others write them.
            let bytes = device.deviceClass == .cpu ? shape.bytesRead : shape.bytesRead + shape.bytesWritten
            if case .matrixMultiply = shape, device.deviceClass != .cpu { #expect(result.memoryTraffic.value >= bytes.value * 0.999, "\(shape)") }
            #expect(result.time.value >= bytes.value / device.memory.bandwidth.value.value * 0.999, "\(shape)")
        }
    }

    /// What is made twice as large.
    enum Improvement: String, CaseIterable { case bandwidth, clock, capacity }

    @Test(arguments: devices, Improvement.allCases) func betterHardwareIsNeverSlower(device: Architecture, improvement: Improvement) throws {
        var better = device
        switch improvement {
        case .bandwidth:
            better.memory.bandwidth.value = device.memory.bandwidth.value * 2
            better.memory.achievableBandwidth?.value = (device.memory.achievableBandwidth?.value ?? .zero) * 2
        case .clock:
            better.compute.boostClock.value = device.compute.boostClock.value * 2
            better.compute.matrixClock?.value = (device.compute.matrixClock?.value ?? .zero) * 2
        case .capacity:
            for index in better.caches.indices { better.caches[index].capacity.value = device.caches[index].capacity.value * 2 }
        }
        for (before, after) in zip(try Self.projections(device), try Self.projections(better)) {
            #expect(after.projection.time.value <= before.projection.time.value * 1.000001, "\(before.shape)")
        }
    }
}

extension Architecture: CustomTestStringConvertible {
    public var testDescription: String { id }
}
