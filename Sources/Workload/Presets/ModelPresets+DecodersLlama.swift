extension ModelPreset {
    /// Decoders that generate text.
    static let decodersLlama: [ModelPreset] = [
        ModelPreset(
            "llama-7b", aliases: ["llama1-7b"],
            source: "Touvron et al., LLaMA (2023), table 2; feed-forward widths of the released params.json",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000, "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama-13b", aliases: ["llama1-13b"],
            source: "Touvron et al., LLaMA (2023), table 2; feed-forward widths of the released params.json",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 40,
                "num_attention_heads": 40, "intermediate_size": 13824, "vocab_size": 32000, "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama-30b", aliases: ["llama1-30b", "llama-33b"],
            source: "Touvron et al., LLaMA (2023), table 2; feed-forward widths of the released params.json",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 6656, "num_hidden_layers": 60,
                "num_attention_heads": 52, "intermediate_size": 17920, "vocab_size": 32000, "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama-65b", aliases: ["llama1-65b"],
            source: "Touvron et al., LLaMA (2023), table 2; feed-forward widths of the released params.json",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 80,
                "num_attention_heads": 64, "intermediate_size": 22016, "vocab_size": 32000, "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama2-7b", aliases: ["llama-2-7b", "meta-llama/llama-2-7b-hf", "llama2", "llama-2"],
            source: "https://huggingface.co/meta-llama/Llama-2-7b-hf (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000, "max_position_embeddings": 4096,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama2-13b", aliases: ["llama-2-13b", "meta-llama/llama-2-13b-hf"],
            source: "https://huggingface.co/meta-llama/Llama-2-13b-hf (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 40,
                "num_attention_heads": 40, "intermediate_size": 13824, "vocab_size": 32000, "max_position_embeddings": 4096,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false
                }
                """),
        ModelPreset(
            "llama2-70b", aliases: ["llama-2-70b", "meta-llama/llama-2-70b-hf"],
            source: "https://huggingface.co/meta-llama/Llama-2-70b-hf (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 80,
                "num_attention_heads": 64, "intermediate_size": 28672, "vocab_size": 32000, "max_position_embeddings": 4096,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8
                }
                """),
        ModelPreset(
            "llama3-8b", aliases: ["llama-3-8b", "meta-llama/meta-llama-3-8b", "llama3", "llama-3"],
            source: "https://huggingface.co/meta-llama/Meta-Llama-3-8B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 500000.0
                }
                """),
        ModelPreset(
            "llama3-70b", aliases: ["llama-3-70b", "meta-llama/meta-llama-3-70b"],
            source: "https://huggingface.co/meta-llama/Meta-Llama-3-70B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 80,
                "num_attention_heads": 64, "intermediate_size": 28672, "vocab_size": 128256, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 500000.0
                }
                """),
        ModelPreset(
            "llama3.1-8b", aliases: ["llama-3.1-8b"],
            source: "https://huggingface.co/meta-llama/Llama-3.1-8B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 500000.0,
                "rope_scaling": {"rope_type": "llama3"}
                }
                """),
        ModelPreset(
            "llama3.1-70b", aliases: ["llama-3.1-70b"],
            source: "https://huggingface.co/meta-llama/Llama-3.1-70B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 80,
                "num_attention_heads": 64, "intermediate_size": 28672, "vocab_size": 128256, "max_position_embeddings": 131072,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 500000.0,
                "rope_scaling": {"rope_type": "llama3"}
                }
                """),
        ModelPreset(
            "llama3.1-405b", aliases: ["llama-3.1-405b", "llama3-405b"],
            source: "https://huggingface.co/meta-llama/Llama-3.1-405B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 16384, "num_hidden_layers": 126,
                "num_attention_heads": 128, "intermediate_size": 53248, "vocab_size": 128256, "max_position_embeddings": 131072,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 500000.0,
                "rope_scaling": {"rope_type": "llama3"}
                }
                """),
        ModelPreset(
            "llama3.2-1b", aliases: ["llama-3.2-1b"],
            source: "https://huggingface.co/meta-llama/Llama-3.2-1B (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 16,
                "num_attention_heads": 32, "intermediate_size": 8192, "vocab_size": 128256, "max_position_embeddings": 131072,
                "torch_dtype": "bfloat16", "tie_word_embeddings": true, "num_key_value_heads": 8, "rope_theta": 500000.0,
                "head_dim": 64
                }
                """),
        ModelPreset(
            "tinyllama-1.1b", aliases: ["tinyllama"],
            source: "https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0 (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 22,
                "num_attention_heads": 32, "intermediate_size": 5632, "vocab_size": 32000, "max_position_embeddings": 2048,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 4
                }
                """),
        ModelPreset(
            "solar-10.7b", aliases: ["solar", "upstage/solar-10.7b"],
            source: "https://huggingface.co/upstage/SOLAR-10.7B-v1.0 (config.json)",
            configuration: """
                {
                "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 48,
                "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000, "max_position_embeddings": 4096,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8
                }
                """),
        ModelPreset(
            "mistral-7b", aliases: ["mistral", "mistral-7b-v0.1"],
            source: "https://huggingface.co/mistralai/Mistral-7B-v0.1 (config.json)",
            configuration: """
                {
                "model_type": "mistral", "architectures": ["MistralForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
                "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000, "max_position_embeddings": 32768,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "sliding_window": 4096
                }
                """),
        ModelPreset(
            "qwen2-7b", aliases: ["qwen2", "qwen/qwen2-7b"],
            source: "https://huggingface.co/Qwen/Qwen2-7B (config.json)",
            configuration: """
                {
                "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 3584, "num_hidden_layers": 28,
                "num_attention_heads": 28, "intermediate_size": 18944, "vocab_size": 152064, "max_position_embeddings": 32768,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 4, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen2.5-0.5b", aliases: ["qwen/qwen2.5-0.5b"],
            source: "https://huggingface.co/Qwen/Qwen2.5-0.5B (config.json)",
            configuration: """
                {
                "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 896, "num_hidden_layers": 24,
                "num_attention_heads": 14, "intermediate_size": 4864, "vocab_size": 151936, "max_position_embeddings": 32768,
                "torch_dtype": "bfloat16", "tie_word_embeddings": true, "num_key_value_heads": 2, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen2.5-72b", aliases: ["qwen/qwen2.5-72b"],
            source: "https://huggingface.co/Qwen/Qwen2.5-72B (config.json)",
            configuration: """
                {
                "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 8192, "num_hidden_layers": 80,
                "num_attention_heads": 64, "intermediate_size": 29568, "vocab_size": 152064, "max_position_embeddings": 32768,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen3-8b", aliases: ["qwen3", "qwen/qwen3-8b"],
            source: "https://huggingface.co/Qwen/Qwen3-8B (config.json)",
            configuration: """
                {
                "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 36,
                "num_attention_heads": 32, "intermediate_size": 12288, "vocab_size": 151936, "max_position_embeddings": 40960,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "head_dim": 128,
                "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "qwen3-32b", aliases: ["qwen/qwen3-32b"],
            source: "https://huggingface.co/Qwen/Qwen3-32B (config.json)",
            configuration: """
                {
                "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 5120, "num_hidden_layers": 64,
                "num_attention_heads": 64, "intermediate_size": 25600, "vocab_size": 151936, "max_position_embeddings": 40960,
                "torch_dtype": "bfloat16", "tie_word_embeddings": false, "num_key_value_heads": 8, "head_dim": 128,
                "rope_theta": 1000000.0
                }
                """),
        ModelPreset(
            "gemma-2b", aliases: ["google/gemma-2b"],
            source: "https://huggingface.co/google/gemma-2b (config.json)",
            configuration: """
                {
                "model_type": "gemma", "architectures": ["GemmaForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 18,
                "num_attention_heads": 8, "intermediate_size": 16384, "vocab_size": 256000, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": true, "num_key_value_heads": 1, "head_dim": 256,
                "hidden_act": "gelu_pytorch_tanh"
                }
                """),
        ModelPreset(
            "gemma-7b", aliases: ["gemma", "google/gemma-7b"],
            source: "https://huggingface.co/google/gemma-7b (config.json)",
            configuration: """
                {
                "model_type": "gemma", "architectures": ["GemmaForCausalLM"], "hidden_size": 3072, "num_hidden_layers": 28,
                "num_attention_heads": 16, "intermediate_size": 24576, "vocab_size": 256000, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": true, "num_key_value_heads": 16, "head_dim": 256,
                "hidden_act": "gelu_pytorch_tanh"
                }
                """),
        ModelPreset(
            "gemma2-9b", aliases: ["gemma-2-9b"],
            source: "https://huggingface.co/google/gemma-2-9b (config.json)",
            configuration: """
                {
                "model_type": "gemma2", "architectures": ["GemmaForCausalLM"], "hidden_size": 3584, "num_hidden_layers": 42,
                "num_attention_heads": 16, "intermediate_size": 14336, "vocab_size": 256000, "max_position_embeddings": 8192,
                "torch_dtype": "bfloat16", "tie_word_embeddings": true, "num_key_value_heads": 8, "head_dim": 256,
                "hidden_act": "gelu_pytorch_tanh", "sliding_window": 4096
                }
                """),
    ]
}
