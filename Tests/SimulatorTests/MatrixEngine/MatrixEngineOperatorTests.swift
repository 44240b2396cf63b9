import Quantities
import Testing
import Workload

@testable import Simulator

/// Attention, experts and passes over memory on a matrix engine.
@Suite struct MatrixEngineOperatorTests {
    /// Heads as wide as the array, memory and vector units out of the way: what is left is products.
    private static let engine = SampleEngine(memoryGigabytesPerSecond: 1e6)

    private static func attention(
        queries: Int = 1024, keys: Int = 1024, heads: Int = 1, keyValueHeads: Int = 1, width: Int = 4096, causal: Bool = false, window: Int? = nil,
        backward: Bool = false, phase: Attention.Phase = .prefill
    ) -> Attention {
        var shape = Attention(
            phase: phase, batch: 1, queryTokens: queries, keyValueTokens: keys, heads: heads, keyValueHeads: keyValueHeads, headDimension: width,
            isCausal: causal, window: window, query: .bf16)
        shape.isBackward = backward
        return shape
    }

    /// Forward 2 products of 1024 x 1024 x 4096 on 16,384 cells: 2 x 262,144 cycles. Backward 5 of them.
    @Test func backwardAttentionMultipliesFiveTimesWhereForwardDoesTwice() throws {
        let forward = try Self.engine.project(.attention(Self.attention()))
        let backward = try Self.engine.project(.attention(Self.attention(backward: true)))
        #expect(agree(forward.breakdown[.matrixPipe], 524.288))
        #expect(agree(backward.breakdown[.matrixPipe], 5 * 262.144))
        // dO and O are read, gradients of Q, K and V written: twice the tensors.
        #expect(agree(backward.memoryTraffic.value, 2 * forward.memoryTraffic.value))
    }

    /// 1024 x 1024 scores on 1000 lanes: 5 operations each forward, 6 backward and 2 for each element of the output's product with its gradient;
    /// exponentials at an eighth of the rate, 8.388608 µs. Heads of 16 on eight arrays leave these the bound both times.
    @Test func softmaxIsComputedAgainBackward() throws {
        let engine = SampleEngine(arraysPerUnit: 8, memoryGigabytesPerSecond: 1e6)
        let forward = try engine.project(.attention(Self.attention(width: 16)))
        let backward = try engine.project(.attention(Self.attention(width: 16, backward: true)))
        #expect(agree(forward.breakdown[.specialFunction], 8.388608))
        #expect(agree(backward.breakdown[.specialFunction], 8.388608))
    }

    /// A causal square is half and half a tile of 128 columns: (1025 + 128) / 2048. The last 128 of 1024 tokens see nearly all.
    @Test func masksSaveWhatWholeTilesCanSkip() throws {
        let full = try Self.engine.project(.attention(Self.attention())).breakdown
        let causal = try Self.engine.project(.attention(Self.attention(causal: true))).breakdown
        #expect(agree((causal[.matrixPipe] + causal[.padding]) / (full[.matrixPipe] + full[.padding]), 1153.0 / 2048))
        let chunk = try Self.engine.project(.attention(Self.attention(queries: 128, causal: true))).breakdown
        let open = try Self.engine.project(.attention(Self.attention(queries: 128))).breakdown
        #expect((chunk[.matrixPipe] + chunk[.padding]) / (open[.matrixPipe] + open[.padding]) > 0.99)
    }

    @Test func aWindowIsNarrowerThanAllKeys() throws {
        let all = try Self.engine.project(.attention(Self.attention(keys: 1024, causal: true)))
        let window = try Self.engine.project(.attention(Self.attention(keys: 1024, causal: true, window: 128)))
        #expect(window.time.microseconds < 0.6 * all.time.microseconds)
    }

    /// One query of a head of 128 over 1024 keys is 2 x 2 x 128 x 1024 operations, 0.524 µs on the lanes; as products 8 tiles of 128 cycles twice.
    @Test func fewQueriesTakeWhicheverUnitsAreFaster() throws {
        let decode = Operator.attention(Self.attention(queries: 1, width: 128, phase: .decode))
        let result = try Self.engine.project(decode)
        #expect(result.breakdown[.matrixPipe] == 0)
        // Products and softmax share the lanes: 0.524288 + 5 x 1024 / 1e6 µs; exponentials overlap.
        #expect(agree(result.breakdown[.vectorPipe], 0.524288 + 0.00512))
    }

    /// Uneven routing: the fullest of 8 devices has more than an eighth of the pairs.
    @Test func unevenRoutingLoadsTheFullestDevice() throws {
        var layer = MixtureOfExperts(
            tokens: 4096, hidden: 1024, intermediate: 1024, topK: 2, experts: 64, expertParallel: 8, scheme: .uniform(.bf16))
        let balanced = try Self.engine.project(.mixtureOfExperts(layer))
        layer.routing = .powerLaw(exponent: 1.2)
        #expect(try Self.engine.project(.mixtureOfExperts(layer)).time > balanced.time)
    }

    /// One expert that every token takes is a feed-forward: up of 2 x 1024 columns and down, 16 x 8 x 2 x 2 ... tiles of 128 x 128 over 512 rows,
    /// (16 + 8) x 8 = 192 tiles of 512 cycles.
    @Test func oneExpertIsAFeedForward() throws {
        let layer = MixtureOfExperts(tokens: 512, hidden: 1024, intermediate: 1024, topK: 1, experts: 1, scheme: .uniform(.bf16))
        let result = try SampleEngine(memoryGigabytesPerSecond: 1e6).project(.mixtureOfExperts(layer))
        // The gate's 9 operations an element on 1000 lanes take 4718 cycles, hidden.
        #expect(agree(result.breakdown[.matrixPipe], 98.304))
        // Three matrices of 2 MiB, tokens in and out.
        #expect(agree(result.memoryTraffic.value, 3 * 2_097_152 + 2 * 512 * 1024 * 2))
    }

    /// 1000 rows, 2 cycles each at 1 GHz on both units of a device are 1 µs beside 7 µs of passes; on one unit 2 µs; softmax waits alike.
    @Test func rowsOfAProgramOfTheirOwnWaitForTheirSums() throws {
        let constants = [("row_pass_us", 7.0), ("row_reduction_cycles", 2.0)]
        for function in [Rowwise.Function.layerNorm, .softmax] {
            let norm = Operator.rowwise(Rowwise(function, rows: 1000, columns: 256, format: .bf16))
            let joined = try SampleEngine(units: 2).project(norm)
            let alone = try SampleEngine(units: 2, constants: constants).project(norm)
            #expect(agree(alone.time.microseconds - joined.time.microseconds, 7 + 1))
            #expect(agree(alone.breakdown[.extraPasses], 8))
            let oneUnit = try SampleEngine(units: 2, constants: constants).project(norm, ExecutionConditions(unitsInUse: 1))
            #expect(agree(oneUnit.breakdown[.extraPasses], 7 + 2))
        }
    }

    /// A million fp32 elements: read and written 8 MB at 1 TB/s, 8 µs.
    @Test func passesOverMemoryTakeTheirBytes() throws {
        let relu = Operator.elementwise(Elementwise(.relu, elements: 1_000_000, inputs: 1, format: .fp32))
        #expect(agree(try SampleEngine().project(relu).time.microseconds, 1 + 8))
        // The input was just written: neither it nor the result leaves the chip; a million operations on 1000 lanes take 1 µs.
        let warm = try SampleEngine().project(relu, ExecutionConditions(residentInput: Bytes(4e6)))
        #expect(agree(warm.time.microseconds, 1 + 1))
        // elu has an exponential: an eighth of the lanes' rate, 8 µs beside 8 µs of vector work.
        let elu = Operator.elementwise(Elementwise(.elu, elements: 1_000_000, inputs: 1, format: .fp32))
        #expect(agree(try SampleEngine(memoryGigabytesPerSecond: 1e5).project(elu).time.microseconds, 1 + 8))
    }
}
