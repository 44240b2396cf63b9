import Quantities

extension ModelConfiguration {
    /// Bytes that the fullest device holds during inference: weights and cache are exact, activations the peak of one layer's live tensors.
    func inferenceMemory(for request: WorkloadRequest, shard: Shard, sequences: Int) -> MemoryFootprint {
        let length = request.promptTokens + request.generatedTokens
        // A decoder behind an encoder caches what it generates; the prompt is in the cross-attention's cache.
        let cached = structure == .encoderDecoder ? request.generatedTokens : length
        return MemoryFootprint(
            weights: weightBytes(of: shard, request: request),
            keyValueCache: keyValueBytes(tokensPerSequence: cached, sequences: generates ? sequences : 0, shard: shard, request: request),
            activations: liveActivationBytes(
                rows: sequences * (patches?.tokens ?? request.promptTokens), length: length, sequences: sequences, shard: shard, request: request))
    }

    /// Bytes of the fullest pipeline stage's weights: matrices in the quantised format, everything else in the activations' format.
    func weightBytes(of shard: Shard, request: WorkloadRequest) -> Bytes {
        let linear = request.quantization.matrixScheme(activations: request.format).weight.bytesPerElement
        let plain = request.storedFormat.bytesPerElement
        func bytes(_ count: ParameterCount) -> Double {
            Double(count.matrices + count.experts) * linear + Double(count.embeddings + count.others + count.head) * plain
        }
        let own = stages(shard: shard, pipeline: request.parallelism.pipeline).map(bytes).max() ?? 0
        return towers.reduce(Bytes(own)) { $0 + Bytes(bytes($1.parameters)) }
    }

    /// Parameters of each pipeline stage: the first holds the embeddings, the last the head (and the tied table once more).
    func stages(shard: Shard, pipeline: Int) -> [ParameterCount] {
        let perStage = Self.split(layers, into: pipeline)
        let encoder = Self.split(encoderLayers, into: pipeline)
        return (0..<pipeline).map { stage in
            let isLast = stage == pipeline - 1
            var count = parameters(
                of: shard, layers: perStage[stage], encoderLayers: encoder[stage], hasEmbeddings: stage == 0, hasHead: isLast)
            if isLast, pipeline > 1, tiesEmbeddings, head == .languageModel { count.embeddings += shard.vocabulary * hidden }
            return count
        }
    }

    /// `count` in `parts` parts that differ by one at most, larger parts first.
    static func split(_ count: Int, into parts: Int) -> [Int] {
        (0..<parts).map { count / parts + ($0 < count % parts ? 1 : 0) }
    }

    /// Bytes of keys and values of all sequences on one device of the fullest stage; windowed layers keep the window only.
    func keyValueBytes(tokensPerSequence tokens: Int, sequences: Int, shard: Shard, request: WorkloadRequest) -> Bytes {
        let stageLayers = Double(Self.split(layers, into: request.parallelism.pipeline)[0])
        let windowShare = slidingWindow == nil ? 0 : Double(min(layers, slidingWindowLayers)) / Double(layers)
        let windowed = Double(min(tokens, slidingWindow ?? tokens))
        let layerTokens = stageLayers * (windowShare * windowed + (1 - windowShare) * Double(tokens))
        let width = latentAttention.map { $0.cacheWidth } ?? 2 * shard.keyValueHeads * headDimension
        let format = request.keyValueFormat ?? request.storedFormat
        let own = Double(sequences) * layerTokens * Double(width) * format.bytesPerElement
        // Cross-attention keeps keys and values of the prompt.
        let cross = structure == .encoderDecoder ? Double(sequences * request.promptTokens) * stageLayers * Double(width) * format.bytesPerElement : 0
        return Bytes(own + cross)
    }

    /// Peak of live activations: residual stream, its normalised copy and the widest pair of neighbours in a layer, or the logits.
    func liveActivationBytes(rows: Int, length: Int, sequences: Int, shard: Shard, request: WorkloadRequest) -> Bytes {
        let element = request.storedFormat.bytesPerElement
        let attention = Double((2 * shard.heads + 2 * shard.keyValueHeads) * headDimension)
        let feedForward = Double((isGated ? 3 : 2) * shard.intermediate)
        let routed = experts.map { experts in
            let width = Double((isGated ? 3 : 2) * experts.intermediate) / Double(shard.expertTensorParallel)
            return Double(experts.perToken) * (width + Double(hidden))
        } ?? 0
        let layer = Double(rows) * (2 * Double(hidden) + max(attention, feedForward, routed)) * element
        let scores = request.options.fusesAttention ? 0 : 2 * Double(rows) * Double(shard.heads) * Double(length) * element
        let logitRows = request.options.computesAllLogits || head == .maskedLanguageModel ? rows : sequences
        let logits = Double(logitRows) * Double(shard.vocabulary) * element
        return Bytes(max(layer + scores, logits + Double(rows) * Double(hidden) * element))
    }
}
