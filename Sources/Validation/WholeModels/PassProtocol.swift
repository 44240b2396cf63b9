import ConfigurationFiles
import Quantities
import Workload

/// How a source ran whole models: the part of a measurement protocol that single kernels do not need.
public struct PassProtocol: Hashable, Sendable {
    /// What the software fused.
    public enum Fusion: String, Hashable, Sendable, CaseIterable {
        /// As serving libraries do.
        case serving
        /// Attention is one kernel and its three projections one product; everything else is an operator of its own.
        case attention
        /// Elementwise operators and norms are joined by a compiler, attention is not.
        case elementwise
        /// Nothing: an eager framework of before 2023.
        case none
        /// Hugging Face Transformers of 2023 with `attn_implementation="eager"`: nothing, and the kernels that its Python spells out (modeling_gpt2.py,
        /// modeling_bert.py, modeling_opt.py).
        case huggingFaceEager = "hugging_face_eager"
        /// The same through `torch.compile`.
        case huggingFaceCompiled = "hugging_face_compiled"
        /// Megatron-LM before flash attention: scale, mask and softmax in one kernel, elementwise operators joined.
        case megatron
        /// Benchmarks/gpu/measure.py: fused attention over a preallocated cache, everything else spelled out.
        case pytorchDecoder = "pytorch_decoder"

        /// Whether passes are Hugging Face's, whose models differ in their projections and heads.
        var isHuggingFace: Bool { self == .huggingFaceEager || self == .huggingFaceCompiled }

        var options: LoweringOptions {
            switch self {
            case .serving: .serving
            case .attention:
                LoweringOptions(fusesAttention: true, fusesQueryKeyValue: true, fusesGateAndUp: true, fusesResidualAndNorm: false, samples: false)
            case .elementwise:
                LoweringOptions(
                    fusesAttention: false, fusesQueryKeyValue: false, fusesGateAndUp: true, fusesResidualAndNorm: true, computesAllLogits: true, samples: false)
            case .none:
                LoweringOptions(
                    fusesAttention: false, fusesQueryKeyValue: false, fusesGateAndUp: false, fusesResidualAndNorm: false, computesAllLogits: true, samples: false)
            case .huggingFaceEager: Self.none.options.with {
                ($0.masksAlways, $0.copiesHeads, $0.decomposesFunctions) = (true, true, true)
            }
            case .huggingFaceCompiled: Self.elementwise.options.with { ($0.fusesScaleAndMask, $0.copiesHeads) = (true, true) }
            case .megatron: Self.elementwise.options.with { ($0.fusesScaleAndMask, $0.fusesQueryKeyValue) = (true, true) }
            case .pytorchDecoder: Self.attention.options.with { ($0.decomposesFunctions, $0.copiesIntoCache) = (true, true) }
            }
        }
    }

    public var fusion = Fusion.serving
    /// Whether a training step includes the optimizer's.
    public var runsOptimizer = true
    /// How many devices share a model where a row does not say, in the words of `parallelism` columns; empty where that is not known.
    public var layout = ""
    /// Whether heads, widths and vocabulary that do not divide over tensor-parallel devices are padded to the next multiple.
    public var padsShards = false
    /// Format of the KV cache where weights and activations are quantised to 8 bits or fewer; the activations' where nil.
    public var quantizedKeyValueFormat: NumberFormat?
    /// Whether `fp8` of the source's engines has scales found in advance, so that no pass over the activations looks for them.
    public var hasStaticScales = false
    /// Whether training drops activations at random.
    public var dropsActivations = false
    /// What the source calls models, where it is not what they are generally called.
    public var models: [SourceModel] = []

    public init() {}

    /// A model of a source: a preset with some dimensions changed.
    public struct SourceModel: Hashable, Sendable {
        public var name: String
        public var like: String
        public var layers: Int?
        public var hidden: Int?
        public var heads: Int?
        public var headDimension: Int?
        public var keyValueHeads: Int?
        public var intermediate: Int?
        public var vocabulary: Int?
        public var experts: Int?
    }
}

extension LoweringOptions {
    fileprivate func with(_ change: (inout LoweringOptions) -> Void) -> LoweringOptions {
        var options = self
        change(&options)
        return options
    }
}

extension PassProtocol {
    static let keys = ["fuses", "optimizer", "dropout", "layout", "pads", "quantized_kv_dtype", "static_scales", "models"]

    init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
        fusion = try mapping["fuses"]?.choice() ?? fusion
        runsOptimizer = try mapping.optional("optimizer") ?? runsOptimizer
        layout = try mapping.optional("layout") ?? layout
        if let name = try mapping.optional("quantized_kv_dtype", as: String.self) {
            guard let format = NumberFormat(name: name) else {
                throw ConfigurationError(mapping["quantized_kv_dtype"]?.location ?? mapping.location, "'quantized_kv_dtype' is '\(name)', a format belongs here")
            }
            quantizedKeyValueFormat = format
        }
        hasStaticScales = try mapping.optional("static_scales") ?? hasStaticScales
        padsShards = try mapping.optional("pads") ?? padsShards
        dropsActivations = try mapping.optional("dropout") ?? dropsActivations
        for entry in try mapping["models"]?.sequence() ?? [] {
            let model = try entry.mapping()
            try model.requireKeys(in: ["name", "like", "layers", "hidden", "heads", "head_dimension", "kv_heads", "intermediate", "vocabulary", "experts"])
            func dimension(_ key: String) throws(ConfigurationError) -> Int? {
                guard let value = try model.optional(key, as: Int.self) else { return nil }
                guard (1...(1 << 24)).contains(value) else {
                    throw ConfigurationError(model[key]?.location ?? entry.location, "'\(key)' is \(value), 1 to 2^24 belongs here")
                }
                return value
            }
            models.append(
                SourceModel(
                    name: try model.required("name"), like: try model.required("like"), layers: try dimension("layers"), hidden: try dimension("hidden"),
                    heads: try dimension("heads"), headDimension: try dimension("head_dimension"), keyValueHeads: try dimension("kv_heads"), intermediate: try dimension("intermediate"),
                    vocabulary: try dimension("vocabulary"), experts: try dimension("experts")))
        }
    }
}
