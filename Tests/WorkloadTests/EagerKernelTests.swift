import Quantities
import Testing

@testable import Workload

/// Kernels that software makes of a model beyond the products.
@Suite struct EagerKernelTests {
    private static var eager: LoweringOptions {
        var options = LoweringOptions.unfused
        (options.masksAlways, options.copiesHeads, options.decomposesFunctions, options.samples) = (true, true, true, false)
        return options
    }

    private func phases(
        _ options: LoweringOptions, model: String = "gpt2", batch: Int = 2, training: TrainingOptions? = nil
    ) throws -> [WorkloadPhase] {
        var options = options
        options.dropsActivations = training != nil
        let request = WorkloadRequest(batch: batch, promptTokens: 16, training: training, format: .fp32, options: options)
        return try ModelLibrary.find(model).workload(for: request).phases
    }

    /// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))): half, cube, factor, sum, root, tanh, one, product.
    @Test func eagerGELUByTanhIsEightKernels() throws {
        let eager = try phases(Self.eager)[0].operators.filter { $0.name.hasPrefix("feed_forward.activation") }
        #expect(eager.count == 8)
        #expect(eager.allSatisfy { $0.count == 12 })
        let joined = try phases(.unfused)[0].operators.filter { $0.name.hasPrefix("feed_forward.activation") }
        #expect(joined.map(\.count) == [12])
        // BERT's GELU by erf has a kernel of its own.
        #expect(try phases(Self.eager, model: "bert-large")[0].operators(named: "feed_forward.activation").count == 1)
    }

    @Test func headsAreCopiedForBatchesOnly() throws {
        for (batch, copies) in [(1, 0), (2, 3)] {
            let operators = try phases(Self.eager, batch: batch)[0].operators
            #expect(operators.filter { $0.name.hasSuffix("_heads") && $0.name != "attention.merge_heads" }.count == copies)
            #expect(operators.contains { $0.name == "attention.merge_heads" })
        }
    }

    @Test func dropoutRunsInTrainingOnly() throws {
        let trained = try phases(Self.eager, training: TrainingOptions(recomputation: .none))
        #expect(trained[0].operators(named: "attention.dropout").first?.count == 12)
        #expect(trained[1].operators(named: "attention.dropout.gradient").first?.count == 12)
        #expect(try phases(Self.eager)[0].operators(named: "attention.dropout").isEmpty)
    }

    @Test func scalingReadsOnlyTheGradientAndBiasesSumIt() throws {
        let backward = try phases(Self.eager, training: TrainingOptions(recomputation: .none))[1]
        guard case .elementwise(let scale)? = backward.operators(named: "attention.scale.gradient").first?.shape,
            case .elementwise(let bias)? = backward.operators(named: "attention.output.bias_gradient").first?.shape
        else {
            Issue.record("no gradient of scale or bias")
            return
        }
        #expect(scale.inputs == 1)
        // 2 x 16 tokens of width 768 in fp32, each read once.
        #expect(bias.bytesRead + bias.bytesWritten == Bytes(2 * 16 * 768 * 4))
        #expect(backward.operators(named: "attention.residual.gradient").first?.count == 12)
    }

    @Test func selectiveRecomputationRunsTheScoresAgain() throws {
        let none = try phases(.unfused, training: TrainingOptions(recomputation: .none))[1]
        let selective = try phases(.unfused, training: TrainingOptions(recomputation: .selective))[1]
        #expect(none.operators(named: "attention.scores").isEmpty)
        #expect(selective.operators(named: "attention.scores").first?.count == 12)
        #expect(selective.operators(named: "feed_forward.up").isEmpty)
    }
}
