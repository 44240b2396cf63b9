extension ModelPreset {
    /// Decoders that generate text.
    static let decodersNeoX: [ModelPreset] = [
        ModelPreset(
            "pythia-70m", aliases: ["eleutherai/pythia-70m"],
            source: "https://huggingface.co/EleutherAI/pythia-70m (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 512, "num_hidden_layers": 6,
                "num_attention_heads": 8, "intermediate_size": 2048, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-160m", aliases: ["eleutherai/pythia-160m"],
            source: "https://huggingface.co/EleutherAI/pythia-160m (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-410m", aliases: ["eleutherai/pythia-410m"],
            source: "https://huggingface.co/EleutherAI/pythia-410m (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 1024, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-1b", aliases: ["eleutherai/pythia-1b"],
            source: "https://huggingface.co/EleutherAI/pythia-1b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 16,
                "num_attention_heads": 8, "intermediate_size": 8192, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-1.4b", aliases: ["eleutherai/pythia-1.4b"],
            source: "https://huggingface.co/EleutherAI/pythia-1.4b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 8192, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-2.8b", aliases: ["eleutherai/pythia-2.8b"],
            source: "https://huggingface.co/EleutherAI/pythia-2.8b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 10240, "vocab_size": 50304, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-6.9b", aliases: ["eleutherai/pythia-6.9b"],
            source: "https://huggingface.co/EleutherAI/pythia-6.9b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 16384, "vocab_size": 50432, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "pythia-12b", aliases: ["eleutherai/pythia-12b"],
            source: "https://huggingface.co/EleutherAI/pythia-12b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 36,
                "num_attention_heads": 40, "intermediate_size": 20480, "vocab_size": 50688, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "gpt-neox-20b", aliases: ["gptneox", "gpt-neox"],
            source: "https://huggingface.co/EleutherAI/gpt-neox-20b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 6144, "num_hidden_layers": 44,
                "num_attention_heads": 64, "intermediate_size": 24576, "vocab_size": 50432, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "polyglot-ko-1.3b", aliases: ["polyglot-1.3b"],
            source: "https://huggingface.co/EleutherAI/polyglot-ko-1.3b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 8192, "vocab_size": 30080, "max_position_embeddings": 2048,
                "rotary_pct": 0.5, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "polyglot-ko-3.8b", aliases: ["polyglot-3.8b"],
            source: "https://huggingface.co/EleutherAI/polyglot-ko-3.8b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 3072, "num_hidden_layers": 32,
                "num_attention_heads": 24, "intermediate_size": 12288, "vocab_size": 30080, "max_position_embeddings": 2048,
                "rotary_pct": 0.5, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "polyglot-ko-5.8b", aliases: ["polyglot-5.8b"],
            source: "https://huggingface.co/EleutherAI/polyglot-ko-5.8b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 28,
                "num_attention_heads": 16, "intermediate_size": 16384, "vocab_size": 30080, "max_position_embeddings": 2048,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "polyglot-ko-12.8b", aliases: ["polyglot-12.8b"],
            source: "https://huggingface.co/EleutherAI/polyglot-ko-12.8b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 40,
                "num_attention_heads": 40, "intermediate_size": 20480, "vocab_size": 30080, "max_position_embeddings": 2048,
                "rotary_pct": 0.5, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "stablelm-base-alpha-3b", aliases: ["stablelm-alpha-3b"],
            source: "https://huggingface.co/stabilityai/stablelm-base-alpha-3b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 16,
                "num_attention_heads": 32, "intermediate_size": 16384, "vocab_size": 50688, "max_position_embeddings": 4096,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "stablelm-base-alpha-7b", aliases: ["stablelm-alpha-7b"],
            source: "https://huggingface.co/stabilityai/stablelm-base-alpha-7b (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 6144, "num_hidden_layers": 16,
                "num_attention_heads": 48, "intermediate_size": 24576, "vocab_size": 50432, "max_position_embeddings": 4096,
                "rotary_pct": 0.25, "torch_dtype": "float16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "redpajama-3b", aliases: ["redpajama-incite-3b"],
            source: "https://huggingface.co/togethercomputer/RedPajama-INCITE-Base-3B-v1 (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 2560, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 10240, "vocab_size": 50432, "max_position_embeddings": 2048,
                "rotary_pct": 1.0, "torch_dtype": "float16", "tie_word_embeddings": false, "use_parallel_residual": false
                }
                """),
        ModelPreset(
            "redpajama-7b", aliases: ["redpajama", "redpajama-incite-7b"],
            source: "https://huggingface.co/togethercomputer/RedPajama-INCITE-7B-Base (config.json)",
            configuration: """
                {
                "model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 16384, "vocab_size": 50432, "max_position_embeddings": 2048,
                "rotary_pct": 1.0, "torch_dtype": "float16", "tie_word_embeddings": false, "use_parallel_residual": false
                }
                """),
    ]
}
