extension ModelPreset {
    /// Decoders that generate text.
    static let decodersOpenReplications: [ModelPreset] = [
        ModelPreset(
            "bloom-560m", aliases: [],
            source: "https://huggingface.co/bigscience/bloom-560m (config.json)",
            configuration: """
                {
                "model_type": "bloom", "architectures": ["BloomForCausalLM"], "hidden_size": 1024, "n_layer": 24, "n_head": 16,
                "vocab_size": 250880, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "bloom-1.1b", aliases: [],
            source: "https://huggingface.co/bigscience/bloom-1b1b (config.json)",
            configuration: """
                {
                "model_type": "bloom", "architectures": ["BloomForCausalLM"], "hidden_size": 1536, "n_layer": 24, "n_head": 16,
                "vocab_size": 250880, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "bloom-3b", aliases: [],
            source: "https://huggingface.co/bigscience/bloom-3b (config.json)",
            configuration: """
                {
                "model_type": "bloom", "architectures": ["BloomForCausalLM"], "hidden_size": 2560, "n_layer": 30, "n_head": 32,
                "vocab_size": 250880, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "bloom-7.1b", aliases: [],
            source: "https://huggingface.co/bigscience/bloom-7b1b (config.json)",
            configuration: """
                {
                "model_type": "bloom", "architectures": ["BloomForCausalLM"], "hidden_size": 4096, "n_layer": 30, "n_head": 32,
                "vocab_size": 250880, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "bloom-176b", aliases: ["bloom"],
            source: "https://huggingface.co/bigscience/bloom (config.json)",
            configuration: """
                {
                "model_type": "bloom", "architectures": ["BloomForCausalLM"], "hidden_size": 14336, "n_layer": 70, "n_head": 112,
                "vocab_size": 250880, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "opt-125m", aliases: ["facebook/opt-125m"],
            source: "https://huggingface.co/facebook/opt-125m (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "ffn_dim": 3072, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-1.3b", aliases: ["facebook/opt-1.3b"],
            source: "https://huggingface.co/facebook/opt-1.3b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 24,
                "num_attention_heads": 32, "ffn_dim": 8192, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-2.7b", aliases: ["facebook/opt-2.7b"],
            source: "https://huggingface.co/facebook/opt-2.7b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 32,
                "num_attention_heads": 32, "ffn_dim": 10240, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-6.7b", aliases: ["facebook/opt-6.7b"],
            source: "https://huggingface.co/facebook/opt-6.7b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "ffn_dim": 16384, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-13b", aliases: ["facebook/opt-13b"],
            source: "https://huggingface.co/facebook/opt-13b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 40,
                "num_attention_heads": 40, "ffn_dim": 20480, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-30b", aliases: ["facebook/opt-30b"],
            source: "https://huggingface.co/facebook/opt-30b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 7168, "num_hidden_layers": 48,
                "num_attention_heads": 56, "ffn_dim": 28672, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-66b", aliases: ["facebook/opt-66b"],
            source: "https://huggingface.co/facebook/opt-66b (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 9216, "num_hidden_layers": 64,
                "num_attention_heads": 72, "ffn_dim": 36864, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "opt-350m", aliases: ["facebook/opt-350m"],
            source: "https://huggingface.co/facebook/opt-350m (config.json)",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 1024, "num_hidden_layers": 24,
                "num_attention_heads": 16, "ffn_dim": 4096, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16", "word_embed_proj_dim": 512, "do_layer_norm_before": false
                }
                """),
        ModelPreset(
            "opt-175b", aliases: ["opt"],
            source: "Zhang et al., OPT: Open Pre-trained Transformer Language Models (2022), table 1",
            configuration: """
                {
                "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 12288, "num_hidden_layers": 96,
                "num_attention_heads": 96, "ffn_dim": 49152, "vocab_size": 50272, "max_position_embeddings": 2048,
                "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "stablelm-3b", aliases: ["stablelm", "stablelm-3b-4e1t"],
            source: "https://huggingface.co/stabilityai/stablelm-3b-4e1t (config.json)",
            configuration: """
                {
                "model_type": "stablelm", "architectures": ["StableLmForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 6912, "vocab_size": 50304, "max_position_embeddings": 4096,
                "partial_rotary_factor": 0.25, "tie_word_embeddings": false, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "mpt-7b", aliases: ["mosaicml/mpt-7b", "mpt"],
            source: "https://huggingface.co/mosaicml/mpt-7b (config.json)",
            configuration: """
                {
                "model_type": "mpt", "architectures": ["MPTForCausalLM"], "d_model": 4096, "n_layers": 32, "n_heads": 32,
                "expansion_ratio": 4, "max_seq_len": 2048, "vocab_size": 50432, "attn_config": {"alibi": true},
                "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "mpt-30b", aliases: ["mosaicml/mpt-30b"],
            source: "https://huggingface.co/mosaicml/mpt-30b (config.json)",
            configuration: """
                {
                "model_type": "mpt", "architectures": ["MPTForCausalLM"], "d_model": 7168, "n_layers": 48, "n_heads": 64,
                "expansion_ratio": 4, "max_seq_len": 8192, "vocab_size": 50432, "attn_config": {"alibi": true},
                "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "falcon-7b", aliases: ["tiiuae/falcon-7b", "falcon"],
            source: "https://huggingface.co/tiiuae/falcon-7b (config.json)",
            configuration: """
                {
                "model_type": "falcon", "architectures": ["FalconForCausalLM"], "hidden_size": 4544, "num_hidden_layers": 32,
                "num_attention_heads": 71, "vocab_size": 65024, "multi_query": true, "parallel_attn": true,
                "new_decoder_architecture": false, "torch_dtype": "bfloat16"
                }
                """),
        ModelPreset(
            "falcon-40b", aliases: ["tiiuae/falcon-40b"],
            source: "https://huggingface.co/tiiuae/falcon-40b (config.json)",
            configuration: """
                {
                "model_type": "falcon", "architectures": ["FalconForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 60,
                "num_attention_heads": 128, "num_kv_heads": 8, "vocab_size": 65024, "new_decoder_architecture": true,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "falcon-180b", aliases: ["tiiuae/falcon-180b"],
            source: "https://huggingface.co/tiiuae/falcon-180b (config.json)",
            configuration: """
                {
                "model_type": "falcon", "architectures": ["FalconForCausalLM"], "hidden_size": 14848, "num_hidden_layers": 80,
                "num_attention_heads": 232, "num_kv_heads": 8, "vocab_size": 65024, "new_decoder_architecture": true,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
    ]
}
