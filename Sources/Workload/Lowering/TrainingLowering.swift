import Quantities

/// One training step of one replica's pipeline stage: forward, backward, gradient exchange, optimizer.
struct TrainingLowering {
    let model: ModelConfiguration
    let shard: Shard
    let request: WorkloadRequest
    let training: TrainingOptions

    private var pipeline: Int { request.parallelism.pipeline }
    private var stageLayers: Int { ModelConfiguration.split(model.layers, into: pipeline)[0] }
    private var tokens: Int { model.patches?.tokens ?? request.promptTokens }
    /// Parameters of the fullest stage's shard.
    private var parameters: Int { model.stages(shard: shard, pipeline: pipeline).map(\.total).max() ?? 0 }

    func phases(sequences: Int) -> [WorkloadPhase] {
        let microSequences = sequences / training.microBatches
        // Each stage idles for one micro-batch's time for each other stage (Narayanan et al., 2021, section 2.2).
        let idle = (pipeline - 1 + training.virtualStages / 2) / training.virtualStages
        let forward = forwardOperators(sequences: microSequences)
        var backward = training.recomputation == .full ? forward : []
        if training.recomputation == .selective, !request.options.fusesAttention { backward = forward.filter(\.isAttentionCore) }
        for item in forward.reversed() { backward += item.gradientOperators }
        if training.accumulatesGradients {
            let addition = Elementwise(.add, elements: parameters, inputs: 2, format: request.storedFormat)
            backward.append(PlacedOperator(name: "gradients.accumulate", shape: .elementwise(addition)))
        }
        let perMicroBatch = microSequences * tokens * request.parallelism.data
        var phases = [
            WorkloadPhase(kind: .forward, tokens: perMicroBatch, repetitions: training.microBatches, operators: forward),
            // The same tokens as the forward phase, so they are not counted again.
            WorkloadPhase(kind: .backward, tokens: 0, repetitions: training.microBatches, operators: backward),
        ]
        if idle > 0 { phases.append(WorkloadPhase(kind: .bubble, tokens: 0, repetitions: idle, operators: forward + backward)) }
        return phases + [WorkloadPhase(kind: .optimizer, tokens: 0, operators: optimizerOperators())]
    }

    private func forwardOperators(sequences: Int) -> [PlacedOperator] {
        var options = request.options
        // Losses need the logits of every token, on the device that computes them.
        (options.computesAllLogits, options.samples) = (true, false)
        var request = request
        request.options = options
        var lowering = StackLowering(model: model, shard: shard, request: request)
        var pass = model.pass(sequences: sequences, query: tokens, keyValue: tokens, phase: .prefill)
        lowering.embeddings(pass)
        if model.structure == .encoderDecoder {
            var encoder = pass
            (encoder.layers, encoder.isCausal, encoder.windowLayers) = (ModelConfiguration.split(model.encoderLayers, into: pipeline)[0], false, 0)
            encoder.expertLayers = (model.expertLayers - pass.expertLayers) * encoder.layers / max(1, model.encoderLayers)
            lowering.layers(encoder)
            lowering.embeddings(pass)
            (pass.crossTokens, pass.projectsCrossKeys) = (tokens, true)
        }
        pass.expertLayers = pass.expertLayers * stageLayers / max(1, pass.layers)
        pass.windowLayers = pass.windowLayers * stageLayers / max(1, pass.layers)
        pass.layers = stageLayers
        lowering.layers(pass)
        let bytes = Int((Double(pass.rows) * Double(model.hidden) * request.storedFormat.bytesPerElement).rounded())
        lowering.collective("pipeline.send", .sendReceive, devices: pipeline > 1 ? 2 : 1, bytes: bytes, count: 1)
        lowering.head(pass, allTokens: true, samples: false)
        return lowering.list.items
    }

    /// Gradient exchange among replicas and the optimizer's pass over this device's parameters.
    private func optimizerOperators() -> [PlacedOperator] {
        var lowering = StackLowering(model: model, shard: shard, request: request)
        let data = request.parallelism.data
        let zero = request.parallelism.zero
        let bytes = Int((Double(parameters) * request.storedFormat.bytesPerElement).rounded())
        let owned = zero == .none ? parameters : (parameters + data - 1) / data
        if zero == .none {
            lowering.collective("gradients.all_reduce", .allReduce, devices: data, bytes: bytes, count: 1)
        } else {
            lowering.collective("gradients.reduce_scatter", .reduceScatter, devices: data, bytes: bytes, count: 1)
        }
        let state: NumberFormat = training.optimizer == .adam8bit ? .int8 : .fp32
        let update = Elementwise(training.optimizer.update, elements: owned, inputs: training.optimizer.inputs, format: state)
        lowering.list.add("optimizer.update", .elementwise(update), count: 1)
        if zero != .none {
            // Stage 3 gathers each layer again before its forward and its backward pass.
            let count = zero == .parameters ? 2 : 1
            lowering.collective("weights.all_gather", .allGather, devices: data, bytes: bytes, count: count)
        }
        return lowering.list.items
    }

    /// Bytes of the fullest device.
    func memory(sequences: Int) -> MemoryFootprint {
        let data = Double(request.parallelism.data)
        let zero = request.parallelism.zero.rawValue
        let count = Double(parameters)
        let element = request.storedFormat.bytesPerElement
        let master: Double = request.format == .fp32 || request.format == .tf32 ? 0 : 4
        let state = count * training.optimizer.stateBytes(masterCopy: master)
        return MemoryFootprint(
            weights: Bytes(count * element / (zero >= 3 ? data : 1)),
            activations: keptActivations(rows: Double(sequences / training.microBatches * tokens)),
            gradients: Bytes(count * element / (zero >= 2 ? data : 1)),
            optimizerState: Bytes(state / (zero >= 1 ? data : 1)))
    }

    /// Activations kept for the backward pass (Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", 2022,
    /// equations 1 to 4, restated for any width): per layer and row the inputs of every product, norm and activation.
    private func keptActivations(rows: Double) -> Bytes {
        let element = request.storedFormat.bytesPerElement
        let hidden = Double(model.hidden)
        let split = request.parallelism.splitsSequence ? Double(shard.tensor) : 1
        let layers = Double(stageLayers)
        // The first stage holds activations of as many micro-batches as there are stages (1F1B).
        let inFlight = Double(min(training.microBatches, pipeline))
        let logits = rows * Double(shard.vocabulary) * 4
        guard training.recomputation != .full else { return Bytes(inFlight * layers * rows * hidden * element / split + logits) }
        // Residual inputs of two norms, their outputs, and two branch outputs.
        let replicated = 6 * hidden / split
        let attention = Double((2 * shard.heads + 2 * shard.keyValueHeads) * model.headDimension)
        let widths = model.experts.map { Double($0.perToken * $0.intermediate) / Double(shard.expertTensorParallel) + Double(shard.sharedIntermediate) }
            ?? Double(shard.intermediate)
        let feedForward = (model.isGated ? 3 : 2) * widths
        var perRow = (replicated + attention + feedForward) * element
        if training.recomputation == .none, !request.options.fusesAttention {
            // Scores before and after softmax.
            perRow += 2 * Double(shard.heads) * Double(tokens) * element
        }
        return Bytes(inFlight * layers * rows * perRow + logits)
    }
}

extension PlacedOperator {
    /// Whether selective recomputation runs it again: what stands between the projections and holds a score for each pair of tokens.
    fileprivate var isAttentionCore: Bool {
        ["attention.scores", "attention.scale", "attention.mask", "attention.softmax", "attention.dropout", "attention.context"].contains(name)
    }
}

extension TrainingOptions.Optimizer {
    /// Tensors as large as the parameters that an update reads.
    var inputs: Int { self == .sgd ? 3 : 4 }
    var update: Elementwise.Function { self == .sgd ? .sgdUpdate : .adamUpdate }

    /// Bytes a parameter.
    func stateBytes(masterCopy: Double) -> Double {
        switch self {
        case .adam: 8 + masterCopy
        case .adam8bit: 2
        case .sgd: 4 + masterCopy
        }
    }
}
