import Quantities
import Testing
import Workload

@Suite struct ParallelismTests {
    private static func phase(_ model: ModelConfiguration, _ parallelism: Parallelism, batch: Int = 4) throws -> WorkloadPhase {
        try model.workload(for: WorkloadRequest(batch: batch, promptTokens: 16, parallelism: parallelism)).phases[0]
    }

    @Test(arguments: ["llama2-70b", "llama3-8b", "qwen3-8b", "mixtral-8x7b", "palm-8b"], [2, 4, 8])
    func tensorShardsSumUpToTheWhole(id: String, tensor: Int) throws {
        let model = try ModelLibrary.find(id)
        let whole = try Self.phase(model, .single)
        let shard = try Self.phase(model, Parallelism(tensor: tensor))
        let replicated = ["experts.router"]
        func work(_ phase: WorkloadPhase) -> Double {
            phase.operators.filter { !replicated.contains($0.name) && $0.name != "attention.query_key_value" && $0.name != "head.logits" }.reduce(0) { sum, item in
                switch item.shape {
                case .matrixMultiply, .attention, .mixtureOfExperts: sum + item.shape.operations.value * Double(item.count)
                default: sum
                }
            }
        }
        #expect(abs(work(shard) * Double(tensor) / work(whole) - 1) < 1e-12)
        // Keys and values are copied where there are fewer heads than devices, so their product may sum to more, never less.
        func projection(_ phase: WorkloadPhase) -> Double { phase.operators(named: "attention.query_key_value")[0].shape.operations.value }
        #expect(projection(shard) * Double(tensor) >= projection(whole))
    }

    @Test func tensorParallelLayersReduceTwiceAndParallelOnesOnce() throws {
        let serial = try Self.phase(tinyModel(), Parallelism(tensor: 2))
        // 64 rows x 8 x 2 bytes.
        let expected = Operator.collective(Collective(.allReduce, devices: 2, bytes: 64 * 8 * 2, format: .bf16))
        #expect(serial.operators(named: "attention.all_reduce") == [PlacedOperator(name: "attention.all_reduce", shape: expected, count: 2)])
        #expect(serial.operators(named: "feed_forward.all_reduce").map(\.count) == [2])
        let parallel = try Self.phase(tinyModel { $0.isParallel = true; $0.normPlacement = .shared }, Parallelism(tensor: 2))
        #expect(parallel.operators(named: "attention.all_reduce").isEmpty)
        #expect(parallel.operators(named: "feed_forward.all_reduce").map(\.count) == [2])
    }

    @Test func sequenceParallelismMovesTheSameBytesInTwoSteps() throws {
        let plain = try Self.phase(tinyModel(), Parallelism(tensor: 2))
        let split = try Self.phase(tinyModel(), Parallelism(tensor: 2, splitsSequence: true))
        func wire(_ phase: WorkloadPhase, _ place: String) -> Double {
            phase.operators.filter { $0.name.hasPrefix(place) }.reduce(0) { sum, item in
                if case .collective(let collective) = item.shape { sum + collective.wireBytesPerRank * Double(item.count) } else { sum }
            }
        }
        #expect(wire(plain, "attention") == wire(split, "attention"))
        guard case .rowwise(let norm)? = split.operators(named: "feed_forward.norm").first?.shape else { Issue.record("no norm"); return }
        #expect(norm.rows == 32)
    }

    @Test func pipelineStagesSendOnceEachAndHoldTheirLayers() throws {
        let model = try ModelLibrary.find("llama2-7b")
        let request = WorkloadRequest(batch: 1, promptTokens: 8, parallelism: Parallelism(pipeline: 4))
        let workload = try model.workload(for: request)
        #expect(workload.phases[0].operators(named: "pipeline.send").map(\.count) == [3])
        #expect(workload.devices == 4 && workload.devicesAtWork == 1)
        let whole = try model.workload(for: WorkloadRequest(batch: 1, promptTokens: 8)).memory.weights
        #expect(workload.memory.weights < whole * 0.3 && workload.memory.weights > whole * 0.25)
    }

    /// Tensor 2 x pipeline 3 x data 2: of an inference pass one stage of each replica works, in training all do.
    @Test func onlyThePipelineStagesOfInferenceTakeTurns() throws {
        let model = try ModelLibrary.find("llama-7b")
        var request = WorkloadRequest(batch: 4, promptTokens: 8, parallelism: Parallelism(tensor: 2, pipeline: 4, data: 2))
        #expect(try model.workload(for: request).devices == 16)
        #expect(try model.workload(for: request).devicesAtWork == 4)
        request.training = TrainingOptions()
        #expect(try model.workload(for: request).devicesAtWork == 16)
    }

    /// 8 sequences of 16 tokens in 4 micro-batches over 2 replicas of 2 stages: the bubble of one slot takes time and no token.
    @Test func aBubbleHoldsNoTokens() throws {
        let request = WorkloadRequest(
            batch: 8, promptTokens: 16, training: TrainingOptions(microBatches: 4), parallelism: Parallelism(pipeline: 2, data: 2))
        let phases = try tinyModel().workload(for: request).phases
        #expect(phases.map(\.kind) == [.forward, .backward, .bubble, .optimizer])
        #expect(phases.map(\.repetitions) == [4, 4, 1, 1])
        #expect(phases.reduce(0) { $0 + $1.tokens * $1.repetitions } == 8 * 16)
        #expect(phases[2].operators == phases[0].operators + phases[1].operators)
    }

    @Test func replicasShareTheBatchAndTokensCountAllOfThem() throws {
        let model = tinyModel()
        let two = try Self.phase(model, Parallelism(data: 2))
        let one = try Self.phase(model, .single)
        #expect(two.tokens == one.tokens)
        #expect(two.matrixOperations * 2 == one.matrixOperations)
    }

    @Test func expertParallelismWithinAReplicaNeedsNoDispatch() throws {
        let model = try ModelLibrary.find("mixtral-8x7b")
        let within = try Self.phase(model, Parallelism(tensor: 4, expert: 4))
        #expect(within.operators(named: "experts.dispatch").isEmpty)
        guard case .mixtureOfExperts(let layer)? = within.operators(named: "experts.grouped").first?.shape else { Issue.record("no experts"); return }
        #expect(layer.localExperts == 2 && layer.localIntermediate == 14336)
        let across = try Self.phase(model, Parallelism(tensor: 2, data: 4, expert: 8))
        // 16 rows of the replica over 2 tensor-parallel devices, 2 experts each, 4096 values of 2 bytes.
        let expected = Operator.collective(Collective(.allToAll, devices: 8, bytes: 8 * 2 * 4096 * 2, format: .bf16))
        #expect(across.operators(named: "experts.dispatch").first?.shape == expected)
        guard case .mixtureOfExperts(let spread)? = across.operators(named: "experts.grouped").first?.shape else { Issue.record("no experts"); return }
        #expect(spread.tokens == 64 && spread.localExperts == 1)
    }

    @Test(arguments: [
        ("llama2-7b", WorkloadRequest(parallelism: Parallelism(tensor: 3)), "attention heads 32 does not divide by 3"),
        ("gpt2", WorkloadRequest(promptTokens: 1000, generatedTokens: 100), "learned positions for 1024"),
        ("bert-base", WorkloadRequest(generatedTokens: 1), "generates no tokens"),
        ("gpt2", WorkloadRequest(batch: 0), "batch is 0"),
        ("gpt2", WorkloadRequest(promptTokens: -1), "prompt tokens is -1"),
        ("gpt2", WorkloadRequest(promptTokens: .max), "prompt tokens is 9223372036854775807"),
        ("gpt2", WorkloadRequest(batch: 3, parallelism: Parallelism(data: 2)), "does not divide over 2"),
        ("gpt2", WorkloadRequest(parallelism: Parallelism(pipeline: 13)), "pipeline stages is 13, allowed are 1 to 12"),
        ("gpt2", WorkloadRequest(parallelism: Parallelism(expert: 2)), "has no experts"),
        ("mixtral-8x7b", WorkloadRequest(parallelism: Parallelism(tensor: 3, expert: 3)), "does not divide by 3"),
        ("mixtral-8x7b", WorkloadRequest(parallelism: Parallelism(expert: 8)), "must divide tensor x data"),
        ("gpt2", WorkloadRequest(batch: 1 << 20, promptTokens: 1024, options: .unfused), ""),
        ("llama2-7b", WorkloadRequest(batch: 1 << 20, promptTokens: 1 << 24), "more than 9 x 10^15"),
    ])
    func impossibleRequestsSayWhatIsAllowed(id: String, request: WorkloadRequest, message: String) throws {
        let model = try ModelLibrary.find(id)
        // An empty message marks a request that is large and still right.
        guard !message.isEmpty else {
            #expect(throws: Never.self) { try model.workload(for: request) }
            return
        }
        let error = #expect(throws: WorkloadError.self) { try model.workload(for: request) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
