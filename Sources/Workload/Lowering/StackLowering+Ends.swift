import Quantities

/// What stands before the first layer and after the last.
extension StackLowering {
    /// Token (or patch), position and segment embeddings of a pass.
    mutating func embeddings(_ pass: LayerPass) {
        let (rows, hidden) = (pass.rows, model.hidden)
        if let patches = model.patches {
            let count = patches.tokens - (patches.hasClassToken ? 1 : 0)
            product(
                "embeddings.patches", rows: pass.sequences * count, from: patches.patchElements, to: hidden, bias: patches.hasBias, scheme: plain,
                count: 1)
        } else {
            let width = model.embeddingDimension ?? hidden
            gather("embeddings.tokens", rows: rows, columns: width, table: shard.vocabulary)
            if shard.tensor > 1 {
                let bytes = Int((Double(rows) * Double(width) * stored.bytesPerElement).rounded())
                collective("embeddings.all_reduce", .allReduce, devices: shard.tensor, bytes: bytes, count: 1)
            }
            if model.embeddingDimension != nil { product("embeddings.projection", rows: rows, from: width, to: hidden, bias: false, scheme: plain, count: 1) }
        }
        if model.embeddingScale != nil { elementwise("embeddings.scale", .mulScalar, rows: rows, width: hidden, inputs: 1, count: 1) }
        switch model.positions {
        case .learned(let table):
            gather("embeddings.positions", rows: rows, columns: hidden, table: table)
            elementwise("embeddings.add_positions", .add, rows: rows, width: hidden, inputs: 2, count: 1)
        case .sinusoidal:
            elementwise("embeddings.add_positions", .add, rows: rows, width: hidden, inputs: 2, count: 1)
        default: break
        }
        if model.tokenTypes > 0 {
            gather("embeddings.token_types", rows: rows, columns: hidden, table: model.tokenTypes)
            elementwise("embeddings.add_token_types", .add, rows: rows, width: hidden, inputs: 2, count: 1)
        }
        if model.normalisesEmbeddings { norm("embeddings.norm", rows: rows, columns: hidden, count: 1) }
    }

    private mutating func gather(_ name: String, rows: Int, columns: Int, table: Int) {
        list.add(name, .gather(Gather(rows: rows, columns: columns, tableRows: table, format: stored)), count: 1)
    }

    /// Logits, pooler or classifier of a pass, and the choice of the next token.
    mutating func head(_ pass: LayerPass, allTokens: Bool, samples: Bool) {
        let rows = allTokens ? pass.rows : pass.sequences
        let hidden = model.hidden
        switch model.head {
        case .none: break
        case .pooler:
            product("head.pooler", rows: pass.sequences, from: hidden, to: hidden, bias: true, scheme: plain, count: 1)
            elementwise("head.tanh", .tanh, rows: pass.sequences, width: hidden, inputs: 1, count: 1)
        case .classifier(let classes):
            product("head.classifier", rows: pass.sequences, from: hidden, to: classes, bias: true, scheme: plain, count: 1)
        case .maskedLanguageModel:
            product("head.transform", rows: pass.rows, from: hidden, to: hidden, bias: true, scheme: plain, count: 1)
            elementwise("head.activation", model.activation.function, rows: pass.rows, width: hidden, inputs: 1, count: 1)
            norm("head.norm", rows: pass.rows, columns: hidden, count: 1)
            product("head.logits", rows: pass.rows, from: hidden, to: shard.vocabulary, bias: true, scheme: plain, count: 1)
        case .languageModel:
            let width = model.embeddingDimension ?? hidden
            if width != hidden { product("head.projection", rows: rows, from: hidden, to: width, bias: false, scheme: plain, count: 1) }
            product("head.logits", rows: rows, from: width, to: shard.vocabulary, bias: model.biases.languageModelHead, scheme: plain, count: 1)
            guard samples else { break }
            let bytes = Int((Double(pass.sequences) * Double(shard.vocabulary * shard.tensor) * stored.bytesPerElement).rounded())
            collective("head.all_gather", .allGather, devices: shard.tensor, bytes: bytes, count: 1)
            if options.samples {
                list.add("head.sample", .sampling(Sampling(.greedy, rows: pass.sequences, vocabulary: model.vocabulary, format: stored)), count: 1)
            }
        }
        if let projection = model.projection {
            product("head.projection", rows: pass.sequences, from: hidden, to: projection, bias: false, scheme: plain, count: 1)
        }
    }
}
