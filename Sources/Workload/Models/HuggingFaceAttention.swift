import ConfigurationFiles

/// Attention, positions, windows, experts and what single families do differently.
extension HuggingFaceDecoder {
    func applyAttention(family: ModelFamily, to model: inout ModelConfiguration) {
        let stated = fields.integer(Key.headDimension, in: 1...Limit.heads)
        if let stated {
            model.headDimension = stated
        } else if let usual = family.headDimension, model.hidden % model.heads != 0 {
            model.headDimension = usual
        } else if model.hidden % model.heads != 0, !fields.has("kv_lora_rank") {
            fields.problems.add(
                fields.location(Key.heads), "\(model.heads) heads do not divide the hidden width \(model.hidden), and no 'head_dim' is given")
        }
        model.keyValueHeads = fields.integer(Key.keyValueHeads, in: 1...Limit.heads) ?? model.heads
        if let nested = fields.nested(["attn_config"]) {
            // MPT nests them.
            model.keyValueHeads = nested.integer(["kv_n_heads"], in: 1...Limit.heads) ?? model.keyValueHeads
        }
        if let rank = fields.integer(["kv_lora_rank"], in: 1...Limit.width) { applyLatentAttention(rank: rank, to: &model) }
        if let bias = fields.boolean(["attention_bias", "qkv_bias", "use_qkv_bias"]) {
            model.biases.queryKeyValue = bias
            if fields.has("attention_bias") { model.biases.attentionOutput = bias }
        }
        if let bias = fields.boolean(["mlp_bias"]) { model.biases.feedForward = bias }
    }

    func checkHeads(of model: ModelConfiguration) {
        if model.heads % max(1, model.keyValueHeads) != 0 {
            fields.problems.add(
                fields.location(Key.keyValueHeads), "\(model.keyValueHeads) key/value heads do not divide \(model.heads) query heads")
        }
    }

    private func applyLatentAttention(rank: Int, to model: inout ModelConfiguration) {
        let widths = 1...Limit.heads
        let rotary = fields.requiredInteger(["qk_rope_head_dim"], in: widths)
        let plain = fields.requiredInteger(["qk_nope_head_dim"], in: widths)
        let value = fields.requiredInteger(["v_head_dim"], in: widths)
        guard let rotary, let plain, let value else { return }
        let queryRank = fields.integer(["q_lora_rank"], in: 1...Limit.width)
        let latent = LatentAttention(
            queryRank: queryRank, keyValueRank: rank, rotaryDimension: rotary, plainDimension: plain, valueDimension: value)
        model.latentAttention = latent
        model.headDimension = latent.queryDimension
        model.keyValueHeads = model.heads
    }

    func applyPositions(family: ModelFamily, to model: inout ModelConfiguration) {
        model.maximumPositions = fields.integer(Key.positions, in: 1...Limit.positions)
        switch family.positions {
        case .none: model.positions = .none
        case .sinusoidal: model.positions = .sinusoidal
        case .linearBias: model.positions = .linearBias
        case .bucketedBias:
            model.positions = .bucketedBias(buckets: fields.integer(["relative_attention_num_buckets"], in: 1...Limit.heads) ?? 32)
        case .learned:
            guard !fields.has("patch_size") else { return }
            guard let rows = fields.requiredInteger(Key.positions, in: 1...(1 << 24)) else { return }
            model.positions = .learned(rows: rows + family.extraPositionRows)
        case .rotary: applyRotary(family: family, to: &model)
        }
    }

    private func applyRotary(family: ModelFamily, to model: inout ModelConfiguration) {
        let nested = fields.nested(["rope_parameters"]) ?? fields.nested(["rope_scaling"])
        let share = fields.number(["partial_rotary_factor", "rotary_pct", "rope_pct"], in: 0...1)
            ?? nested?.number(["partial_rotary_factor"], in: 0...1) ?? family.rotaryShare
        let base = fields.number(["rope_theta", "rotary_emb_base"], in: 1...1e12) ?? nested?.number(["rope_theta"], in: 1...1e12) ?? 10_000
        let scaling = nested?.text(["rope_type", "type"])
        let width = model.latentAttention?.rotaryDimension ?? model.headDimension
        var dimension = fields.integer(["rotary_dim"], in: 1...Limit.heads) ?? Int(Double(width) * share)
        if let latent = model.latentAttention { dimension = latent.rotaryDimension }
        if dimension > width || dimension % 2 != 0 {
            fields.problems.add(
                fields.location(["rotary_dim", "partial_rotary_factor", "rotary_pct"] + Key.headDimension + Key.heads),
                "\(dimension) rotated elements of a head of \(width); an even number of at most the head's width belongs here")
        }
        model.positions = .rotary(RotaryParameters(
            dimension: dimension, base: base, pairing: family.pairing, scaling: scaling == "default" ? nil : scaling))
    }

    func applyWindow(family: ModelFamily, to model: inout ModelConfiguration) {
        guard let window = fields.integer(["sliding_window"], in: 1...Limit.positions) else { return }
        if family.windowNeedsFlag, fields.boolean(["use_sliding_window"]) != true { return }
        model.slidingWindow = window
        if let types = fields.texts("layer_types") {
            model.slidingWindowLayers = types.filter { $0 == "sliding_attention" }.count
            if types.count != model.layers {
                fields.problems.add(fields.location(["layer_types"]), "'layer_types' names \(types.count) layers, the model has \(model.layers)")
            }
            return
        }
        switch family.window {
        case .everyLayer:
            // Qwen: the first `max_window_layers` attend to everything.
            let full = family.windowNeedsFlag ? fields.integer(["max_window_layers"], in: 0...Limit.layers) ?? 0 : 0
            model.slidingWindowLayers = max(0, model.layers - full)
        case .alternating: model.slidingWindowLayers = (model.layers + 1) / 2
        case .fiveOfSix:
            let pattern = fields.integer(["sliding_window_pattern"], in: 1...Limit.layers) ?? 6
            model.slidingWindowLayers = model.layers - model.layers / pattern
        }
    }

    func applyFamilyVariants(type: String, to model: inout ModelConfiguration) {
        switch type {
        case "falcon", "RefinedWeb", "RefinedWebModel": applyFalcon(type: type, to: &model)
        case "gpt_neox": if fields.boolean(["use_parallel_residual"]) == false { model.isParallel = false }
        case "stablelm":
            if fields.boolean(["use_parallel_residual"]) == true { (model.isParallel, model.normPlacement) = (true, .shared) }
        case "opt":
            if fields.boolean(["do_layer_norm_before"]) == false { model.normPlacement = .after }
            if let width = fields.integer(["word_embed_proj_dim"], in: 1...Limit.width), width != model.hidden { model.embeddingDimension = width }
            if fields.boolean(["enable_bias"]) == false { model.biases = .none }
        case "mpt": if fields.nested(["attn_config"])?.boolean(["alibi"]) == false { applyLearnedPositions(to: &model) }
        case "t5", "mt5": model.tiesEmbeddings = fields.boolean(["tie_word_embeddings"]) ?? true
        default: break
        }
        checkHeads(of: model)
    }

    private func applyLearnedPositions(to model: inout ModelConfiguration) {
        guard let rows = model.maximumPositions else { return }
        model.positions = .learned(rows: rows)
    }

    /// Falcon 7B: one key/value head, one norm; 40B and 180B ("new decoder architecture"): grouped heads, two norms.
    private func applyFalcon(type: String, to model: inout ModelConfiguration) {
        let isNew = fields.boolean(["new_decoder_architecture"]) ?? (type == "RefinedWeb")
        if isNew {
            model.normPlacement = fields.integer(["num_ln_in_parallel_attn"], in: 1...2) == 1 ? .shared : .before
        } else {
            model.keyValueHeads = fields.boolean(["multi_query"]) ?? true ? 1 : model.heads
            model.isParallel = fields.boolean(["parallel_attn"]) ?? true
            if !model.isParallel { model.normPlacement = .before }
        }
        if fields.boolean(["alibi"]) == true { model.positions = .linearBias }
        if fields.boolean(["bias"]) == true { model.biases = .all }
    }

    func applyPatches(to model: inout ModelConfiguration) {
        let image = fields.requiredInteger(["image_size"], in: 1...65_536)
        let patch = fields.requiredInteger(["patch_size"], in: 1...65_536)
        guard let image, let patch else { return }
        guard image % patch == 0 else {
            fields.problems.add(fields.location(["patch_size"]), "patches of \(patch) do not divide an image of \(image)")
            return
        }
        let channels = fields.integer(["num_channels"], in: 1...4096) ?? 3
        let patches = PatchEmbedding(imageSize: image, patchSize: patch, channels: channels, hasBias: model.family == "vit")
        model.patches = patches
        model.positions = .learned(rows: patches.tokens)
        model.maximumPositions = patches.tokens
        model.tiesEmbeddings = false
        model.vocabulary = 0
    }

    /// CLIP: a text and a vision tower, each with a projection to the common space.
    func towers(type: String, name: String?) -> ModelConfiguration? {
        let projection = fields.integer(["projection_dim"], in: 1...Limit.width) ?? 512
        guard let text = fields.nested(["text_config"]), let vision = fields.nested(["vision_config"]) else {
            fields.problems.add(fields.mapping.location, "'text_config' and 'vision_config' are needed for two towers")
            return nil
        }
        guard let textFamily = ModelFamily.named("clip_text_model"), let visionFamily = ModelFamily.named("clip_vision_model") else { return nil }
        let first = HuggingFaceDecoder(fields: text).stack(type: "clip_text_model", family: textFamily, name: name ?? type)
        let second = HuggingFaceDecoder(fields: vision).stack(type: "clip_vision_model", family: visionFamily, name: "\(name ?? type) vision")
        guard var model = first, var tower = second else { return nil }
        model.family = type
        model.projection = projection
        tower.projection = projection
        model.towers = [tower]
        return model
    }
}
