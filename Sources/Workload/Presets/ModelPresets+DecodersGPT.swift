extension ModelPreset {
    /// Decoders that generate text.
    static let decodersGPT: [ModelPreset] = [
        ModelPreset(
            "gpt1", aliases: ["gpt-1", "openai-gpt", "gpt1-117m"],
            source: "https://huggingface.co/openai-community/openai-gpt (config.json)",
            configuration: """
                {
                "model_type": "openai-gpt", "architectures": ["OpenAIGPTLMHeadModel"], "n_embd": 768, "n_layer": 12, "n_head": 12,
                "n_positions": 512, "vocab_size": 40478
                }
                """),
        ModelPreset(
            "gpt2", aliases: ["gpt2-small", "gpt-2", "gpt2-124m"],
            source: "https://huggingface.co/openai-community/gpt2 (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_layer": 12, "n_head": 12,
                "n_positions": 1024, "vocab_size": 50257
                }
                """),
        ModelPreset(
            "gpt2-medium", aliases: ["gpt2-m"],
            source: "https://huggingface.co/openai-community/gpt2-medium (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1024, "n_layer": 24, "n_head": 16,
                "n_positions": 1024, "vocab_size": 50257
                }
                """),
        ModelPreset(
            "gpt2-large", aliases: ["gpt2-l"],
            source: "https://huggingface.co/openai-community/gpt2-large (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1280, "n_layer": 36, "n_head": 20,
                "n_positions": 1024, "vocab_size": 50257
                }
                """),
        ModelPreset(
            "gpt2-xl", aliases: ["gpt2-1.5b"],
            source: "https://huggingface.co/openai-community/gpt2-xl (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1600, "n_layer": 48, "n_head": 25,
                "n_positions": 1024, "vocab_size": 50257
                }
                """),
        ModelPreset(
            "gpt3-125m", aliases: ["gpt3-small", "gpt-3-125m"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_layer": 12, "n_head": 12,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 64
                }
                """),
        ModelPreset(
            "gpt3-350m", aliases: ["gpt3-medium", "gpt-3-350m"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1024, "n_layer": 24, "n_head": 16,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 64
                }
                """),
        ModelPreset(
            "gpt3-760m", aliases: ["gpt3-large", "gpt-3-760m"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1536, "n_layer": 24, "n_head": 16,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 96
                }
                """),
        ModelPreset(
            "gpt3-1.3b", aliases: ["gpt3-xl", "gpt-3-1.3b"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1; the table's 24 heads of 128 are kept, their width exceeds the hidden width",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 2048, "n_layer": 24, "n_head": 24,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 128
                }
                """),
        ModelPreset(
            "gpt3-2.7b", aliases: ["gpt-3-2.7b"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 2560, "n_layer": 32, "n_head": 32,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 80
                }
                """),
        ModelPreset(
            "gpt3-6.7b", aliases: ["gpt-3-6.7b"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 4096, "n_layer": 32, "n_head": 32,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 128
                }
                """),
        ModelPreset(
            "gpt3-13b", aliases: ["gpt-3-13b"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1; the table's width 5140 is kept",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 5140, "n_layer": 40, "n_head": 40,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 128
                }
                """),
        ModelPreset(
            "gpt3-175b", aliases: ["gpt3", "gpt-3-175b"],
            source: "Brown et al., Language Models are Few-Shot Learners (2020), table 2.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 12288, "n_layer": 96, "n_head": 96,
                "n_positions": 2048, "vocab_size": 50257, "head_dim": 128
                }
                """),
        ModelPreset(
            "gpt-j-6b", aliases: ["gptj", "gpt-j"],
            source: "https://huggingface.co/EleutherAI/gpt-j-6b (config.json)",
            configuration: """
                {
                "model_type": "gptj", "architectures": ["GPTJForCausalLM"], "n_embd": 4096, "n_layer": 28, "n_head": 16,
                "n_positions": 2048, "rotary_dim": 64, "vocab_size": 50400, "tie_word_embeddings": false, "torch_dtype": "float16"
                }
                """),
        ModelPreset(
            "cerebras-gpt-111m", aliases: ["cerebras/cerebras-gpt-111m"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-111M (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_layer": 10, "n_head": 12,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 3072
                }
                """),
        ModelPreset(
            "cerebras-gpt-256m", aliases: ["cerebras/cerebras-gpt-256m"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-256M (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1088, "n_layer": 14, "n_head": 17,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 4352
                }
                """),
        ModelPreset(
            "cerebras-gpt-590m", aliases: ["cerebras/cerebras-gpt-590m"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-590M (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 1536, "n_layer": 18, "n_head": 12,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 6144
                }
                """),
        ModelPreset(
            "cerebras-gpt-1.3b", aliases: ["cerebras/cerebras-gpt-1.3b"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-1.3B (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 2048, "n_layer": 24, "n_head": 16,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 8192
                }
                """),
        ModelPreset(
            "cerebras-gpt-2.7b", aliases: ["cerebras/cerebras-gpt-2.7b"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-2.7B (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 2560, "n_layer": 32, "n_head": 32,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 10240
                }
                """),
        ModelPreset(
            "cerebras-gpt-6.7b", aliases: ["cerebras/cerebras-gpt-6.7b"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-6.7B (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 4096, "n_layer": 32, "n_head": 32,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 16384
                }
                """),
        ModelPreset(
            "cerebras-gpt-13b", aliases: ["cerebras/cerebras-gpt-13b"],
            source: "https://huggingface.co/cerebras/Cerebras-GPT-13B (config.json)",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 5120, "n_layer": 40, "n_head": 40,
                "n_positions": 2048, "vocab_size": 50257, "activation_function": "gelu", "n_inner": 20480
                }
                """),
        ModelPreset(
            "palm-540b", aliases: ["palm", "palm-1"],
            source: "Chowdhery et al., PaLM (2022), table 1 and section 2",
            configuration: """
                {
                "model_type": "palm", "hidden_size": 18432, "num_hidden_layers": 118, "num_attention_heads": 48, "head_dim": 256,
                "num_key_value_heads": 1, "intermediate_size": 73728, "vocab_size": 256000, "max_position_embeddings": 2048
                }
                """),
        ModelPreset(
            "palm-62b", aliases: [],
            source: "Chowdhery et al., PaLM (2022), table 1 and section 2",
            configuration: """
                {
                "model_type": "palm", "hidden_size": 8192, "num_hidden_layers": 64, "num_attention_heads": 32, "head_dim": 256,
                "num_key_value_heads": 1, "intermediate_size": 32768, "vocab_size": 256000, "max_position_embeddings": 2048
                }
                """),
        ModelPreset(
            "palm-8b", aliases: [],
            source: "Chowdhery et al., PaLM (2022), table 1 and section 2",
            configuration: """
                {
                "model_type": "palm", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 16, "head_dim": 256,
                "num_key_value_heads": 1, "intermediate_size": 16384, "vocab_size": 256000, "max_position_embeddings": 2048
                }
                """),
        ModelPreset(
            "mt-nlg-530b", aliases: ["megatron-turing-530b", "megatron-turing", "mt-nlg"],
            source: "Smith et al., Using DeepSpeed and Megatron to Train Megatron-Turing NLG 530B (2022), section 3.1",
            configuration: """
                {
                "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 20480, "n_layer": 105, "n_head": 128,
                "n_positions": 2048, "vocab_size": 51200
                }
                """),
    ]
}
