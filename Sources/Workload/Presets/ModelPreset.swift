import ConfigurationFiles

/// A published model under a short name: the dimensions of its `config.json`, or of its paper in the same keys.
///
/// Keys that do not change shapes are left out.
public struct ModelPreset: Hashable, Sendable {
    public var id: String
    /// Other names that find it, in lower case.
    public var aliases: [String]
    /// Where the dimensions come from.
    public var source: String
    /// The text of a `config.json`.
    public var configuration: String

    init(_ id: String, aliases: [String], source: String, configuration: String) {
        self.id = id
        self.aliases = aliases
        self.source = source
        self.configuration = configuration
    }

    /// All presets, by kind.
    public static let all: [ModelPreset] =
        encoders + encoderDecoders + decodersGPT + decodersNeoX + decodersOpenReplications + decodersLlama + mixturesOfExperts + vision

    /// The preset decoded as a file would be.
    ///
    /// - Throws: for a mistake in the preset itself; a test decodes all of them.
    public func model() throws(ConfigurationError) -> ModelConfiguration {
        let document = try ConfigurationDocument(text: configuration, path: "preset \(id)", format: .json)
        var model = try ModelConfiguration(huggingFace: document.root, name: id)
        model.source = source
        return model
    }
}

/// A model whose size its maker has not published.
public struct UndisclosedModel: Hashable, Sendable {
    public var id: String
    public var aliases: [String]
    /// Who has not published it, and where that is stated.
    public var reason: String

    public static let all: [UndisclosedModel] = [
        UndisclosedModel(
            id: "gpt-4", aliases: ["gpt4", "gpt-4-turbo", "gpt-4o", "gpt4o"],
            reason: "OpenAI publishes neither size nor architecture (GPT-4 Technical Report, 2023, section 2)"),
        UndisclosedModel(
            id: "gpt-3.5", aliases: ["gpt3.5", "gpt-3.5-turbo", "chatgpt", "instructgpt-3.5"],
            reason: "OpenAI has not published the size of GPT-3.5 (the 175B of GPT-3 is not known to be it)"),
        UndisclosedModel(
            id: "claude-2", aliases: ["claude2", "claude", "claude-1", "claude-3", "claude-instant"],
            reason: "Anthropic publishes no sizes of its Claude models (Model Card and Evaluations for Claude Models, 2023)"),
        UndisclosedModel(
            id: "palm-2", aliases: ["palm2", "palm-2-l"],
            reason: "Google says only that PaLM 2 is significantly smaller than PaLM (PaLM 2 Technical Report, 2023, section 1)"),
        UndisclosedModel(
            id: "gemini-ultra", aliases: ["gemini", "gemini-pro", "gemini-1.5-pro"],
            reason: "Google publishes sizes of Gemini Nano only: 1.8B and 3.25B (Gemini technical report, 2023, table 1)"),
        UndisclosedModel(
            id: "gemini-nano-1.8b", aliases: ["gemini-nano", "gemini-nano-1", "gemini-nano-3.25b", "gemini-nano-2"],
            reason: "Google publishes the parameter count of Gemini Nano (1.8B and 3.25B), but none of its dimensions (Gemini technical report, 2023, table 1)"),
    ]

    /// What to answer, with the way out.
    var message: String {
        "the dimensions of \(id) are not public: \(reason). To project it under an assumption, write the assumed dimensions as a config.json "
            + "(model_type \"llama\", hidden_size, num_hidden_layers, num_attention_heads, num_key_value_heads, intermediate_size, vocab_size) "
            + "and give that file as the model; `ridgeline models show llama2-70b --format json` prints one to start from"
    }
}
