/// What a `model_type` implies without saying so in its `config.json`: the conventions of its reference implementation.
///
/// Source of each row: the model's file in Hugging Face transformers (`modeling_*.py`, `configuration_*.py`), or the paper named.
struct ModelFamily {
    enum Positions { case learned, sinusoidal, rotary, linearBias, bucketedBias, none }
    enum Window { case everyLayer, alternating, fiveOfSix }

    var structure = ModelStructure.decoder
    var normalisation = Normalisation.layerNorm
    var placement = NormPlacement.before
    var positions = Positions.rotary
    var pairing = RotaryParameters.Pairing.halves
    /// Share of the head that is rotated where the file does not say.
    var rotaryShare = 1.0
    /// Activation where the file does not say.
    var activation = ActivationFunction.gelu
    var isGated = false
    var isParallel = false
    var biases = BiasPlacement.all
    var ties = false
    /// Head where `architectures` is missing.
    var head = ModelHead.languageModel
    /// Whether a bare `…Model` has BERT's pooler.
    var hasPooler = false
    /// Feed-forward width over hidden width where the file does not say.
    var feedForwardFactor: Int?
    /// Rows of the position table beyond `max_position_embeddings`.
    var extraPositionRows = 0
    var tokenTypes = 0
    var normalisesEmbeddings = false
    var scalesEmbeddings = false
    var addsOneToGain = false
    var normalisesQueryAndKey = false
    var window = Window.everyLayer
    /// Whether a window only counts where `use_sliding_window` is true (Qwen).
    var windowNeedsFlag = false
    /// Head width where the file does not say and it is not hidden over heads.
    var headDimension: Int?

    private static let gpt2 = ModelFamily(positions: .learned, activation: .geluTanh, ties: true, feedForwardFactor: 4)
    private static let neoX = ModelFamily(rotaryShare: 0.25, isParallel: true)
    private static let llama = ModelFamily(normalisation: .rmsNorm, activation: .silu, isGated: true, biases: .none)
    private static let bert = ModelFamily(
        structure: .encoder, placement: .after, positions: .learned, ties: true, head: .pooler, hasPooler: true, tokenTypes: 2,
        normalisesEmbeddings: true)
    private static let gemma = ModelFamily(
        normalisation: .rmsNorm, activation: .geluTanh, isGated: true, biases: .none, ties: true, scalesEmbeddings: true,
        addsOneToGain: true, headDimension: 256)
    private static let t5 = ModelFamily(
        structure: .encoderDecoder, normalisation: .rmsNorm, positions: .bucketedBias, activation: .relu, biases: .none, ties: true)
    private static let falcon = ModelFamily(placement: .shared, isParallel: true, biases: .none, ties: true, feedForwardFactor: 4)
    private static let queryKeyValueBias = BiasPlacement(queryKeyValue: true, attentionOutput: false, feedForward: false)

    private static func variant(_ base: ModelFamily, _ change: (inout ModelFamily) -> Void) -> ModelFamily {
        var family = base
        change(&family)
        return family
    }

    /// In alphabetical order; names after the first of a row are aliases.
    static let all: [(names: [String], family: ModelFamily)] = [
        (["bert"], bert),
        (["bloom"], ModelFamily(positions: .linearBias, activation: .geluTanh, ties: true, feedForwardFactor: 4, normalisesEmbeddings: true)),
        (["clip_text_model"], ModelFamily(positions: .learned, activation: .quickGELU, head: .none)),
        (["clip_vision_model"], ModelFamily(structure: .encoder, positions: .learned, activation: .quickGELU, head: .none, normalisesEmbeddings: true)),
        (["deepseek_v2", "deepseek_v3"], llama),
        (["distilbert"], variant(bert) { $0.head = .none; $0.hasPooler = false; $0.tokenTypes = 0 }),
        (["falcon", "RefinedWeb", "RefinedWebModel"], falcon),
        (["gemma"], gemma),
        (["gemma2"], variant(gemma) { $0.placement = .aroundBranches; $0.window = .alternating }),
        (["gemma3_text", "gemma3"], variant(gemma) {
            $0.placement = .aroundBranches
            $0.window = .fiveOfSix
            $0.normalisesQueryAndKey = true
        }),
        (["gpt2"], gpt2),
        (["gpt_neo"], variant(gpt2) { $0.biases.queryKeyValue = false }),
        (["gpt_neox"], neoX),
        (["gptj"], ModelFamily(
            placement: .shared, pairing: .neighbours, activation: .geluTanh, isParallel: true,
            biases: BiasPlacement(queryKeyValue: false, attentionOutput: false, feedForward: true, languageModelHead: true), feedForwardFactor: 4)),
        (["llama", "yi", "solar"], llama),
        (["mistral"], llama),
        (["mixtral"], llama),
        (["mpt"], ModelFamily(
            normalisation: .layerNormWithoutBias, positions: .linearBias, biases: .none, ties: true, feedForwardFactor: 4)),
        (["openai-gpt"], variant(gpt2) { $0.placement = .after }),
        (["opt"], ModelFamily(positions: .learned, activation: .relu, ties: true, extraPositionRows: 2)),
        // Chowdhery et al., "PaLM: Scaling Language Modeling with Pathways" (2022), section 2.
        (["palm"], ModelFamily(
            normalisation: .layerNormWithoutBias, placement: .shared, activation: .silu, isGated: true, isParallel: true, biases: .none, ties: true)),
        (["phi"], ModelFamily(
            placement: .shared, rotaryShare: 0.5, activation: .geluTanh, isParallel: true,
            biases: BiasPlacement(queryKeyValue: true, attentionOutput: true, feedForward: true, languageModelHead: true))),
        (["phi3"], llama),
        (["qwen2"], variant(llama) { $0.biases = queryKeyValueBias; $0.windowNeedsFlag = true }),
        (["qwen2_moe"], variant(llama) { $0.biases = queryKeyValueBias; $0.windowNeedsFlag = true }),
        (["qwen3", "qwen3_moe"], variant(llama) { $0.normalisesQueryAndKey = true; $0.windowNeedsFlag = true }),
        (["roberta", "xlm-roberta", "camembert"], bert),
        (["stablelm"], ModelFamily(rotaryShare: 0.25, activation: .silu, isGated: true, biases: .none)),
        (["switch_transformers"], t5),
        (["t5", "mt5"], t5),
        // Vaswani et al., "Attention Is All You Need" (2017), section 3.
        (["transformer"], ModelFamily(
            structure: .encoderDecoder, placement: .after, positions: .sinusoidal, activation: .relu, ties: true)),
        (["vit"], ModelFamily(structure: .encoder, positions: .learned, head: .pooler, hasPooler: true)),
    ]

    /// The family of a `model_type`; nil when unknown.
    static func named(_ type: String) -> ModelFamily? { all.first { $0.names.contains(type) }?.family }

    static var names: [String] { all.flatMap(\.names) }
}
