extension ModelPreset {
    /// Models of images.
    static let vision: [ModelPreset] = [
        ModelPreset(
            "vit-base-16", aliases: ["vit", "vit-b-16", "google/vit-base-patch16-224-in21k"],
            source: "https://huggingface.co/google/vit-base-patch16-224-in21k (config.json)",
            configuration: """
                {
                "model_type": "vit", "architectures": ["ViTModel"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16, "num_channels": 3,
                "qkv_bias": true, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "vit-large-16", aliases: ["vit-l-16", "google/vit-large-patch16-224-in21k"],
            source: "https://huggingface.co/google/vit-large-patch16-224-in21k (config.json)",
            configuration: """
                {
                "model_type": "vit", "architectures": ["ViTModel"], "hidden_size": 1024, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 224, "patch_size": 16, "num_channels": 3,
                "qkv_bias": true, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "vit-huge-14", aliases: ["vit-h-14", "google/vit-huge-patch14-224-in21k"],
            source: "https://huggingface.co/google/vit-huge-patch14-224-in21k (config.json)",
            configuration: """
                {
                "model_type": "vit", "architectures": ["ViTModel"], "hidden_size": 1280, "num_hidden_layers": 32,
                "num_attention_heads": 16, "intermediate_size": 5120, "image_size": 224, "patch_size": 14, "num_channels": 3,
                "qkv_bias": true, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "clip-vit-base-32", aliases: ["clip", "openai/clip-vit-base-patch32", "clip-vit-b-32"],
            source: "https://huggingface.co/openai/clip-vit-base-patch32 (config.json)",
            configuration: """
                {
                "model_type": "clip", "projection_dim": 512,
                "text_config": {"hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048, "vocab_size": 49408, "max_position_embeddings": 77, "hidden_act": "quick_gelu"},
                "vision_config": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu"}
                }
                """),
        ModelPreset(
            "clip-vit-large-14", aliases: ["openai/clip-vit-large-patch14", "clip-vit-l-14"],
            source: "https://huggingface.co/openai/clip-vit-large-patch14 (config.json)",
            configuration: """
                {
                "model_type": "clip", "projection_dim": 768,
                "text_config": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 49408, "max_position_embeddings": 77, "hidden_act": "quick_gelu"},
                "vision_config": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "image_size": 224, "patch_size": 14, "hidden_act": "quick_gelu"}
                }
                """),
    ]
}
