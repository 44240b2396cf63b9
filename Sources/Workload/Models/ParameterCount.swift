/// Parameters of a model, or of one device's shard of it, by what they are.
public struct ParameterCount: Hashable, Sendable {
    /// Token, position, segment and patch tables; an output projection tied to the token table is not counted again.
    public var embeddings = 0
    /// Matrices of attention and dense feed-forward layers: what quantisation schemes store in their own format.
    public var matrices = 0
    /// Matrices of routed experts.
    public var experts = 0
    /// Routers, biases, norms and learned position biases.
    public var others = 0
    /// An output projection with weights of its own, and poolers, classifiers and projections.
    public var head = 0

    public init() {}

    public var total: Int { embeddings + matrices + experts + others + head }

    static func + (left: ParameterCount, right: ParameterCount) -> ParameterCount {
        var sum = left
        sum.embeddings += right.embeddings
        sum.matrices += right.matrices
        sum.experts += right.experts
        sum.others += right.others
        sum.head += right.head
        return sum
    }

    func times(_ count: Int) -> ParameterCount {
        var product = self
        product.embeddings *= count
        product.matrices *= count
        product.experts *= count
        product.others *= count
        product.head *= count
        return product
    }
}

extension ModelConfiguration {
    /// Parameters of the whole model, exact: what `model.num_parameters()` of the reference implementation counts.
    public var parameters: ParameterCount {
        let count = parameters(of: Shard(whole: self), layers: layers, encoderLayers: encoderLayers, hasEmbeddings: true, hasHead: true)
        return towers.reduce(count) { $0 + $1.parameters } + contrastiveScale
    }

    /// Parameters that one token's forward pass multiplies with: of routed experts only those it goes to.
    public var activeParameters: Int {
        let all = parameters
        guard let experts else { return all.total }
        return all.total - all.experts + all.experts / experts.count * experts.perToken
    }

    /// CLIP's learned temperature.
    private var contrastiveScale: ParameterCount {
        var count = ParameterCount()
        count.others = towers.isEmpty ? 0 : 1
        return count
    }

    /// Parameters of one device: `layers` layers of its shard, with or without what stands before and after them.
    func parameters(of shard: Shard, layers: Int, encoderLayers: Int, hasEmbeddings: Bool, hasHead: Bool) -> ParameterCount {
        var count = ParameterCount()
        let expertLayers = min(layers, (self.layers > 0 ? (self.expertLayers * layers + self.layers - 1) / self.layers : 0))
        count = count + attentionParameters(of: shard).times(layers + encoderLayers)
        count = count + feedForwardParameters(of: shard).times(layers + encoderLayers - expertLayers)
        count = count + expertParameters(of: shard).times(expertLayers)
        count.others += normParameters * (normsPerLayer * (layers + encoderLayers))
        if structure == .encoderDecoder {
            // Cross-attention and its norm in each decoder layer.
            count = count + attentionParameters(of: shard).times(layers)
            count.others += normParameters * layers
        }
        if hasEmbeddings { count = count + embeddingParameters(of: shard) }
        if hasHead { count = count + headParameters(of: shard) }
        return count
    }

    /// Elements of one norm over the hidden width.
    private var normParameters: Int { normalisation == .layerNorm ? 2 * hidden : hidden }

    private var normsPerLayer: Int {
        switch normPlacement {
        case .before, .after: 2
        case .shared: 1
        case .aroundBranches: 4
        }
    }

    private func attentionParameters(of shard: Shard) -> ParameterCount {
        var count = ParameterCount()
        if let latent = latentAttention {
            let queryOut = shard.heads * latent.queryDimension
            if let rank = latent.queryRank {
                count.matrices += hidden * rank + rank * queryOut
                count.others += rank
            } else {
                count.matrices += hidden * queryOut
            }
            count.matrices += hidden * latent.cacheWidth + latent.keyValueRank * shard.heads * (latent.plainDimension + latent.valueDimension)
            count.others += latent.keyValueRank
            count.matrices += shard.heads * latent.valueDimension * hidden
            return count
        }
        let queries = shard.heads * headDimension
        let keysAndValues = 2 * shard.keyValueHeads * headDimension
        count.matrices = hidden * (queries + keysAndValues) + queries * hidden
        if biases.queryKeyValue { count.others += queries + keysAndValues }
        if biases.attentionOutput { count.others += hidden }
        if normalisesQueryAndKey { count.others += 2 * headDimension }
        return count
    }

    private func feedForwardParameters(of shard: Shard) -> ParameterCount {
        var count = ParameterCount()
        count.matrices = (isGated ? 3 : 2) * hidden * shard.intermediate
        if biases.feedForward { count.others = (isGated ? 2 : 1) * shard.intermediate + hidden }
        return count
    }

    private func expertParameters(of shard: Shard) -> ParameterCount {
        var count = ParameterCount()
        guard let experts else { return count }
        let matrices = isGated ? 3 : 2
        count.experts = shard.experts * matrices * hidden * (experts.intermediate / shard.expertTensorParallel)
        count.matrices = matrices * hidden * shard.sharedIntermediate
        count.others = hidden * experts.count + (experts.routerHasBias ? experts.count : 0) + (experts.gatesSharedExperts ? hidden : 0)
        return count
    }

    private func embeddingParameters(of shard: Shard) -> ParameterCount {
        var count = ParameterCount()
        if let patches {
            count.embeddings = patches.patchElements * hidden + (patches.hasBias ? hidden : 0) + (patches.hasClassToken ? hidden : 0)
        } else {
            count.embeddings = shard.vocabulary * (embeddingDimension ?? hidden)
            if let embeddingDimension { count.others += 2 * embeddingDimension * hidden }
        }
        count.embeddings += tokenTypes * hidden
        switch positions {
        case .learned(let rows): count.embeddings += rows * hidden
        // One table a stack, shared by its layers.
        case .bucketedBias(let buckets): count.others += buckets * shard.heads * (structure == .encoderDecoder ? 2 : 1)
        default: break
        }
        if normalisesEmbeddings { count.others += normParameters }
        return count
    }

    private func headParameters(of shard: Shard) -> ParameterCount {
        var count = ParameterCount()
        if hasFinalNorm { count.others += normParameters * (structure == .encoderDecoder ? 2 : 1) }
        switch head {
        case .none: break
        case .pooler: count.head += hidden * hidden + hidden
        case .languageModel:
            if !tiesEmbeddings { count.head += shard.vocabulary * (embeddingDimension ?? hidden) }
            if biases.languageModelHead { count.others += shard.vocabulary }
        case .maskedLanguageModel:
            count.head += hidden * hidden + hidden
            count.others += normParameters + shard.vocabulary
        case .classifier(let classes): count.head += hidden * classes + classes
        }
        if let projection { count.head += hidden * projection }
        return count
    }

    /// Whether a norm follows the last layer.
    public var hasFinalNorm: Bool { normPlacement != .after }
}
