extension ModelPreset {
    /// Encoders: BERT and its relatives.
    static let encoders: [ModelPreset] = [
        ModelPreset(
            "bert-base", aliases: ["bert-base-uncased", "bert"],
            source: "https://huggingface.co/google-bert/bert-base-uncased (config.json)",
            configuration: """
                {
                "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522, "max_position_embeddings": 512,
                "type_vocab_size": 2, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "bert-large", aliases: ["bert-large-uncased"],
            source: "https://huggingface.co/google-bert/bert-large-uncased (config.json)",
            configuration: """
                {
                "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 1024, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 30522, "max_position_embeddings": 512,
                "type_vocab_size": 2, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "distilbert", aliases: ["distilbert-base", "distilbert-base-uncased"],
            source: "https://huggingface.co/distilbert/distilbert-base-uncased (config.json)",
            configuration: """
                {
                "model_type": "distilbert", "architectures": ["DistilBertModel"], "dim": 768, "n_layers": 6, "n_heads": 12,
                "hidden_dim": 3072, "vocab_size": 30522, "max_position_embeddings": 512
                }
                """),
        ModelPreset(
            "minilm-l6", aliases: ["all-minilm-l6-v2", "sentence-bert", "sbert-minilm", "minilm"],
            source: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (config.json)",
            configuration: """
                {
                "model_type": "bert", "architectures": ["BertModel"], "hidden_size": 384, "num_hidden_layers": 6,
                "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512,
                "type_vocab_size": 2, "layer_norm_eps": 1e-12
                }
                """),
        ModelPreset(
            "xlm-r-base", aliases: ["xlm-roberta-base"],
            source: "https://huggingface.co/FacebookAI/xlm-roberta-base (config.json)",
            configuration: """
                {
                "model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 250002, "max_position_embeddings": 514,
                "type_vocab_size": 1, "layer_norm_eps": 1e-05
                }
                """),
        ModelPreset(
            "xlm-r-large", aliases: ["xlm-roberta-large", "xlm-r"],
            source: "https://huggingface.co/FacebookAI/xlm-roberta-large (config.json)",
            configuration: """
                {
                "model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"], "hidden_size": 1024, "num_hidden_layers": 24,
                "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 250002, "max_position_embeddings": 514,
                "type_vocab_size": 1, "layer_norm_eps": 1e-05
                }
                """),
        ModelPreset(
            "roberta-base", aliases: ["roberta"],
            source: "https://huggingface.co/FacebookAI/roberta-base (config.json)",
            configuration: """
                {
                "model_type": "roberta", "architectures": ["RobertaModel"], "hidden_size": 768, "num_hidden_layers": 12,
                "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265, "max_position_embeddings": 514,
                "type_vocab_size": 1, "layer_norm_eps": 1e-05
                }
                """),
    ]
}
