import Quantities
import Testing
import Workload

@Suite struct MemoryFootprintTests {
    @Test func weightsAreParametersTimesTheirFormat() throws {
        let model = try ModelLibrary.find("llama2-7b")
        let full = try model.workload(for: WorkloadRequest(format: .fp16)).memory.weights.value
        #expect(full == 6_738_415_616 * 2)
        // INT8 halves fp16, a quarter of fp32, for what it quantises: the linear layers (6 476 005 376 parameters).
        let quantised = try model.workload(for: WorkloadRequest(format: .fp16, quantization: .int8)).memory.weights.value
        #expect(quantised == 6_476_005_376 + (6_738_415_616 - 6_476_005_376) * 2)
        #expect(try model.workload(for: WorkloadRequest(format: .fp32)).memory.weights.value == full * 2)
    }

    @Test func cacheHoldsKeysAndValuesOfEveryLayerAndToken() throws {
        // Llama-2-7B, fp16: 2 x 32 layers x 4096 x 2 bytes = 512 KiB a token.
        let memory = try ModelLibrary.find("llama2-7b").workload(for: WorkloadRequest(batch: 3, promptTokens: 100, generatedTokens: 28, format: .fp16)).memory
        #expect(memory.keyValueCache.value == 3 * 128 * 512 * 1024)
        // Grouped heads (8 of 64) and fp8: an eighth, halved.
        let grouped = try ModelLibrary.find("llama2-70b").workload(for: WorkloadRequest(promptTokens: 1, format: .fp16, keyValueFormat: .fp8e4m3)).memory
        #expect(grouped.keyValueCache.value == 2 * 80 * 1024)
        // A window of 4096 bounds Mistral's cache.
        let windowed = try ModelLibrary.find("mistral-7b").workload(for: WorkloadRequest(promptTokens: 10_000, format: .fp16)).memory
        #expect(windowed.keyValueCache.value == 32 * 4096 * 2 * 1024 * 2)
        // Encoders keep nothing.
        #expect(try ModelLibrary.find("bert-base").workload(for: WorkloadRequest()).memory.keyValueCache == .zero)
    }

    @Test func tensorShardsHoldTheirShareAndReplicateNorms() throws {
        let model = try ModelLibrary.find("llama2-7b")
        let memory = try model.workload(for: WorkloadRequest(format: .fp16, parallelism: Parallelism(tensor: 8))).memory
        // All matrices and tables divide by 8; the 65 norms of 4096 do not.
        #expect(memory.weights.value == Double((6_738_415_616 - 65 * 4096) / 8 + 65 * 4096) * 2)
    }

    @Test func mixedPrecisionAdamTakesSixteenBytesAParameter() throws {
        // Rajbhandari et al., "ZeRO" (2020), section 3.1: 2 + 2 + 12 bytes a parameter.
        let model = try ModelLibrary.find("gpt2")
        let memory = try model.workload(for: WorkloadRequest(batch: 8, promptTokens: 64, training: TrainingOptions())).memory
        let parameters = 124_439_808.0
        #expect(memory.weights.value == 2 * parameters)
        #expect(memory.gradients.value == 2 * parameters)
        #expect(memory.optimizerState.value == 12 * parameters)
    }

    @Test(arguments: [(Parallelism.ZeROStage.none, 2.0, 2.0, 12.0), (.optimizerState, 2, 2, 3), (.gradients, 2, 0.5, 3), (.parameters, 0.5, 0.5, 3)])
    func zeroDividesWhatItsStageShares(stage: Parallelism.ZeROStage, weights: Double, gradients: Double, state: Double) throws {
        let request = WorkloadRequest(batch: 4, promptTokens: 64, training: TrainingOptions(), parallelism: Parallelism(data: 4, zero: stage))
        let memory = try ModelLibrary.find("gpt2").workload(for: request).memory
        let parameters = 124_439_808.0
        #expect(memory.weights.value == weights * parameters)
        #expect(memory.gradients.value == gradients * parameters)
        #expect(memory.optimizerState.value == state * parameters)
    }

    @Test func recomputationTradesMemoryForAForwardPass() throws {
        func workload(_ recomputation: TrainingOptions.Recomputation) throws -> Workload {
            try tinyModel().workload(for: WorkloadRequest(batch: 4, promptTokens: 32, training: TrainingOptions(recomputation: recomputation)))
        }
        let (kept, full) = (try workload(.none), try workload(.full))
        #expect(full.memory.activations < kept.memory.activations)
        #expect(abs((full.phases[1].matrixOperations - kept.phases[1].matrixOperations) / kept.phases[0].matrixOperations - 1) < 1e-12)
    }
}

@Suite struct TrainingTests {
    @Test(arguments: ["gpt2", "llama2-7b", "bert-base", "t5-small"])
    func backwardProductsCostTwiceTheForwardOnes(id: String) throws {
        let phases = try ModelLibrary.find(id).workload(for: WorkloadRequest(batch: 2, promptTokens: 64, training: TrainingOptions())).phases
        #expect(phases.map(\.kind) == [.forward, .backward, .optimizer])
        func work(_ phase: WorkloadPhase, attention: Bool) -> Double {
            phase.operators.reduce(0) { sum, item in
                switch item.shape {
                case .attention where attention: sum + item.shape.operations.value * Double(item.count)
                // Biases are added forward only.
                case .matrixMultiply(let product) where !attention: sum + 2 * Double(product.batch * product.m) * Double(product.n * product.k) * Double(item.count)
                default: sum
                }
            }
        }
        #expect(abs(work(phases[1], attention: false) / work(phases[0], attention: false) - 2) < 1e-12)
        #expect(abs(work(phases[1], attention: true) / work(phases[0], attention: true) - 2.5) < 1e-12)
    }

    @Test func trainingStepCostsSixOperationsAParameterAndToken() throws {
        // 6 N per token (Kaplan et al., 2020), attention apart: GPT-3 with its 2048 tokens pays 2 to 3 % for attention.
        let model = try ModelLibrary.find("gpt3-175b")
        let phases = try model.workload(for: WorkloadRequest(batch: 1, promptTokens: 2048, training: TrainingOptions())).phases
        let perToken = (phases[0].matrixOperations + phases[1].matrixOperations) / 2048
        let ratio = perToken / (6 * Double(model.parameters.total))
        #expect(ratio > 1 && ratio < 1.05, "\(ratio)")
    }

    @Test func pipelineBubbleIsOneMicroBatchForEachOtherStage() throws {
        let request = WorkloadRequest(
            batch: 8, promptTokens: 64, training: TrainingOptions(microBatches: 8), parallelism: Parallelism(pipeline: 4))
        let phases = try ModelLibrary.find("gpt2").workload(for: request).phases
        #expect(phases.map(\.kind) == [.forward, .backward, .bubble, .optimizer])
        #expect(phases.map(\.repetitions) == [8, 8, 3, 1])
        #expect(phases[0].operators(named: "attention.output").first?.count == 3)
    }

    @Test func replicasReduceTheirGradients() throws {
        let request = WorkloadRequest(batch: 8, promptTokens: 64, training: TrainingOptions(), parallelism: Parallelism(data: 8))
        let optimizer = try ModelLibrary.find("gpt2").workload(for: request).phases[2]
        let expected = Operator.collective(Collective(.allReduce, devices: 8, bytes: 124_439_808 * 2, format: .bf16))
        #expect(optimizer.operators(named: "gradients.all_reduce").first?.shape == expected)
        // Adam reads gradient, two moments and master copy, writes three: 28 bytes a parameter.
        let update = try #require(optimizer.operators(named: "optimizer.update").first).shape
        #expect((update.bytesRead + update.bytesWritten).value == 28 * 124_439_808)
    }
}
