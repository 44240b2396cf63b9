import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// How rows are laid out on threads, and what their instructions and waves cost, on cases small enough to work out by hand.
@Suite struct RowwiseTests {
    static let source = Source(.estimated, "test")

    private static func project(
        _ function: Rowwise.Function, rows: Int, columns: Int, constants: [String: Double] = [:], on numbers: GPUFixture.Numbers = GPUFixture.a100
    ) throws -> OperatorProjection {
        var device = GPUFixture.architecture(numbers)
        device.power = nil
        device.constants = [
            ConstantGroup(
                name: "rowwise",
                constants: constants.sorted { $0.key < $1.key }.map { NamedConstant(name: $0.key, number: Sourced($0.value, source: source)) })
        ]
        return try GPUModel(device, stack: GPUFixture.stack()).project(
            .rowwise(Rowwise(function, rows: rows, columns: columns, format: .fp32)), under: ExecutionConditions(launch: .excluded, isSustained: false))
    }

    /// PyTorch's softmax up to 1024 columns: CTAs of 128 threads; next power of two 16, 128, 512 on warps of 32 are 16, 8, 4 rows each, on warps
    /// of 64 16, 4 and 2; beyond, a row each.
    @Test(arguments: [(10, 16, 16), (100, 8, 4), (128, 8, 4), (129, 4, 2), (500, 4, 2), (1024, 4, 2), (1025, 1, 1)])
    func softmaxRowsShareACTA(columns: Int, ofWarp32: Int, ofWarp64: Int) throws {
        let rows = 16 * 1000
        #expect(try Self.project(.softmax, rows: rows, columns: columns).kernels.first?.gridSize == rows / ofWarp32)
        #expect(try Self.project(.softmax, rows: rows, columns: columns, on: GPUFixture.mi100).kernels.first?.gridSize == rows / ofWarp64)
    }

    /// A million norms of at most 512 columns, a group of four for each of 128 threads: 1000 + 4 x 500 instructions a thread on 108 x 64 lanes. A row
    /// of 513 columns gives one warp of four a second turn: a quarter more turns.
    @Test func normsCostTheirInstructions() throws {
        let constants = ["norm_row_instructions": 1000.0, "norm_column_instructions": 500, "row_latency_us": 0.001, "column_latency_us": 0]
        func arithmetic(_ columns: Int) throws -> Double {
            try Self.project(.layerNorm, rows: 1_000_000, columns: columns, constants: constants).breakdown[.vectorPipe]
        }
        let machine = try GPUMachine(GPUFixture.architecture(GPUFixture.a100))
        let lanes = machine.units * machine.lanes * machine.vectorClock
        #expect(abs(try arithmetic(512) / (1e6 * 128 * (1000 + 4 * 500) / lanes) - 1) < 1e-9)
        #expect(abs(try arithmetic(513) / (1e6 * 128 * (1000 + 4 * 1.25 * 500) / lanes) - 1) < 1e-9)
        // Fewer columns than threads take no less than one turn.
        #expect(try arithmetic(64) == arithmetic(512))
    }

    /// Rows that a warp holds in pairs pay `paired_column_instructions` for each of their padded columns, others 6.
    @Test func pairedRowsPayTheirOwnCount() throws {
        let constants = ["paired_column_instructions": 600.0, "row_latency_us": 0.001, "column_latency_us": 0]
        let paired = try Self.project(.softmax, rows: 1_000_000, columns: 65, constants: constants)
        let alone = try Self.project(.softmax, rows: 1_000_000, columns: 129, constants: constants)
        #expect(paired.breakdown.largest == .vectorPipe)
        #expect(alone.breakdown.largest != .vectorPipe)
        #expect(paired.time > alone.time * 2)
    }

    /// Wide softmax on 1024 threads: two CTAs on a unit of 2048, so 216 at a time on A100. A wave of one CTA more takes a life more.
    @Test func fewCTAsOnAUnitRunInWholeWaves() throws {
        let constants = ["wide_softmax_threads": 1024.0, "row_latency_us": 100, "column_latency_us": 0, "kernel_latency_us": 0.001]
        func latency(_ rows: Int) throws -> Double {
            try Self.project(.softmax, rows: rows, columns: 1025, constants: constants).time.microseconds
        }
        #expect(abs(try latency(217) - latency(216) - 100) < 1)
        #expect(abs(try latency(433) - latency(432) - 100) < 1)
        #expect(abs(try latency(10) - latency(1)) < 1)
        // Norms of 128 threads are 16 on a unit, 1728 at a time, and drift apart: an eighth of the rest of the wave.
        let norm = { (rows: Int) in
            try Self.project(.layerNorm, rows: rows, columns: 64, constants: constants).time.microseconds
        }
        #expect(abs(try norm(1728 + 864) - norm(1728) - 100 * (0.5 + 0.5 / 8)) < 2)
    }
}
