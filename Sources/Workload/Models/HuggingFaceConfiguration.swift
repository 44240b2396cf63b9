import ConfigurationFiles
import Quantities

extension ModelConfiguration {
    /// Reads a Hugging Face `config.json`, or the folder that holds one.
    ///
    /// - Throws: every missing, contradictory, non-positive or implausibly large value with its place.
    public static func read(_ path: String) throws(ConfigurationError) -> ModelConfiguration {
        let document = try ConfigurationDocument.read(path, format: .json)
        return try ModelConfiguration(huggingFace: document.root)
    }

    /// Decodes the root of a Hugging Face `config.json`.
    ///
    /// Unknown keys are normal there and are ignored, unless they change what a layer is (state-space layers, cross-attention).
    /// - Parameter name: what to call the model; its `model_type` where nil.
    /// - Throws: every missing, contradictory, non-positive or implausibly large value with its place.
    public init(huggingFace value: ConfigurationValue, name: String? = nil) throws(ConfigurationError) {
        let problems = ProblemCollector()
        let fields = ConfigurationFields(mapping: try value.mapping(), problems: problems)
        let decoder = HuggingFaceDecoder(fields: fields)
        let model = decoder.model(name: name)
        try problems.throwIfAny()
        guard let model else { throw ConfigurationError(value.location, "no model is described here") }
        self = model
    }
}

/// Turns the fields of one `config.json` (or of a tower inside it) into a configuration.
struct HuggingFaceDecoder {
    let fields: ConfigurationFields
    typealias Limit = ConfigurationFields.Limit

    enum Key {
        static let hidden = ["hidden_size", "n_embd", "d_model", "dim"]
        static let layers = ["num_hidden_layers", "n_layer", "num_layers", "n_layers"]
        static let heads = ["num_attention_heads", "n_head", "num_heads", "n_heads"]
        static let keyValueHeads = ["num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num"]
        static let headDimension = ["head_dim", "d_kv", "kv_channels"]
        static let intermediate = ["intermediate_size", "n_inner", "ffn_dim", "d_ff", "ffn_hidden_size", "hidden_dim"]
        static let vocabulary = ["vocab_size", "padded_vocab_size"]
        static let positions = ["max_position_embeddings", "n_positions", "max_seq_len", "n_ctx", "seq_length"]
        static let activation = ["hidden_act", "activation_function", "hidden_activation", "activation", "afn", "feed_forward_proj"]
        static let normEpsilon = ["rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon", "norm_eps", "norm_epsilon"]
        static let format = ["dtype", "torch_dtype"]
        static let experts = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"]
        static let expertsPerToken = ["num_experts_per_tok", "num_experts_per_token", "moe_top_k", "top_k_experts"]
    }

    /// Keys of layers that this description has no words for; their presence makes every count wrong.
    private static let unmodelled = [
        "hybrid_override_pattern": "hybrid state-space layers", "layers_block_type": "hybrid state-space layers",
        "ssm_state_size": "state-space layers", "state_size": "state-space layers", "mamba_d_state": "state-space layers",
        "linear_num_key_heads": "linear-attention layers", "index_topk": "sparse index attention",
    ]

    /// The configuration, or nil after the problems have been noted.
    func model(name: String?) -> ModelConfiguration? {
        guard let type = fields.text(["model_type"]) ?? typeFromArchitecture() else {
            fields.problems.add(fields.mapping.location, "'model_type' is missing; it names the architecture, for example \"llama\"")
            return nil
        }
        if type == "clip" { return towers(type: type, name: name) }
        if let inner = fields.nested(["text_config"]), fields.mapping["hidden_size"] == nil {
            var model = HuggingFaceDecoder(fields: inner).model(name: name ?? type)
            if fields.has("vision_config") { model?.notes.append("the vision tower ('vision_config') is left out") }
            return model
        }
        guard let family = ModelFamily.named(type) else {
            let help = Spelling.nearest(to: type, in: ModelFamily.names).map { "; did you mean '\($0)'?" } ?? ""
            fields.problems.add(
                fields.location(["model_type"]), "unknown model_type '\(type)', known are \(ModelFamily.names.joined(separator: ", "))\(help)")
            return nil
        }
        refuseUnmodelled()
        return stack(type: type, family: family, name: name ?? type)
    }

    private func typeFromArchitecture() -> String? {
        guard let architecture = fields.texts("architectures")?.first?.lowercased() else { return nil }
        return ModelFamily.names.filter { architecture.hasPrefix($0.lowercased().filter { $0 != "_" && $0 != "-" }) }.max { $0.count < $1.count }
    }

    private func refuseUnmodelled() {
        for key in Self.unmodelled.keys.sorted() where fields.has(key) {
            fields.problems.add(fields.location([key]), "'\(key)' asks for \(Self.unmodelled[key] ?? "layers"), which are not modelled")
        }
        if fields.boolean(["add_cross_attention"]) == true {
            fields.problems.add(fields.location(["add_cross_attention"]), "cross-attention in a decoder-only model is not modelled; false belongs here")
        }
    }

    /// One stack of layers with what surrounds it.
    func stack(type: String, family: ModelFamily, name: String) -> ModelConfiguration? {
        let isEncoderDecoder = family.structure == .encoderDecoder
        let mainLayers = isEncoderDecoder ? ["num_decoder_layers", "num_layers"] : Key.layers
        let hidden = fields.requiredInteger(Key.hidden, in: 1...Limit.width)
        let layers = fields.requiredInteger(mainLayers, in: 1...Limit.layers)
        let heads = fields.requiredInteger(Key.heads, in: 1...Limit.heads)
        let isVision = fields.has("patch_size")
        let vocabulary = isVision ? 1 : fields.requiredInteger(Key.vocabulary, in: 1...Limit.vocabulary)
        guard let hidden, let layers, let heads, let vocabulary else { return nil }
        guard let intermediate = intermediateWidth(type: type, family: family, hidden: hidden) else { return nil }

        var model = ModelConfiguration(
            name: name, family: type, hidden: hidden, layers: layers, heads: heads, intermediate: intermediate, vocabulary: vocabulary)
        model.structure = family.structure
        if isEncoderDecoder { model.encoderLayers = fields.integer(["num_layers"], in: 1...Limit.layers) ?? layers }
        if let text = fields.text(Key.format) { model.storedFormat = storedFormat(text) }
        model.normEpsilon = fields.number(Key.normEpsilon, in: 0...0.1) ?? 1e-5
        model.normalisation = family.normalisation
        model.normPlacement = family.placement
        model.isParallel = family.isParallel
        model.biases = family.biases
        model.isGated = family.isGated
        model.tiesEmbeddings = fields.boolean(["tie_word_embeddings"]) ?? family.ties
        model.addsOneToGain = family.addsOneToGain
        if family.scalesEmbeddings { model.embeddingScale = Double(hidden).squareRoot() }
        model.normalisesQueryAndKey = family.normalisesQueryAndKey
        model.normalisesEmbeddings = family.normalisesEmbeddings
        model.activation = activation(family: family, into: &model)
        model.head = head(family: family)
        if !isVision, family.hasPooler || family.tokenTypes > 0 {
            model.tokenTypes = fields.integer(["type_vocab_size"], in: 0...Limit.heads) ?? family.tokenTypes
        }
        applyAttention(family: family, to: &model)
        applyPositions(family: family, to: &model)
        applyWindow(family: family, to: &model)
        applyFamilyVariants(type: type, to: &model)
        applyExperts(to: &model)
        if isVision { applyPatches(to: &model) }
        model.quantization = StoredQuantizationDecoder(fields: fields).quantization()
        checkSize(of: model)
        return model
    }

    private func intermediateWidth(type: String, family: ModelFamily, hidden: Int) -> Int? {
        if type == "mpt", let ratio = fields.number(["expansion_ratio"], in: 1...64) { return Int((Double(hidden) * ratio).rounded()) }
        if type == "bloom" { return 4 * hidden }
        if let factor = family.feedForwardFactor { return fields.integer(Key.intermediate, in: 1...Limit.width) ?? factor * hidden }
        return fields.requiredInteger(Key.intermediate, in: 1...Limit.width)
    }

    private func storedFormat(_ text: String) -> NumberFormat? {
        if let format = NumberFormat(name: text) { return format }
        let names = NumberFormat.allCases.map(\.rawValue) + ["float32", "float16", "bfloat16"]
        let help = Spelling.nearest(to: text, in: names).map { "; did you mean '\($0)'?" } ?? ""
        fields.problems.add(fields.location(Key.format), "unknown number format '\(text)', float32, float16, bfloat16 and the like are known\(help)")
        return nil
    }

    private func activation(family: ModelFamily, into model: inout ModelConfiguration) -> ActivationFunction {
        guard var text = fields.text(Key.activation) else { return family.activation }
        // T5 writes `gated-gelu` for a gated layer with tanh GELU.
        if text.hasPrefix("gated-") {
            model.isGated = true
            text = text == "gated-gelu" ? "gelu_new" : String(text.dropFirst("gated-".count))
        }
        guard let function = ActivationFunction(huggingFace: text) else {
            let names = ["relu", "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "silu", "swish"]
            let help = Spelling.nearest(to: text, in: names).map { "; did you mean '\($0)'?" } ?? ""
            fields.problems.add(fields.location(Key.activation), "unknown activation '\(text)', known are \(names.joined(separator: ", "))\(help)")
            return family.activation
        }
        // Gemma's first files say `gelu`, its implementation computes the tanh form.
        return model.family.hasPrefix("gemma") && function == .gelu ? .geluTanh : function
    }

    private func head(family: ModelFamily) -> ModelHead {
        guard let architecture = fields.texts("architectures")?.first else { return family.head }
        let languageModel = ["ForCausalLM", "LMHeadModel", "DoubleHeadsModel", "ForConditionalGeneration"]
        if languageModel.contains(where: architecture.hasSuffix) { return .languageModel }
        if architecture.hasSuffix("ForMaskedLM") || architecture.hasSuffix("ForPreTraining") { return .maskedLanguageModel }
        if architecture.hasSuffix("Classification") {
            let labels = fields.nested(["id2label"])?.mapping.entries.count
            return .classifier(classes: fields.integer(["num_labels"], in: 1...Limit.vocabulary) ?? labels ?? 2)
        }
        return family.hasPooler ? .pooler : .none
    }

    /// Refuses models beyond 10^15 parameters: no product of dimensions below may overflow.
    private func checkSize(of model: ModelConfiguration) {
        let width = Double(model.hidden)
        let feedForward = Double(model.experts.map { $0.count * $0.intermediate } ?? 0) + Double(model.intermediate)
        let layer = width * (3 * feedForward + 4 * Double(model.queryWidth))
        let total = layer * Double(model.layers + model.encoderLayers) + width * Double(model.vocabulary)
        if total > 1e15 {
            fields.problems.add(fields.mapping.location, "the dimensions make more than 10^15 parameters, which no model has")
        }
    }
}
