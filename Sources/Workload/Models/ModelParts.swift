import Quantities

/// Which stacks a transformer has.
public enum ModelStructure: String, Hashable, Sendable, CaseIterable {
    case encoder, decoder
    case encoderDecoder = "encoder-decoder"
}

public enum Normalisation: String, Hashable, Sendable, CaseIterable {
    case layerNorm = "layernorm"
    /// LayerNorm with gain but no bias (MPT).
    case layerNormWithoutBias = "layernorm without bias"
    case rmsNorm = "rmsnorm"
}

/// Where norms stand in a layer.
public enum NormPlacement: String, Hashable, Sendable, CaseIterable {
    /// Before attention and before the feed-forward layer, and once after the last layer (GPT-2, Llama).
    case before
    /// After each residual addition (BERT, GPT-1, the original Transformer).
    case after
    /// One norm for both branches of a parallel layer (GPT-J, Falcon 7B, PaLM), and once after the last layer.
    case shared
    /// Before and after both branches (Gemma 2 and 3), and once after the last layer.
    case aroundBranches
}

/// The function between the matrices of the feed-forward layer, as computed.
public enum ActivationFunction: String, Hashable, Sendable, CaseIterable {
    case relu
    /// x Φ(x), exact, with erf.
    case gelu
    /// GELU by tanh (`gelu_new`, `gelu_pytorch_tanh`, `gelu_fast`).
    case geluTanh = "gelu_tanh"
    /// x sigmoid(1.702 x) (CLIP).
    case quickGELU = "quick_gelu"
    case silu

    /// Makes a function from the names that `hidden_act` and its aliases take; nil when unknown.
    public init?(huggingFace name: String) {
        switch name {
        case "relu": self = .relu
        case "gelu", "gelu_python": self = .gelu
        case "gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_tanh", "gelu_accurate": self = .geluTanh
        case "quick_gelu": self = .quickGELU
        case "silu", "swish": self = .silu
        default: return nil
        }
    }
}

/// How tokens know their place.
public enum PositionEncoding: Hashable, Sendable {
    case none
    /// A learned table with this number of rows (OPT's has two more than its positions), added to the embeddings.
    case learned(rows: Int)
    /// A fixed table of sines, added to the embeddings.
    case sinusoidal
    case rotary(RotaryParameters)
    /// A bias on the scores, linear in distance, a slope a head (BLOOM, MPT).
    case linearBias
    /// A learned bias on the scores for each bucket of distance and head (T5).
    case bucketedBias(buckets: Int)

    public var rotary: RotaryParameters? {
        guard case .rotary(let parameters) = self else { return nil }
        return parameters
    }
}

public struct RotaryParameters: Hashable, Sendable {
    /// Which elements of a head form a pair.
    public enum Pairing: String, Hashable, Sendable, CaseIterable {
        /// Element i with element i + dimension/2 (Llama, GPT-NeoX).
        case halves
        /// Element 2i with element 2i + 1 (GPT-J).
        case neighbours
    }

    /// Elements of each head that are rotated.
    public var dimension: Int
    public var base: Double
    public var pairing: Pairing
    /// `rope_type` of a scaled variant (`llama3`, `yarn`, `linear` …), nil for the plain one. It changes angles, never shapes.
    public var scaling: String?

    public init(dimension: Int, base: Double, pairing: Pairing = .halves, scaling: String? = nil) {
        self.dimension = dimension
        self.base = base
        self.pairing = pairing
        self.scaling = scaling
    }
}

/// Which linear layers add a bias.
public struct BiasPlacement: Hashable, Sendable {
    public var queryKeyValue: Bool
    public var attentionOutput: Bool
    public var feedForward: Bool
    public var languageModelHead: Bool

    public init(queryKeyValue: Bool, attentionOutput: Bool, feedForward: Bool, languageModelHead: Bool = false) {
        self.queryKeyValue = queryKeyValue
        self.attentionOutput = attentionOutput
        self.feedForward = feedForward
        self.languageModelHead = languageModelHead
    }

    public static let all = BiasPlacement(queryKeyValue: true, attentionOutput: true, feedForward: true)
    public static let none = BiasPlacement(queryKeyValue: false, attentionOutput: false, feedForward: false)
}

/// The mixture-of-experts part of a model.
public struct ExpertConfiguration: Hashable, Sendable {
    /// Routed experts of a layer.
    public var count: Int
    /// Experts that a token goes to.
    public var perToken: Int
    /// Width of one routed expert.
    public var intermediate: Int
    /// Width of all shared experts of a layer together, 0 for none.
    public var sharedIntermediate: Int
    /// Whether a learned sigmoid scales the shared experts' output (Qwen2-MoE).
    public var gatesSharedExperts: Bool
    /// Whether the router adds a bias a expert (DeepSeek-V3's correction bias, gpt-oss).
    public var routerHasBias: Bool
    /// Layers that are mixtures; the others have one dense feed-forward layer.
    public var layers: Int

    public init(
        count: Int, perToken: Int, intermediate: Int, sharedIntermediate: Int = 0, gatesSharedExperts: Bool = false,
        routerHasBias: Bool = false, layers: Int
    ) {
        self.count = count
        self.perToken = perToken
        self.intermediate = intermediate
        self.sharedIntermediate = sharedIntermediate
        self.gatesSharedExperts = gatesSharedExperts
        self.routerHasBias = routerHasBias
        self.layers = layers
    }
}

/// Multi-head latent attention (DeepSeek-V2, section 2.1): keys and values are expanded from one latent vector a token.
public struct LatentAttention: Hashable, Sendable {
    /// Width of the compressed query, nil where queries are projected directly.
    public var queryRank: Int?
    /// Width of the compressed keys and values.
    public var keyValueRank: Int
    /// Rotated elements of a query head; the key's are shared by all heads.
    public var rotaryDimension: Int
    /// Elements of a query and key head that are not rotated.
    public var plainDimension: Int
    public var valueDimension: Int

    public init(queryRank: Int?, keyValueRank: Int, rotaryDimension: Int, plainDimension: Int, valueDimension: Int) {
        self.queryRank = queryRank
        self.keyValueRank = keyValueRank
        self.rotaryDimension = rotaryDimension
        self.plainDimension = plainDimension
        self.valueDimension = valueDimension
    }

    /// Elements of one query and key head.
    public var queryDimension: Int { rotaryDimension + plainDimension }
    /// Elements that the cache keeps of a token and layer, whatever the number of heads.
    public var cacheWidth: Int { keyValueRank + rotaryDimension }
}

/// What stands on top of the last layer.
public enum ModelHead: Hashable, Sendable {
    case none
    /// BERT's dense layer over the first token.
    case pooler
    /// Logits over the vocabulary.
    case languageModel
    /// BERT's dense layer, norm and logits (tied table, own bias).
    case maskedLanguageModel
    /// Logits over classes.
    case classifier(classes: Int)
}

/// Images cut into square patches, each a token.
public struct PatchEmbedding: Hashable, Sendable {
    public var imageSize: Int
    public var patchSize: Int
    public var channels: Int
    /// Whether a class token is added.
    public var hasClassToken: Bool
    /// Whether the patch projection has a bias (ViT yes, CLIP no).
    public var hasBias: Bool

    public init(imageSize: Int, patchSize: Int, channels: Int, hasClassToken: Bool = true, hasBias: Bool = true) {
        self.imageSize = imageSize
        self.patchSize = patchSize
        self.channels = channels
        self.hasClassToken = hasClassToken
        self.hasBias = hasBias
    }

    /// Tokens of one image.
    public var tokens: Int { (imageSize / patchSize) * (imageSize / patchSize) + (hasClassToken ? 1 : 0) }
    /// Elements of one patch.
    public var patchElements: Int { patchSize * patchSize * channels }
}

/// Quantisation as a checkpoint's `quantization_config` states it.
public struct StoredQuantization: Hashable, Sendable {
    /// `quant_method`, for example `awq`.
    public var method: String
    public var scheme: QuantizationScheme

    public init(method: String, scheme: QuantizationScheme) {
        self.method = method
        self.scheme = scheme
    }
}
