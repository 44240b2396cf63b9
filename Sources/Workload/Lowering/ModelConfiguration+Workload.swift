import Quantities

extension ModelConfiguration {
    /// Lowers a request to the operators that one device runs, and to the bytes it must hold.
    ///
    /// Inference under pipeline parallelism lists the operators of all stages, as one batch passes through them one after another (its
    /// latency); memory is that of the fullest stage. Training lists one stage with both ends of the model, repeated for each micro-batch, and
    /// the pipeline's bubble as a phase of its own.
    /// - Throws: when a count is out of range, the sharding does not divide the model, or the model cannot do what is asked.
    public func workload(for request: WorkloadRequest) throws(WorkloadError) -> Workload {
        try check(request)
        let shard = try Shard(of: self, parallelism: request.parallelism)
        let sequences = request.batch / request.parallelism.data
        let phases: [WorkloadPhase]
        let memory: MemoryFootprint
        if let training = request.training {
            let lowering = TrainingLowering(model: self, shard: shard, request: request, training: training)
            phases = lowering.phases(sequences: sequences)
            memory = lowering.memory(sequences: sequences)
        } else {
            phases = inferencePhases(for: request, shard: shard, sequences: sequences)
            memory = inferenceMemory(for: request, shard: shard, sequences: sequences)
        }
        let devices = request.parallelism.devices
        let atWork = request.training == nil ? devices / request.parallelism.pipeline : devices
        return Workload(name: title(of: request), phases: phases, memory: memory, devices: devices, devicesAtWork: atWork)
    }

    /// The model and the request in one line, for example `gpt2, batch 1, prompt 512, generate 64, fp32`.
    private func title(of request: WorkloadRequest) -> String {
        var parts = [name, "batch \(request.batch)"]
        if patches == nil { parts.append("\(request.training == nil ? "prompt" : "sequence") \(request.promptTokens)") }
        if request.training != nil { parts.append("training step") }
        if request.generatedTokens > 0 { parts.append("generate \(request.generatedTokens)") }
        parts.append(request.format.rawValue)
        if request.quantization != .none { parts.append(request.quantization.rawValue) }
        if let format = request.keyValueFormat { parts.append("KV \(format.rawValue)") }
        let parallelism = request.parallelism
        for (name, size) in [("TP", parallelism.tensor), ("PP", parallelism.pipeline), ("DP", parallelism.data), ("EP", parallelism.expert)]
        where size > 1 { parts.append("\(name) \(size)") }
        return parts.joined(separator: ", ")
    }

    private func inferencePhases(for request: WorkloadRequest, shard: Shard, sequences: Int) -> [WorkloadPhase] {
        var phases: [WorkloadPhase] = []
        let data = request.parallelism.data
        if structure == .encoderDecoder {
            phases.append(encodePhase(request, shard: shard, sequences: sequences))
        } else {
            let tokens = patches?.tokens ?? request.promptTokens
            let pass = self.pass(sequences: sequences, query: tokens, keyValue: tokens, phase: .prefill)
            let kind: WorkloadPhase.Kind = structure == .encoder || head != .languageModel ? .encode : .prefill
            let operators = wholePass(pass, request: request, shard: shard, allTokens: request.options.computesAllLogits, samples: generates)
            phases.append(WorkloadPhase(kind: kind, tokens: pass.rows * data, operators: operators))
        }
        for tower in towers {
            let inner = Shard(whole: tower)
            let tokens = tower.patches?.tokens ?? request.promptTokens
            let pass = tower.pass(sequences: sequences, query: tokens, keyValue: tokens, phase: .prefill)
            let operators = tower.wholePass(pass, request: request, shard: inner, allTokens: true, samples: false)
            phases.append(WorkloadPhase(kind: .encode, tokens: pass.rows * data, operators: operators))
        }
        for steps in DecodeSteps.folded(request.generatedTokens, into: request.options.decodePhases) {
            phases.append(decodePhase(request, shard: shard, sequences: sequences, steps: steps))
        }
        return phases
    }

    private func encodePhase(_ request: WorkloadRequest, shard: Shard, sequences: Int) -> WorkloadPhase {
        let tokens = request.promptTokens
        var pass = self.pass(sequences: sequences, query: tokens, keyValue: tokens, phase: .prefill)
        (pass.layers, pass.isCausal, pass.windowLayers, pass.expertLayers) = (encoderLayers, false, 0, expertLayers - decoderExpertLayers)
        var lowering = StackLowering(model: self, shard: shard, request: request)
        lowering.embeddings(pass)
        lowering.layers(pass)
        // The decoder's cross-attention reads keys and values that the encoder's output gives once.
        lowering.product(
            "cross_attention.key_value", rows: pass.rows, from: hidden, to: 2 * shard.keyValueHeads * headDimension,
            bias: biases.queryKeyValue, count: layers)
        return WorkloadPhase(kind: .encode, tokens: pass.rows * request.parallelism.data, operators: lowering.list.items)
    }

    private func decodePhase(_ request: WorkloadRequest, shard: Shard, sequences: Int, steps: DecodeSteps) -> WorkloadPhase {
        // A decoder behind an encoder starts from nothing; the prompt is read through cross-attention.
        let past = structure == .encoderDecoder ? 0 : request.promptTokens
        var pass = self.pass(sequences: sequences, query: 1, keyValue: past + steps.middle, phase: .decode)
        if structure == .encoderDecoder { pass.crossTokens = request.promptTokens }
        let operators = wholePass(pass, request: request, shard: shard, allTokens: true, samples: true)
        return WorkloadPhase(
            kind: .decode, tokens: sequences * request.parallelism.data, repetitions: steps.count, operators: operators)
    }

    /// Mixtures among the main stack's layers; behind an encoder, its share of all mixtures.
    private var decoderExpertLayers: Int {
        structure == .encoderDecoder ? expertLayers * layers / (layers + encoderLayers) : min(layers, expertLayers)
    }

    /// A pass over all layers of the main stack.
    func pass(sequences: Int, query: Int, keyValue: Int, phase: Attention.Phase) -> LayerPass {
        LayerPass(
            sequences: sequences, queryTokens: query, keyValueTokens: keyValue, isCausal: isCausal, phase: phase, layers: layers,
            windowLayers: slidingWindow == nil ? 0 : min(layers, slidingWindowLayers), expertLayers: decoderExpertLayers)
    }

    private func wholePass(
        _ pass: LayerPass, request: WorkloadRequest, shard: Shard, allTokens: Bool, samples: Bool
    ) -> [PlacedOperator] {
        var lowering = StackLowering(model: self, shard: shard, request: request)
        lowering.embeddings(pass)
        lowering.layers(pass)
        let hops = request.parallelism.pipeline - 1
        let bytes = Int((Double(pass.rows) * Double(hidden) * request.storedFormat.bytesPerElement).rounded())
        lowering.collective("pipeline.send", .sendReceive, devices: hops > 0 ? 2 : 1, bytes: bytes, count: hops)
        lowering.head(pass, allTokens: allTokens, samples: samples)
        return lowering.list.items
    }
}

/// Decode steps of nearly equal length that one phase stands for.
struct DecodeSteps: Hashable {
    /// First step, from 1.
    var first: Int
    var count: Int

    /// The step whose length stands for all: the mean of an odd number of steps exactly, half a token more of an even one.
    var middle: Int { first + count / 2 }

    /// Steps 1...`steps` in at most `phases` runs of nearly equal, preferably odd, length: costs that are linear in the length add up exactly
    /// over odd runs.
    static func folded(_ steps: Int, into phases: Int) -> [DecodeSteps] {
        guard steps > 0 else { return [] }
        let phases = min(max(1, phases), steps)
        var length = (steps + phases - 1) / phases
        if length % 2 == 0 { length += 1 }
        var result: [DecodeSteps] = []
        var first = 1
        while first <= steps {
            var count = min(length, steps - first + 1)
            // An even remainder is cut into an odd run and a single step.
            if count % 2 == 0, result.count + 1 < phases { count -= 1 }
            result.append(DecodeSteps(first: first, count: count))
            first += count
        }
        return result
    }
}
