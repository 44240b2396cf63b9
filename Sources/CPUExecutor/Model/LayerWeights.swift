import CPUKernels
import ConfigurationFiles
import Workload

/// A linear layer on this CPU: packed weights and an optional bias.
struct Linear {
    var matrix: PackedMatrix
    var bias: UnsafePointer<Float>?
}

/// A norm's gain, and its bias where it has one.
struct Norm {
    var gain: UnsafePointer<Float>
    var bias: UnsafePointer<Float>?
}

/// The tensors of one transformer layer.
struct LayerWeights {
    var firstNorm: Norm
    var secondNorm: Norm
    /// Query, key and value side by side: [hidden] -> [queryWidth + 2 keyValueWidth].
    var queryKeyValue: Linear
    var attentionOutput: Linear
    var feedForward: FeedForwardWeights
}

enum FeedForwardWeights {
    case plain(up: Linear, down: Linear)
    case gated(gate: Linear, up: Linear, down: Linear)
    case experts(router: Linear, experts: [(gate: Linear, up: Linear, down: Linear)])
}

/// All tensors of a model, found by the names that the families' checkpoints use.
struct ModelWeights {
    var tokenTable: UnsafePointer<Float>
    var positionTable: UnsafePointer<Float>?
    /// First row of BERT's segment table.
    var segmentRow: UnsafePointer<Float>?
    var embeddingNorm: Norm?
    var layers: [LayerWeights]
    var finalNorm: Norm?
    var head: Linear?
}

/// Finds and packs tensors.
struct WeightLoader {
    let model: ModelConfiguration
    let store: WeightStore
    let format: ProductFormat
    let workers: Int
    let kernels: KernelTable

    func load() throws -> ModelWeights {
        let activations: [ActivationFunction] = model.isGated || model.experts != nil ? [.silu] : [.gelu, .geluTanh, .relu]
        guard activations.contains(model.activation) else {
            throw ExecutionError(
                .unsupportedModel,
                "activation '\(model.activation.rawValue)' does not run here in a model of this kind; \(activations.map(\.rawValue).joined(separator: ", ")) do")
        }
        if let scaling = model.positions.rotary?.scaling {
            throw ExecutionError(.unsupportedModel, "rotary scaling '\(scaling)' does not run on this CPU yet")
        }
        if let rotary = model.positions.rotary, rotary.dimension != model.headDimension || rotary.pairing != .halves {
            throw ExecutionError(
                .unsupportedModel,
                "\(rotary.dimension) of \(model.headDimension) elements of a head rotated, paired as \(rotary.pairing.rawValue), does not run on this CPU yet; whole heads paired as halves do")
        }
        switch model.family {
        case "gpt2": return try gpt2()
        case "bert": return try bert()
        case "llama", "mistral", "mixtral", "qwen2": return try llama()
        default:
            throw ExecutionError(
                .unsupportedModel, "model_type '\(model.family)' does not run on this CPU yet; gpt2, bert, llama, mistral, qwen2 and mixtral do")
        }
    }

    private func linear(_ values: UnsafePointer<Float>, _ n: Int, _ k: Int, _ layout: MatrixSource.Layout, bias: UnsafePointer<Float>?) throws -> Linear {
        let source = MatrixSource(values, n: n, k: k, layout: layout)
        return Linear(matrix: try PackedMatrix(source, format: format, workers: workers, kernels: kernels), bias: bias)
    }

    /// A torch.nn.Linear called `name`.
    private func outputMajor(_ names: [String], n: Int, k: Int, hasBias: Bool) throws -> Linear {
        let weight = try store.tensor(names.map { $0 + ".weight" }, shape: [n, k])
        let bias = hasBias ? try store.tensor(names.map { $0 + ".bias" }, shape: [n]) : nil
        return try linear(weight, n, k, .outputMajor, bias: bias)
    }

    /// A Conv1D of GPT-2 called `name`.
    private func inputMajor(_ names: [String], n: Int, k: Int) throws -> Linear {
        let weight = try store.tensor(names.map { $0 + ".weight" }, shape: [k, n])
        return try linear(weight, n, k, .inputMajor, bias: try store.tensor(names.map { $0 + ".bias" }, shape: [n]))
    }

    private func norm(_ names: [String], hasBias: Bool) throws -> Norm {
        let width = model.hidden
        return Norm(
            gain: try store.tensor(names.map { $0 + ".weight" }, shape: [width]),
            bias: hasBias ? try store.tensor(names.map { $0 + ".bias" }, shape: [width]) : nil)
    }

    private func gpt2() throws -> ModelWeights {
        func names(_ name: String) -> [String] { ["transformer." + name, name] }
        let hidden = model.hidden
        let table = try store.tensor(names("wte.weight"), shape: [model.vocabulary, hidden])
        guard case .learned(let rows) = model.positions else { throw ExecutionError(.unsupportedModel, "a gpt2 without learned positions") }
        let layers = try (0..<model.layers).map { index in
            let prefix = "h.\(index)."
            return LayerWeights(
                firstNorm: try norm(names(prefix + "ln_1"), hasBias: true), secondNorm: try norm(names(prefix + "ln_2"), hasBias: true),
                queryKeyValue: try inputMajor(names(prefix + "attn.c_attn"), n: 3 * hidden, k: hidden),
                attentionOutput: try inputMajor(names(prefix + "attn.c_proj"), n: hidden, k: hidden),
                feedForward: .plain(
                    up: try inputMajor(names(prefix + "mlp.c_fc"), n: model.intermediate, k: hidden),
                    down: try inputMajor(names(prefix + "mlp.c_proj"), n: hidden, k: model.intermediate)))
        }
        let head = store.has("lm_head.weight") ? try store.tensor(["lm_head.weight"], shape: [model.vocabulary, hidden]) : table
        return ModelWeights(
            tokenTable: table, positionTable: try store.tensor(names("wpe.weight"), shape: [rows, hidden]), layers: layers,
            finalNorm: try norm(names("ln_f"), hasBias: true),
            head: try linear(head, model.vocabulary, hidden, .outputMajor, bias: nil))
    }

    private func bert() throws -> ModelWeights {
        func names(_ name: String) -> [String] { [name, "bert." + name] }
        let hidden = model.hidden
        guard case .learned(let rows) = model.positions else { throw ExecutionError(.unsupportedModel, "a bert without learned positions") }
        let layers = try (0..<model.layers).map { index in
            let prefix = "encoder.layer.\(index)."
            return LayerWeights(
                firstNorm: try norm(names(prefix + "attention.output.LayerNorm"), hasBias: true),
                secondNorm: try norm(names(prefix + "output.LayerNorm"), hasBias: true),
                queryKeyValue: try stacked(
                    ["query", "key", "value"].map { names(prefix + "attention.self." + $0) }, widths: [hidden, hidden, hidden], hasBias: true),
                attentionOutput: try outputMajor(names(prefix + "attention.output.dense"), n: hidden, k: hidden, hasBias: true),
                feedForward: .plain(
                    up: try outputMajor(names(prefix + "intermediate.dense"), n: model.intermediate, k: hidden, hasBias: true),
                    down: try outputMajor(names(prefix + "output.dense"), n: hidden, k: model.intermediate, hasBias: true)))
        }
        return ModelWeights(
            tokenTable: try store.tensor(names("embeddings.word_embeddings.weight"), shape: [model.vocabulary, hidden]),
            positionTable: try store.tensor(names("embeddings.position_embeddings.weight"), shape: [rows, hidden]),
            segmentRow: model.tokenTypes > 0
                ? try store.tensor(names("embeddings.token_type_embeddings.weight"), shape: [model.tokenTypes, hidden]) : nil,
            embeddingNorm: try norm(names("embeddings.LayerNorm"), hasBias: true), layers: layers)
    }

    private func llama() throws -> ModelWeights {
        let hidden = model.hidden
        let hasBias = model.biases.queryKeyValue
        let layers = try (0..<model.layers).map { index in
            let prefix = "model.layers.\(index)."
            let attention = prefix + "self_attn."
            return LayerWeights(
                firstNorm: try norm([prefix + "input_layernorm"], hasBias: false),
                secondNorm: try norm([prefix + "post_attention_layernorm"], hasBias: false),
                queryKeyValue: try stacked(
                    ["q_proj", "k_proj", "v_proj"].map { [attention + $0] },
                    widths: [model.queryWidth, model.keyValueWidth, model.keyValueWidth], hasBias: hasBias),
                attentionOutput: try outputMajor(
                    [attention + "o_proj"], n: hidden, k: model.queryWidth, hasBias: model.biases.attentionOutput),
                feedForward: try llamaFeedForward(prefix))
        }
        let table = try store.tensor(["model.embed_tokens.weight"], shape: [model.vocabulary, hidden])
        let head = model.tiesEmbeddings ? table : try store.tensor(["lm_head.weight"], shape: [model.vocabulary, hidden])
        return ModelWeights(
            tokenTable: table, layers: layers, finalNorm: try norm(["model.norm"], hasBias: false),
            head: try linear(head, model.vocabulary, hidden, .outputMajor, bias: nil))
    }

    private func llamaFeedForward(_ prefix: String) throws -> FeedForwardWeights {
        let hidden = model.hidden
        guard let experts = model.experts else {
            let width = model.intermediate
            let hasBias = model.biases.feedForward
            return .gated(
                gate: try outputMajor([prefix + "mlp.gate_proj"], n: width, k: hidden, hasBias: hasBias),
                up: try outputMajor([prefix + "mlp.up_proj"], n: width, k: hidden, hasBias: hasBias),
                down: try outputMajor([prefix + "mlp.down_proj"], n: hidden, k: width, hasBias: hasBias))
        }
        let block = prefix + "block_sparse_moe."
        return .experts(
            router: try outputMajor([block + "gate"], n: experts.count, k: hidden, hasBias: false),
            experts: try (0..<experts.count).map { index in
                let expert = block + "experts.\(index)."
                return (
                    gate: try outputMajor([expert + "w1"], n: experts.intermediate, k: hidden, hasBias: false),
                    up: try outputMajor([expert + "w3"], n: experts.intermediate, k: hidden, hasBias: false),
                    down: try outputMajor([expert + "w2"], n: hidden, k: experts.intermediate, hasBias: false)
                )
            })
    }

    /// Linears with one input, as one: a third of the calls, and rows of the result hold query, key and value together.
    private func stacked(_ names: [[String]], widths: [Int], hasBias: Bool) throws -> Linear {
        let k = model.hidden
        var weights: [(pointer: UnsafePointer<Float>, count: Int)] = []
        var biases: [(pointer: UnsafePointer<Float>, count: Int)] = []
        for (candidates, width) in zip(names, widths) {
            weights.append((try store.tensor(candidates.map { $0 + ".weight" }, shape: [width, k]), width * k))
            if hasBias { biases.append((try store.tensor(candidates.map { $0 + ".bias" }, shape: [width]), width)) }
        }
        return try linear(
            store.stacked(weights), widths.reduce(0, +), k, .outputMajor, bias: hasBias ? store.stacked(biases) : nil)
    }
}

/// A model or request that this executor cannot run.
public struct ExecutionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable { case unsupportedModel, invalidRequest, outOfMemory }

    public var code: Code
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
