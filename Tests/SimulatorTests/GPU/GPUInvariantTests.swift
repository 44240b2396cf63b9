import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// Properties that hold for any operator on any GPU, tried on pseudo-random shapes.
@Suite struct GPUInvariantTests {
    struct Generator {
        var state: UInt64
        mutating func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        /// A number from 1 to `limit`, evenly spread over its logarithm.
        mutating func dimension(_ limit: Double) -> Int { max(1, Int(pow2(next() * log2(limit)))) }
        private func log2(_ x: Double) -> Double { x <= 1 ? 0 : 1 + log2(x / 2) }
        private func pow2(_ x: Double) -> Double {
            var result = 1.0
            for _ in 0..<Int(x) { result *= 2 }
            return result * (1 + (x - x.rounded(.down)))
        }
    }

    static let schemes: [MatrixMultiplyScheme] = [
        .uniform(.fp32), .uniform(.tf32), .uniform(.fp16), .uniform(.bf16), .fp8Dynamic, .fp8Static, .fp8Block, .fp8Plain, .int8,
        .weightOnlyInt8, .weightOnlyInt4, .nvfp4, .mxfp4WeightOnly,
    ]

    static func operators(seed: UInt64, count: Int) -> [Operator] {
        var generator = Generator(state: seed)
        return (0..<count).flatMap { number -> [Operator] in
            let scheme = schemes[number % schemes.count]
            let batch = generator.next() < 0.3 ? generator.dimension(64) : 1
            let product = MatrixMultiply(
                batch: batch, m: generator.dimension(16384), n: generator.dimension(16384), k: generator.dimension(32768), scheme: scheme,
                hasWeights: batch == 1, isWeightTransposed: generator.next() < 0.5)
            let rows = generator.dimension(100_000)
            let columns = generator.dimension(50_000)
            let functions = Elementwise.Function.allCases
            return [
                .matrixMultiply(product),
                .rowwise(Rowwise(Rowwise.Function.allCases[number % 5], rows: rows, columns: columns, format: .fp16)),
                .elementwise(Elementwise(functions[number % functions.count], elements: rows * 64, inputs: 1 + number % 2, rowWidth: 64, format: .fp32)),
                .rotary(RotaryEmbedding(tokens: rows, heads: 40, dimension: 128, format: .bf16)),
                .gather(Gather(rows: rows, columns: 4096, tableRows: 32000, format: .bf16)),
                .sampling(Sampling(Sampling.Method.allCases[number % 3], rows: generator.dimension(512), vocabulary: 32000, format: .fp32)),
                .copy(MemoryCopy(MemoryCopy.Route.allCases[number % 3], bytes: rows * 1000)),
            ]
        }
    }

    static let conditions = [
        ExecutionConditions(launch: .graph), ExecutionConditions(launch: .excluded, isSustained: false),
        ExecutionConditions(
            launch: .eager, residentInput: Bytes(1e7), residentWeights: Bytes(1e8), inputReuseFootprint: Bytes(3e7),
            weightReuseFootprint: Bytes(3e7)),
    ]

    static func model(_ numbers: GPUFixture.Numbers) throws -> GPUModel {
        try GPUModel(GPUFixture.architecture(numbers), stack: GPUFixture.stack())
    }

    @Test(arguments: GPUFixture.all.map(\.id)) func partsOfTheTimeAddUpToIt(_ id: String) throws {
        let numbers = try #require(GPUFixture.all.first { $0.id == id })
        let model = try Self.model(numbers)
        for shape in Self.operators(seed: 3, count: 120) {
            for conditions in Self.conditions {
                guard let projection = try? model.project(shape, under: conditions) else { continue }
                let time = projection.time.value
                #expect(time > 0 && time.isFinite, "\(shape)")
                #expect(abs(projection.breakdown.total.value - time) <= 1e-9 * time, "\(shape)")
                #expect(TimeOwner.allCases.allSatisfy { projection.breakdown[$0] >= 0 && projection.breakdown[$0].isFinite }, "\(shape)")
                #expect(projection.interval.p10 <= projection.time && projection.time <= projection.interval.p90)
                #expect((projection.energy?.value ?? 1) > 0)
                #expect(!projection.kernels.isEmpty)
            }
        }
    }

    @Test(arguments: GPUFixture.all.map(\.id)) func nothingIsFasterThanItsArithmeticOrItsMemoryTrafficAllow(_ id: String) throws {
        let numbers = try #require(GPUFixture.all.first { $0.id == id })
        let architecture = GPUFixture.architecture(numbers)
        let model = try Self.model(numbers)
        for shape in Self.operators(seed: 5, count: 150) {
            for conditions in Self.conditions {
                guard let projection = try? model.project(shape, under: conditions) else { continue }
                let time = projection.time.value
                #expect(time >= projection.memoryTraffic.value / architecture.memory.bandwidth.value.value * (1 - 1e-9) || shape.crossesHostLink)
                guard case .matrixMultiply(let product) = shape, let format = NumberFormat.computing(product.scheme),
                    let peak = architecture.peak(format)
                else { continue }
                // The widest format that the path can use: fp16 and bf16 products count as each other's.
                #expect(time >= (product.operations.value / peak.value) * 0.999, "\(product)")
            }
        }
    }

    @Test func compulsoryTrafficIsMovedWhenNothingIsResident() throws {
        // Cold weights and inputs must all be read: the traffic is at least theirs.
        let model = try Self.model(GPUFixture.h100)
        for shape in Self.operators(seed: 9, count: 100) {
            guard case .matrixMultiply(let product) = shape, product.scheme.quantisation == .none,
                let projection = try? model.project(shape, under: .init())
            else { continue }
            #expect(projection.memoryTraffic.value >= (product.activationBytes + product.weightBytes).value * (1 - 1e-9), "\(product)")
        }
    }
}

extension Operator {
    fileprivate var crossesHostLink: Bool {
        if case .copy(let copy) = self { return copy.route != .deviceToDevice }
        return false
    }
}

extension NumberFormat {
    /// The format whose peak bounds a scheme.
    fileprivate static func computing(_ scheme: MatrixMultiplyScheme) -> NumberFormat? {
        scheme.compute == .bf16 ? .fp16 : scheme.compute
    }
}
