extension ModelPreset {
    /// Encoder-decoders: the original Transformer and T5.
    static let encoderDecoders: [ModelPreset] = [
        ModelPreset(
            "transformer-base", aliases: ["attention-is-all-you-need-base", "transformer"],
            source: "Vaswani et al., Attention Is All You Need (2017), table 3; shared vocabulary of 37000, section 5.1",
            configuration: """
                {
                "model_type": "transformer", "d_model": 512, "num_layers": 6, "num_decoder_layers": 6, "num_heads": 8, "d_ff": 2048,
                "vocab_size": 37000
                }
                """),
        ModelPreset(
            "transformer-big", aliases: ["attention-is-all-you-need-big"],
            source: "Vaswani et al., Attention Is All You Need (2017), table 3; shared vocabulary of 37000, section 5.1",
            configuration: """
                {
                "model_type": "transformer", "d_model": 1024, "num_layers": 6, "num_decoder_layers": 6, "num_heads": 16,
                "d_ff": 4096, "vocab_size": 37000
                }
                """),
        ModelPreset(
            "t5-small", aliases: ["google-t5/t5-small"],
            source: "https://huggingface.co/google-t5/t5-small (config.json)",
            configuration: """
                {
                "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 512, "num_layers": 6, "num_heads": 8,
                "d_ff": 2048, "d_kv": 64, "vocab_size": 32128, "relative_attention_num_buckets": 32, "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "t5-base", aliases: ["google-t5/t5-base", "t5"],
            source: "https://huggingface.co/google-t5/t5-base (config.json)",
            configuration: """
                {
                "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 768, "num_layers": 12,
                "num_heads": 12, "d_ff": 3072, "d_kv": 64, "vocab_size": 32128, "relative_attention_num_buckets": 32,
                "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "t5-large", aliases: ["google-t5/t5-large"],
            source: "https://huggingface.co/google-t5/t5-large (config.json)",
            configuration: """
                {
                "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 1024, "num_layers": 24,
                "num_heads": 16, "d_ff": 4096, "d_kv": 64, "vocab_size": 32128, "relative_attention_num_buckets": 32,
                "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "t5-3b", aliases: ["google-t5/t5-3b"],
            source: "https://huggingface.co/google-t5/t5-3b (config.json)",
            configuration: """
                {
                "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 1024, "num_layers": 24,
                "num_heads": 32, "d_ff": 16384, "d_kv": 128, "vocab_size": 32128, "relative_attention_num_buckets": 32,
                "feed_forward_proj": "relu"
                }
                """),
        ModelPreset(
            "t5-11b", aliases: ["google-t5/t5-11b"],
            source: "https://huggingface.co/google-t5/t5-11b (config.json)",
            configuration: """
                {
                "model_type": "t5", "architectures": ["T5ForConditionalGeneration"], "d_model": 1024, "num_layers": 24,
                "num_heads": 128, "d_ff": 65536, "d_kv": 128, "vocab_size": 32128, "relative_attention_num_buckets": 32,
                "feed_forward_proj": "relu"
                }
                """),
    ]
}
