import Quantities
import Testing
import Workload

/// A model small enough to add up by hand: hidden 8, 2 layers, 2 heads of 4, feed-forward 32, vocabulary 100, no biases.
func tinyModel(_ change: (inout ModelConfiguration) -> Void = { _ in }) -> ModelConfiguration {
    var model = ModelConfiguration(name: "tiny", family: "llama", hidden: 8, layers: 2, heads: 2, intermediate: 32, vocabulary: 100)
    model.biases = .none
    model.normalisation = .rmsNorm
    change(&model)
    return model
}

extension WorkloadPhase {
    func operators(named name: String) -> [PlacedOperator] { operators.filter { $0.name == name } }

    /// Arithmetic of the matrix products and attention alone.
    var matrixOperations: Double {
        operators.reduce(0) { sum, item in
            switch item.shape {
            case .matrixMultiply, .attention, .mixtureOfExperts: sum + item.shape.operations.value * Double(item.count)
            default: sum
            }
        }
    }
}

@Suite struct LoweringTests {
    @Test func prefillOfATinyModelAddsUpByHand() throws {
        let workload = try tinyModel().workload(for: WorkloadRequest(batch: 3, promptTokens: 5, format: .fp32))
        let phase = try #require(workload.phases.first)
        #expect(workload.phases.count == 1 && phase.kind == .prefill && phase.tokens == 15)
        // Per layer, 15 rows: QKV 2*15*8*24 = 5760, output 2*15*8*8 = 1920, up and down 2 * 2*15*8*32 = 15360: 23040.
        // Attention: 3 sequences x 2 heads x 15 scores (1+2+3+4+5) x 2*(4+4) = 1440. Twice (2 layers), and the logits of the last token of
        // each sequence: 2*3*8*100 = 4800.
        #expect(phase.matrixOperations == 2 * (23040 + 1440) + 4800)
        #expect(phase.operators(named: "attention.query_key_value").map(\.count) == [2])
        // One plain norm at the start, one fused with each of the four residual additions, the last of which is the final norm.
        let norms = phase.operators.filter { if case .rowwise = $0.shape { true } else { false } }
        #expect(norms.reduce(0) { $0 + $1.count } == 5)
    }

    @Test func decodeStepsAttendToPromptAndWhatWasGenerated() throws {
        let workload = try tinyModel().workload(for: WorkloadRequest(batch: 1, promptTokens: 10, generatedTokens: 3, format: .fp32))
        #expect(workload.phases.map(\.kind) == [.prefill, .decode, .decode, .decode])
        let lengths = workload.phases.dropFirst().compactMap { phase -> Int? in
            guard case .attention(let attention)? = phase.operators(named: "attention.scaled_dot_product").first?.shape else { return nil }
            return attention.keyValueTokens
        }
        #expect(lengths == [11, 12, 13])
        #expect(workload.phases[1].tokens == 1)
    }

    @Test(arguments: [1, 2, 31, 32, 33, 100, 500, 1000, 4096])
    func foldingDecodeStepsKeepsTheirNumberAndNearlyTheirWork(steps: Int) throws {
        var request = WorkloadRequest(batch: 2, promptTokens: 64, generatedTokens: steps, format: .fp16)
        let folded = try tinyModel().workload(for: request).phases.dropFirst()
        request.options.decodePhases = .max
        let exact = try tinyModel().workload(for: request).phases.dropFirst()
        #expect(folded.count <= 32)
        #expect(folded.reduce(0) { $0 + $1.repetitions } == steps)
        #expect(exact.count == steps)
        let (left, right) = (Self.total(folded), Self.total(exact))
        #expect(abs(left / right - 1) < 1e-3, "\(left) \(right)")
    }

    private static func total(_ phases: some Sequence<WorkloadPhase>) -> Double {
        phases.reduce(0) { $0 + $1.matrixOperations * Double($1.repetitions) }
    }

    /// Kaplan et al., "Scaling Laws for Neural Language Models" (2020), section 2.1: a forward pass costs 2 FLOPs a parameter and token
    /// (embeddings apart), attention apart.
    @Test(arguments: ["gpt2", "gpt3-175b", "llama2-7b", "llama3-70b", "mistral-7b", "gpt-j-6b", "falcon-40b", "mpt-7b", "bloom-176b", "mixtral-8x7b", "deepseek-v2-lite"])
    func arithmeticPerTokenIsTwiceTheActiveParameters(id: String) throws {
        let model = try ModelLibrary.find(id)
        let request = WorkloadRequest(batch: 1, promptTokens: 64, options: LoweringOptions(
            fusesAttention: true, fusesQueryKeyValue: true, fusesGateAndUp: true, fusesResidualAndNorm: true, computesAllLogits: true))
        let phase = try model.workload(for: request).phases[0]
        let attention = phase.operators.reduce(0.0) { sum, item in
            if case .attention = item.shape { sum + item.shape.operations.value * Double(item.count) } else { sum }
        }
        let perToken = (phase.matrixOperations - attention) / 64
        // A tied table multiplies too, as the output projection; an untied one is only looked up.
        let table = model.vocabulary * model.hidden
        let positions = model.parameters.embeddings - table
        let multiplied = Double(model.activeParameters - positions - (model.tiesEmbeddings ? 0 : table))
        #expect(abs(perToken / (2 * multiplied) - 1) < 0.002, "\(perToken / (2 * multiplied))")
    }

    @Test func unfusedAttentionIsFiveKernelsOverTheWholeRectangle() throws {
        let request = WorkloadRequest(batch: 3, promptTokens: 5, format: .fp32, options: .unfused)
        let phase = try tinyModel().workload(for: request).phases[0]
        // 3 sequences x 2 heads: 6 batched products of 5 x 5 x 4.
        #expect(phase.operators(named: "attention.scores").first?.shape == .matrixMultiply(MatrixMultiply(
            batch: 6, m: 5, n: 5, k: 4, scheme: .uniform(.fp32), hasWeights: false)))
        #expect(phase.operators(named: "attention.softmax").first?.shape == .rowwise(Rowwise(.softmax, rows: 30, columns: 5, format: .fp32)))
        #expect(phase.operators(named: "attention.scaled_dot_product").isEmpty)
        #expect(phase.operators(named: "attention.residual").first?.count == 2)
    }

    @Test func slidingWindowBoundsTheWorkOfItsLayersOnly() throws {
        let windowed = tinyModel { $0.slidingWindow = 4; $0.slidingWindowLayers = 1 }
        let phase = try windowed.workload(for: WorkloadRequest(promptTokens: 6, format: .fp16)).phases[0]
        let shapes = phase.operators(named: "attention.scaled_dot_product").compactMap { item -> Attention? in
            if case .attention(let shape) = item.shape { shape } else { nil }
        }
        #expect(shapes.map(\.window) == [nil, 4])
        // Full: 1+2+3+4+5+6 = 21 scores; window of 4: 1+2+3+4+4+4 = 18.
        #expect(shapes.map(\.scoresPerHead) == [21, 18])
    }

    @Test func latentAttentionReadsTheLatentVectorsWhileDecoding() throws {
        let model = try ModelLibrary.find("deepseek-v3")
        let workload = try model.workload(for: WorkloadRequest(batch: 4, promptTokens: 100, generatedTokens: 1))
        guard case .attention(let attention)? = workload.phases[1].operators(named: "attention.scaled_dot_product").first?.shape else {
            Issue.record("no attention")
            return
        }
        // 512 + 64 values a token, shared by all 128 heads.
        #expect(attention.keyValueHeads == 1 && attention.headDimension == 576 && attention.valueHeadDimension == 512)
        #expect(attention.keyValueBytes.value == 4 * 101 * 576 * 2)
        // 61 layers x 4 sequences x 101 tokens x 576 x 2 bytes.
        #expect(workload.memory.keyValueCache.value == 61 * 4 * 101 * 576 * 2)
    }

    @Test func encoderDecoderEncodesOnceAndCrossAttends() throws {
        let model = try ModelLibrary.find("t5-small")
        let workload = try model.workload(for: WorkloadRequest(batch: 2, promptTokens: 30, generatedTokens: 2))
        #expect(workload.phases.map(\.kind) == [.encode, .decode, .decode])
        #expect(workload.phases[0].operators(named: "cross_attention.key_value").first?.count == 6)
        guard case .attention(let cross)? = workload.phases[1].operators(named: "cross_attention.scaled_dot_product").first?.shape else {
            Issue.record("no cross-attention")
            return
        }
        #expect(cross.keyValueTokens == 30 && cross.queryTokens == 1 && !cross.isCausal)
    }

    @Test func sparseEncoderDecodersHaveTheirMixturesInBothStacks() throws {
        // Switch-base: every second of 12 + 12 layers (Fedus et al., 2022).
        let workload = try ModelLibrary.find("switch-base-8").workload(for: WorkloadRequest(batch: 2, promptTokens: 30, generatedTokens: 1))
        for phase in workload.phases { #expect(phase.operators(named: "experts.grouped").map(\.count) == [6]) }
        // Self-attention of one generated token and cross-attention of 30: 12 layers x 2 sequences x 31 x 2 x 768 x 2 bytes.
        #expect(workload.memory.keyValueCache.value == 12 * 2 * 31 * 2 * 768 * 2)
    }

    @Test func visionModelsCountPatches() throws {
        let phase = try ModelLibrary.find("vit-base-16").workload(for: WorkloadRequest(batch: 2)).phases[0]
        // (224 / 16)^2 patches and the class token.
        #expect(phase.tokens == 2 * 197 && phase.kind == .encode)
        // 35.1 GFLOP an image (17.6 GMAC: Dosovitskiy et al., 2021, and timm's count), batch 2.
        #expect(abs(phase.matrixOperations / 2 / 35.1e9 - 1) < 0.01)
    }

    @Test(arguments: [
        (QuantizationScheme.none, MatrixMultiplyScheme.uniform(.fp16)), (.int8, .int8), (.int4WeightOnly, .weightOnlyInt4), (.int8WeightOnly, .weightOnlyInt8),
    ])
    func quantisationReachesLinearLayersOnly(quantization: QuantizationScheme, scheme: MatrixMultiplyScheme) throws {
        let phase = try tinyModel().workload(for: WorkloadRequest(format: .fp16, quantization: quantization)).phases[0]
        func found(_ name: String) -> MatrixMultiplyScheme? {
            if case .matrixMultiply(let product)? = phase.operators(named: name).first?.shape { product.scheme } else { nil }
        }
        #expect(found("feed_forward.down") == scheme)
        #expect(found("head.logits") == .uniform(.fp16))
    }

    @Test func bf16ModelsKeepTheirSixteenBitFormatUnderQuantisation() {
        #expect(QuantizationScheme.fp8.matrixScheme(activations: .fp16).activation == .fp16)
        #expect(QuantizationScheme.int4WeightOnly.matrixScheme(activations: .bf16).compute == .bf16)
        #expect(QuantizationScheme.fp8.matrixScheme(activations: .bf16).compute == .fp8e4m3)
    }

    @Test func staticScalesNeedNoPassOverTheActivations() {
        // Serving engines write fp8 where a layer's input is made; scales found at run time cost passes before the product.
        let known = QuantizationScheme.fp8Static.matrixScheme(activations: .bf16)
        #expect(known.quantisation == .none && known.activation == .fp8e4m3 && known.output == .bf16)
        #expect(QuantizationScheme.fp8.matrixScheme(activations: .bf16).quantisation == .perTensorDynamic)
    }
}
