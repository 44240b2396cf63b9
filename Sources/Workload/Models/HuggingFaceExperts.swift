import ConfigurationFiles

/// Mixtures of experts and stated quantisation.
extension HuggingFaceDecoder {
    func applyExperts(to model: inout ModelConfiguration) {
        guard let count = fields.integer(Key.experts, in: 1...Limit.experts), count > 1 else { return }
        let perToken = fields.integer(Key.expertsPerToken, in: 1...Limit.experts) ?? (model.family == "switch_transformers" ? 1 : nil)
        guard let perToken else {
            fields.problems.add(fields.mapping.location, "\(count) experts, but 'num_experts_per_tok' is missing")
            return
        }
        if perToken > count {
            fields.problems.add(fields.location(Key.expertsPerToken), "\(perToken) experts a token, but a layer has only \(count)")
        }
        let width = fields.integer(["moe_intermediate_size"], in: 1...Limit.width) ?? model.intermediate
        var experts = ExpertConfiguration(count: count, perToken: perToken, intermediate: width, layers: expertLayers(of: model))
        if let shared = fields.integer(["shared_expert_intermediate_size"], in: 1...Limit.width) {
            experts.sharedIntermediate = shared
            experts.gatesSharedExperts = model.family == "qwen2_moe"
        } else if let shared = fields.integer(["n_shared_experts", "num_shared_experts"], in: 0...Limit.heads) {
            experts.sharedIntermediate = shared * width
        }
        experts.routerHasBias = fields.text(["topk_method"]) == "noaux_tc" || model.family == "deepseek_v3"
        model.experts = experts
    }

    /// How many layers are mixtures, from the several ways in which files say which.
    private func expertLayers(of model: ModelConfiguration) -> Int {
        if let sparse = fields.integer(["num_sparse_decoder_layers"], in: 0...Limit.layers) {
            // Switch Transformers: the encoder's are counted with the decoder's.
            return sparse + (fields.integer(["num_sparse_encoder_layers"], in: 0...Limit.layers) ?? 0)
        }
        let dense = fields.integer(["first_k_dense_replace"], in: 0...Limit.layers) ?? 0
        let frequency = fields.integer(["moe_layer_freq", "decoder_sparse_step"], in: 1...Limit.layers) ?? 1
        let listed = Set(fields.integers("mlp_only_layers") ?? [])
        let usesOffset = fields.has("decoder_sparse_step")
        var layers = 0
        for layer in 0..<model.layers where layer >= dense && !listed.contains(layer) {
            // Qwen counts layers from 1, DeepSeek from 0.
            if (usesOffset ? layer + 1 : layer) % frequency == 0 { layers += 1 }
        }
        return layers
    }
}

/// Reads `quantization_config`.
struct StoredQuantizationDecoder {
    let fields: ConfigurationFields

    func quantization() -> StoredQuantization? {
        guard let stated = fields.nested(["quantization_config", "compression_config"]) else { return nil }
        guard let method = stated.text(["quant_method"]) ?? (stated.has("quant_algo") ? "modelopt" : nil) else {
            stated.problems.add(stated.mapping.location, "'quant_method' is missing, for example \"awq\"")
            return nil
        }
        let scheme: QuantizationScheme? = switch method {
        case "gptq", "awq": weightOnly(bits: stated.integer(["bits", "w_bit"], in: 2...8) ?? 4)
        case "bitsandbytes": bitsAndBytes(stated)
        case "fp8", "fbgemm_fp8": stated.has("weight_block_size") ? .fp8Block : (stated.text(["activation_scheme"]) == "static" ? .fp8Static : .fp8)
        case "mxfp4": .mxfp4
        case "modelopt": modelOptimizer(stated)
        case "compressed-tensors": compressedTensors(stated)
        default: nil
        }
        guard let scheme else {
            stated.problems.add(
                stated.location(["quant_method"]),
                "quantisation '\(method)' of this kind is not modelled; gptq, awq, bitsandbytes, fp8, mxfp4, modelopt and compressed-tensors with 4 or 8 bits are")
            return nil
        }
        return StoredQuantization(method: method, scheme: scheme)
    }

    private func weightOnly(bits: Int) -> QuantizationScheme? {
        switch bits {
        case 4: .int4WeightOnly
        case 8: .int8WeightOnly
        default: nil
        }
    }

    private func bitsAndBytes(_ stated: ConfigurationFields) -> QuantizationScheme? {
        if stated.boolean(["load_in_8bit", "_load_in_8bit"]) == true { return .int8 }
        if stated.boolean(["load_in_4bit", "_load_in_4bit"]) == true { return .nf4 }
        return nil
    }

    private func modelOptimizer(_ stated: ConfigurationFields) -> QuantizationScheme? {
        switch stated.text(["quant_algo"])?.uppercased() {
        case "FP8": .fp8Static
        case "NVFP4", "FP4": .nvfp4
        case "W4A16_AWQ", "W4A16": .int4WeightOnly
        case "W8A16": .int8WeightOnly
        case "INT8", "W8A8_SQ_PER_CHANNEL": .int8
        default: nil
        }
    }

    /// The first group decides: weights and, where present, input activations.
    private func compressedTensors(_ stated: ConfigurationFields) -> QuantizationScheme? {
        guard let groups = stated.nested(["config_groups"]), let first = groups.mapping.entries.first,
            let group = groups.nested([first.key]), let weights = group.nested(["weights"])
        else { return nil }
        let bits = weights.integer(["num_bits"], in: 1...16)
        let isFloat = weights.text(["type"]) == "float"
        let quantisesActivations = group.has("input_activations")
        return switch (bits, isFloat, quantisesActivations) {
        case (8, true, true): .fp8
        case (8, false, true): .int8
        case (8, false, false): .int8WeightOnly
        case (4, false, false): .int4WeightOnly
        case (4, true, true): .nvfp4
        default: nil
        }
    }
}
