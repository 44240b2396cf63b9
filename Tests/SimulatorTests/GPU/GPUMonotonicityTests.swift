import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// A better device is never slower, and more work never faster.
@Suite struct GPUMonotonicityTests {
    /// Changes one number of the A100.
    enum Better: String, CaseIterable { case bandwidth, clock, units, power }

    static func model(_ better: Better?, by factor: Double) throws -> GPUModel {
        var numbers = GPUFixture.a100
        switch better {
        case .bandwidth: numbers.memory *= factor
        case .clock: numbers.boost *= factor
        case .units:
            numbers.units = Int(Double(numbers.units) * factor)
            // The cache is stated per device: its rate and size grow with the units that draw from it. Without the size, twice the rows
            // under way would really push one another out of the cache before their second reading.
            numbers.cacheMiB *= factor
            numbers.cacheBytesPerClock = numbers.cacheBytesPerClock.map { $0 * factor }
        case .power: numbers.watts *= factor
        case nil: break
        }
        return try GPUModel(GPUFixture.architecture(numbers), stack: GPUFixture.stack())
    }

    static let shapes: [Operator] = [1, 16, 100, 512, 4096, 16384].flatMap { m in
        [(4096, 4096), (11008, 4096), (512, 14336), (50257, 768)].flatMap { n, k -> [Operator] in
            [
                .matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: .uniform(.bf16))),
                .matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: .int8)),
                .rowwise(Rowwise(.softmax, rows: m, columns: k, format: .fp16)),
                .elementwise(Elementwise(.siluMul, elements: m * n, inputs: 2, format: .fp16)),
            ]
        }
    }

    /// Residency and split decisions may step by a rounding of tiles; 0.2 % is far below any of them.
    static let slack = 1.002

    @Test(arguments: Better.allCases) func aBetterDeviceIsNeverSlower(_ better: Better) throws {
        for factor in [1.1, 1.5, 2, 4] {
            let base = try Self.model(nil, by: 1)
            let improved = try Self.model(better, by: factor)
            for shape in Self.shapes {
                let before = try base.project(shape, under: .init()).time
                let after = try improved.project(shape, under: .init()).time
                #expect(after.value <= before.value * Self.slack, "\(better) x\(factor): \(shape)")
            }
        }
    }

    @Test func moreTokensNeverTakeLess() throws {
        let model = try Self.model(nil, by: 1)
        var last = 0.0
        for m in stride(from: 128, through: 16384, by: 128) {
            let time = try model.project(.matrixMultiply(MatrixMultiply(m: m, n: 4096, k: 4096, scheme: .uniform(.fp16))), under: .init()).time.value
            // A larger product may fit tiles better; by less than a tile's share of the work.
            #expect(time >= last * 0.93)
            last = max(last, time)
        }
    }

    @Test func residentOperandsAreNeverSlowerThanColdOnes() throws {
        let model = try Self.model(nil, by: 1)
        for shape in Self.shapes {
            let weights = OperatorSurroundings.weightBytes(of: shape)
            let hot = ExecutionConditions(residentInput: shape.bytesRead, residentWeights: weights)
            #expect(try model.project(shape, under: hot).time.value <= model.project(shape, under: .init()).time.value * (1 + 1e-9))
        }
    }

    @Test func aColdBoardIsNeverSlowerThanASustainedOne() throws {
        let model = try GPUModel(GPUFixture.architecture(GPUFixture.l40s), stack: GPUFixture.stack())
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 4096, n: 8192, k: 8192, scheme: .uniform(.bf16)))
        let sustained = try model.project(shape, under: .init(isSustained: true)).time
        let cold = try model.project(shape, under: .init(isSustained: false)).time
        #expect(cold <= sustained)
    }
}
