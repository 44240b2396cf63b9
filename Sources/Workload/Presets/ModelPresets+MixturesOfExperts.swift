extension ModelPreset {
    /// Mixtures of experts.
    static let mixturesOfExperts: [ModelPreset] = [
        ModelPreset(
            "mixtral-8x7b", aliases: ["mixtral", "mistralai/mixtral-8x7b-v0.1"],
            source: "https://huggingface.co/mistralai/Mixtral-8x7B-v0.1 (config.json)",
            configuration: """
                {
                "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000, "max_position_embeddings": 32768,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "num_local_experts": 8,
                "num_experts_per_tok": 2, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "mixtral-8x22b", aliases: ["mistralai/mixtral-8x22b-v0.1"],
            source: "https://huggingface.co/mistralai/Mixtral-8x22B-v0.1 (config.json)",
            configuration: """
                {
                "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 6144, "num_hidden_layers": 56,
                "num_attention_heads": 48, "intermediate_size": 16384, "vocab_size": 32000, "max_position_embeddings": 65536,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "num_local_experts": 8,
                "num_experts_per_tok": 2, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "switch-base-8", aliases: ["google/switch-base-8"],
            source: "https://huggingface.co/google/switch-base-8 (config.json)",
            configuration: """
                {
                "model_type": "switch_transformers", "architectures": ["SwitchTransformersForConditionalGeneration"], "d_model": 768,
                "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_ff": 3072, "d_kv": 64, "vocab_size": 32128,
                "num_experts": 8, "num_sparse_encoder_layers": 6, "num_sparse_decoder_layers": 6, "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "switch-base-128", aliases: ["switch", "google/switch-base-128"],
            source: "https://huggingface.co/google/switch-base-128 (config.json)",
            configuration: """
                {
                "model_type": "switch_transformers", "architectures": ["SwitchTransformersForConditionalGeneration"], "d_model": 768,
                "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_ff": 3072, "d_kv": 64, "vocab_size": 32128,
                "num_experts": 128, "num_sparse_encoder_layers": 6, "num_sparse_decoder_layers": 6, "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "qwen3-30b-a3b", aliases: ["qwen/qwen3-30b-a3b"],
            source: "https://huggingface.co/Qwen/Qwen3-30B-A3B (config.json)",
            configuration: """
                {
                "model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 48,
                "num_attention_heads": 32, "intermediate_size": 6144, "vocab_size": 151936, "max_position_embeddings": 40960,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 4, "head_dim": 128,
                "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768, "decoder_sparse_step": 1,
                "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen3-235b-a22b", aliases: ["qwen/qwen3-235b-a22b"],
            source: "https://huggingface.co/Qwen/Qwen3-235B-A22B (config.json)",
            configuration: """
                {
                "model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 94,
                "num_attention_heads": 64, "intermediate_size": 12288, "vocab_size": 151936, "max_position_embeddings": 40960,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 4, "head_dim": 128,
                "num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 1536, "decoder_sparse_step": 1,
                "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen1.5-moe-a2.7b", aliases: ["qwen1.5-moe"],
            source: "https://huggingface.co/Qwen/Qwen1.5-MoE-A2.7B (config.json)",
            configuration: """
                {
                "model_type": "qwen2_moe", "architectures": ["Qwen2MoeForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 5632, "vocab_size": 151936, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 16, "num_experts": 60,
                "num_experts_per_tok": 4, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632,
                "decoder_sparse_step": 1, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "deepseek-v3", aliases: ["deepseek-r1", "deepseek-ai/deepseek-v3"],
            source: "https://huggingface.co/deepseek-ai/DeepSeek-V3 (config.json)",
            configuration: """
                {
                "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_size": 7168,
                "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "intermediate_size": 18432,
                "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8,
                "first_k_dense_replace": 3, "moe_layer_freq": 1, "topk_method": "noaux_tc", "q_lora_rank": 1536, "kv_lora_rank": 512,
                "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "vocab_size": 129280,
                "max_position_embeddings": 163840, "torch_dtype": "bfloat16", "tie_word_embeddings": false,
                "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}
                }
                """),
        ModelPreset(
            "deepseek-v2-lite", aliases: ["deepseek-ai/deepseek-v2-lite"],
            source: "https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite (config.json)",
            configuration: """
                {
                "model_type": "deepseek_v2", "architectures": ["DeepseekV2ForCausalLM"], "hidden_size": 2048,
                "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16, "intermediate_size": 10944,
                "moe_intermediate_size": 1408, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
                "first_k_dense_replace": 1, "moe_layer_freq": 1, "kv_lora_rank": 512, "qk_rope_head_dim": 64,
                "qk_nope_head_dim": 128, "v_head_dim": 128, "vocab_size": 102400, "max_position_embeddings": 163840,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
    ]
}
