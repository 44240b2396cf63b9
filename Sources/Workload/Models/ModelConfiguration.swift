import Quantities

/// The shape of a transformer: everything that decides its parameters, its arithmetic and its bytes, as a `config.json` states it.
///
/// Dimensions are positive, agree with each other and are small enough for products of three of them to be exact in `Int`:
/// the reader (`ModelConfiguration.init(huggingFace:)`) checks that.
public struct ModelConfiguration: Hashable, Sendable {
    /// What the model is called in titles: the preset's id, or `model_type` of a file.
    public var name: String
    /// The `model_type` of the configuration, for example `llama`.
    public var family: String
    public var structure: ModelStructure
    /// Width of the residual stream.
    public var hidden: Int
    /// Layers of the main stack: the decoder's for encoder-decoder models.
    public var layers: Int
    /// Layers of the encoder of an encoder-decoder model, 0 elsewhere.
    public var encoderLayers: Int = 0
    public var heads: Int
    /// Key/value heads: 1 for multi-query, fewer than `heads` for grouped-query attention.
    public var keyValueHeads: Int
    /// Elements of one query, key and value head.
    public var headDimension: Int
    /// Width of the feed-forward layer (of each of gate and up where it is gated).
    public var intermediate: Int
    public var vocabulary: Int
    /// Tokens that the model was made for; a hard limit where positions are learned.
    public var maximumPositions: Int?
    public var positions: PositionEncoding
    public var normalisation: Normalisation
    public var normEpsilon: Double = 1e-5
    public var normPlacement: NormPlacement
    public var activation: ActivationFunction
    /// Whether the feed-forward layer multiplies up(x) with activation(gate(x)).
    public var isGated: Bool
    /// Whether attention and feed-forward read the same input and are added together (GPT-J, GPT-NeoX, Falcon, PaLM).
    public var isParallel: Bool = false
    public var biases: BiasPlacement
    /// RMSNorm over each query and key head (Qwen3, Gemma 3).
    public var normalisesQueryAndKey: Bool = false
    /// Tokens of the sliding window, nil for full attention.
    public var slidingWindow: Int?
    /// Number of layers of the main stack that use the window; the others attend to everything.
    public var slidingWindowLayers: Int = 0
    public var experts: ExpertConfiguration?
    public var latentAttention: LatentAttention?
    public var head: ModelHead
    /// Whether the output projection is the embedding table.
    public var tiesEmbeddings: Bool
    /// Width of the embedding table where it differs from `hidden` (OPT-350M); two projections join them.
    public var embeddingDimension: Int?
    /// Rows of BERT's segment table, 0 where there is none.
    public var tokenTypes: Int = 0
    /// Whether the sum of embeddings is normalised (BERT, BLOOM).
    public var normalisesEmbeddings: Bool = false
    /// Factor on the token embeddings (Gemma: the root of `hidden`), nil for none.
    public var embeddingScale: Double?
    /// Whether norms multiply by 1 + gain (Gemma).
    public var addsOneToGain: Bool = false
    /// Images instead of tokens as input (ViT).
    public var patches: PatchEmbedding?
    /// Width of the projection after a tower (CLIP), nil for none.
    public var projection: Int?
    /// Further stacks that run beside this one (CLIP's vision tower).
    public var towers: [ModelConfiguration] = []
    /// Format that the checkpoint's weights are stored in, where stated (`torch_dtype`).
    public var storedFormat: NumberFormat?
    /// Quantisation that the checkpoint states, nil for none.
    public var quantization: StoredQuantization?
    /// Where the dimensions come from, for presets.
    public var source: String?

    /// What the configuration states that this description leaves out, for the user to know.
    public var notes: [String] = []

    /// A pre-norm, biased, GELU decoder of GPT-2's kind with the given dimensions; everything else is set afterwards.
    public init(name: String, family: String, hidden: Int, layers: Int, heads: Int, intermediate: Int, vocabulary: Int) {
        self.name = name
        self.family = family
        structure = .decoder
        self.hidden = hidden
        self.layers = layers
        self.heads = heads
        keyValueHeads = heads
        headDimension = max(1, hidden / max(1, heads))
        self.intermediate = intermediate
        self.vocabulary = vocabulary
        positions = .none
        normalisation = .layerNorm
        normPlacement = .before
        activation = .gelu
        isGated = false
        biases = .all
        head = .languageModel
        tiesEmbeddings = true
    }

    /// Width of all query heads together.
    public var queryWidth: Int { heads * headDimension }
    /// Width of all key (or value) heads together.
    public var keyValueWidth: Int { keyValueHeads * headDimension }
    /// Layers whose feed-forward part is a mixture of experts.
    public var expertLayers: Int { experts?.layers ?? 0 }
    /// Whether tokens see only what stands before them.
    public var isCausal: Bool { structure != .encoder }
    /// Whether the model generates text token by token.
    public var generates: Bool { structure != .encoder && head == .languageModel }
}
