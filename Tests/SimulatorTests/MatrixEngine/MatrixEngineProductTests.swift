import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Products on small arrays, each time derived by hand: floor 1 µs, fill and drain 256 cycles = 0.256 µs, then the longest resource.
@Suite struct MatrixEngineProductTests {
    /// One tile: 128 rows stream through in 128 cycles, behind fill and drain of 128 + 128. 98,304 bytes at 1 TB/s take 0.098 µs.
    @Test func oneTileFillsStreamsAndDrains() throws {
        let result = try SampleEngine().product(128, 128, 128)
        #expect(agree(result.time.microseconds, 1 + 0.256 + 0.128))
        #expect(agree(result.breakdown[.launch], 1))
        #expect(agree(result.breakdown[.arrayFill], 0.256))
        #expect(agree(result.breakdown[.matrixPipe], 0.128))
        #expect(result.breakdown[.padding] < 1e-9)
        #expect(agree(result.memoryTraffic.value, 98304))
    }

    /// Fill and drain are paid once: 4 x 4 tiles of 512 rows each take 16 x 512 = 8192 cycles behind the same 256.
    @Test func fillIsPaidOncePerOperator() throws {
        let result = try SampleEngine().product(512, 512, 512)
        #expect(agree(result.time.microseconds, 1 + 0.256 + 8.192))
    }

    /// One row through a tile: the 128 cycles in which the next tile loads are exposed; 127 of them do nothing.
    @Test func weightLoadIsExposedWhenFewRowsStream() throws {
        let engine = SampleEngine(memoryGigabytesPerSecond: 1e5)
        let result = try engine.product(1, 1024, 1024)
        // 64 tiles of 128 cycles.
        #expect(agree(result.time.microseconds, 1 + 0.256 + 8.192))
        #expect(agree(result.breakdown[.padding] / (result.breakdown[.matrixPipe] + result.breakdown[.padding]), 127.0 / 128))
    }

    /// Loads four times faster (32 cycles a tile): of 16 rows 64 x max(16, 32); of 64 rows they hide behind 64 x 64 cycles.
    @Test func fasterLoadsHideBehindMoreRows() throws {
        let engine = SampleEngine(memoryGigabytesPerSecond: 1e5, constants: [("tile_load_cycles", 32)])
        #expect(agree(try engine.product(16, 1024, 1024).time.microseconds, 1.256 + 2.048))
        #expect(agree(try engine.product(64, 1024, 1024).time.microseconds, 1.256 + 4.096))
    }

    /// int8 doubles the rate and halves the bytes of a load: half of all cycles, at 128 rows as at 1.
    @Test(arguments: [1, 128]) func halfTheBitsHalveStreamAndLoad(rows: Int) throws {
        let engine = SampleEngine(memoryGigabytesPerSecond: 1e5)
        let wide = try engine.product(rows, 1024, 1024)
        let scheme = MatrixMultiplyScheme(activation: .int8, weight: .int8, output: .bf16, compute: .int8)
        let narrow = try engine.product(rows, 1024, 1024, scheme: scheme)
        #expect(agree(wide.time.microseconds, 1.256 + 8.192))
        #expect(agree(narrow.time.microseconds, 1.256 + 4.096))
    }

    /// 129 columns need two tiles, whichever operand is held: 2 x 129 cycles for 129 x 129 x 128 / 16,384 = 130.0078 of work.
    @Test func columnsArePaddedToTheArray() throws {
        let result = try SampleEngine().product(129, 129, 128)
        #expect(agree(result.breakdown[.matrixPipe] + result.breakdown[.padding], 0.258))
        #expect(agree(result.breakdown[.padding], 0.258 - 129.0 * 129 * 128 / 16384 / 1000))
    }

    /// The same contracted over 129: four tiles.
    @Test func theContractionIsPaddedToTheArray() throws {
        let result = try SampleEngine().product(129, 129, 129)
        #expect(agree(result.breakdown[.matrixPipe] + result.breakdown[.padding], 0.516))
    }

    /// Static shapes: 129 rows run as 136 where rows come in eights.
    @Test func rowsArePaddedToTheCompiledGranule() throws {
        let result = try SampleEngine(paddingRows: 8).product(129, 129, 128)
        #expect(agree(result.breakdown[.matrixPipe] + result.breakdown[.padding], 0.272))
    }

    /// 129 columns but 128 rows: holding A instead of B leaves one tile through which 129 columns stream.
    @Test func eitherOperandMayBeHeld() throws {
        let result = try SampleEngine().product(128, 129, 128)
        #expect(agree(result.breakdown[.matrixPipe] + result.breakdown[.padding], 0.129))
    }

    /// One tile on two arrays: each takes a copy of it and half of 512 rows.
    @Test func idleArraysShareTheRows() throws {
        let result = try SampleEngine(arraysPerUnit: 2, memoryGigabytesPerSecond: 1e5).product(512, 128, 128)
        #expect(agree(result.time.microseconds, 1.256 + 0.256))
    }

    /// Half of the units take twice as long on arrays and memory alike.
    @Test func unitsInUseScaleTheMachine() throws {
        let engine = SampleEngine(units: 2)
        let whole = try engine.product(4096, 4096, 4096)
        let half = try engine.product(4096, 4096, 4096, ExecutionConditions(unitsInUse: 1))
        // 1024 tiles of 4096 rows, over two arrays or one.
        #expect(agree(whole.time.microseconds, 1.256 + 2097.152))
        #expect(agree(half.time.microseconds, 1.256 + 4194.304))
        #expect(try engine.product(4096, 4096, 4096, ExecutionConditions(unitsInUse: 5)) == whole)
    }

    /// An output-stationary tile of 256 x 256 takes k cycles.
    @Test func outputStationaryTilesTakeTheContraction() throws {
        let engine = SampleEngine(rows: 256, columns: 256, dataflow: .outputStationary, memoryGigabytesPerSecond: 1e5)
        // 4,325,376 bytes at 1 TB/s would take longer: memory out of the way.
        #expect(agree(try engine.product(256, 256, 4096).time.microseconds, 1.512 + 4.096))
        // 64 rows: as 128 x 512 the array covers 2048 columns in four tiles; as 256 x 256 it would take eight.
        let narrow = try engine.product(64, 2048, 1000)
        #expect(agree(narrow.time.microseconds, 1.512 + 4))
    }

    /// Blocks of 16 x 16 dot products: 4096 blocks of a row on 16 of them are 256 cycles.
    @Test func dotProductBlocksPadEveryDimension() throws {
        let engine = SampleEngine(rows: 16, columns: 16, arraysPerUnit: 16, dataflow: .dotProduct, memoryGigabytesPerSecond: 1e5)
        #expect(agree(try engine.product(1, 1024, 1024).time.microseconds, 1.032 + 0.256))
        // 1025 columns: 65 x 64 = 4160 blocks, 260 cycles.
        #expect(agree(try engine.product(1, 1025, 1024).time.microseconds, 1.032 + 0.260))
    }

    /// Double buffering hides the shorter resource; a bulk-synchronous machine adds them up. 4096 rows of 512 x 512: 16 tiles of 4096 cycles are
    /// 65.536 µs; 8,912,896 bytes at 0.1 TB/s are 89.12896 µs.
    @Test func buffersOverlapUnlessPhasesAreSynchronous() throws {
        let engine = SampleEngine(memoryGigabytesPerSecond: 100)
        let overlapped = try engine.product(4096, 512, 512)
        #expect(agree(overlapped.time.microseconds, 1.256 + 89.12896))
        #expect(overlapped.bound == .memoryBandwidth)
        var synchronous = engine
        synchronous.constants = [("is_bulk_synchronous", 1)]
        #expect(agree(try synchronous.product(4096, 512, 512).time.microseconds, 1.256 + 89.12896 + 65.536))
    }

    /// A bias is n elements more to read and m x n additions on the vector units (1000 a cycle).
    @Test func aBiasIsReadAndAdded() throws {
        let engine = SampleEngine()
        let plain = try engine.product(128, 128, 128)
        let biased = try engine.product(128, 128, 128, bias: true)
        #expect(agree(biased.memoryTraffic.value - plain.memoryTraffic.value, 256))
        // 16,384 additions take 16.4 cycles, hidden behind 128.
        #expect(agree(biased.time.microseconds, plain.time.microseconds))
    }

    @Test(arguments: [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)]) func emptyProductsAreRefused(m: Int, n: Int, k: Int) {
        #expect(throws: ProjectionError.self) { try SampleEngine().product(m, n, k) }
    }

    @Test func formatsThatTheEngineLacksAreRefusedWithTheNearest() {
        let error = #expect(throws: ProjectionError.self) { try SampleEngine().product(1, 1, 1, scheme: .uniform(.fp32)) }
        #expect(error?.code == .unsupportedFormat)
        #expect(error?.description.contains("nearest that works: bf16") == true)
    }
}
