import Quantities

extension StackLowering {
    /// Attention of all layers of a pass: projections, rotary embedding, scores and values, output projection.
    mutating func attention(_ pass: LayerPass) {
        if let latent = model.latentAttention { return latentAttention(latent, pass) }
        let count = pass.layers
        let queryWidth = shard.heads * model.headDimension
        let keyWidth = shard.keyValueHeads * model.headDimension
        let bias = model.biases.queryKeyValue
        if options.fusesQueryKeyValue {
            product("attention.query_key_value", rows: pass.rows, from: model.hidden, to: queryWidth + 2 * keyWidth, bias: bias, count: count)
        } else {
            product("attention.query", rows: pass.rows, from: model.hidden, to: queryWidth, bias: bias, count: count)
            product("attention.key", rows: pass.rows, from: model.hidden, to: keyWidth, bias: bias, count: count)
            product("attention.value", rows: pass.rows, from: model.hidden, to: keyWidth, bias: bias, count: count)
        }
        if model.normalisesQueryAndKey {
            norm("attention.query_norm", rows: pass.rows * shard.heads, columns: model.headDimension, count: count)
            norm("attention.key_norm", rows: pass.rows * shard.keyValueHeads, columns: model.headDimension, count: count)
        }
        if let rotary = model.positions.rotary {
            rotate(tokens: pass.rows, heads: shard.heads + shard.keyValueHeads, dimension: rotary.dimension, count: count)
        }
        if options.copiesIntoCache {
            elementwise("attention.cache_keys", .cast, rows: pass.rows, width: keyWidth, inputs: 1, count: count)
            elementwise("attention.cache_values", .cast, rows: pass.rows, width: keyWidth, inputs: 1, count: count)
        }
        scaledDotProduct("attention", pass, window: nil, count: count - pass.windowLayers)
        scaledDotProduct("attention", pass, window: model.slidingWindow, count: pass.windowLayers)
        product("attention.output", rows: pass.rows, from: queryWidth, to: model.hidden, bias: model.biases.attentionOutput, count: count)
    }

    private mutating func rotate(tokens: Int, heads: Int, dimension: Int, count: Int) {
        guard dimension > 0 else { return }
        if options.decomposesFunctions {
            // x cos + rotated(x) sin: a product, a negation, a concatenation, a product and a sum over queries, and the same over keys.
            for (name, own) in [("query", shard.heads), ("key", heads - shard.heads)] where own > 0 {
                let width = own * dimension
                elementwise("attention.rotary.\(name).cosine", .mul, rows: tokens, width: width, inputs: 1, count: count)
                elementwise("attention.rotary.\(name).negate", .mulScalar, rows: tokens, width: max(1, width / 2), inputs: 1, count: count)
                elementwise("attention.rotary.\(name).concatenate", .cast, rows: tokens, width: width, inputs: 1, count: count)
                elementwise("attention.rotary.\(name).sine", .mul, rows: tokens, width: width, inputs: 1, count: count)
                elementwise("attention.rotary.\(name).add", .add, rows: tokens, width: width, inputs: 2, count: count)
            }
            return
        }
        list.add("attention.rotary", .rotary(RotaryEmbedding(tokens: tokens, heads: heads, dimension: dimension, format: stored)), count: count)
    }

    /// Scores, softmax and weighted sum, in one kernel or three.
    mutating func scaledDotProduct(_ place: String, _ pass: LayerPass, window: Int?, count: Int) {
        guard count > 0 else { return }
        // A window as wide as the sequence is no window.
        let window = window.flatMap { $0 < pass.keyValueTokens ? $0 : nil }
        let (queries, keys) = (pass.queryTokens, pass.keyValueTokens)
        let batch = pass.sequences * shard.heads
        if options.copiesHeads, pass.sequences > 1 {
            for (name, tokens) in [("query", queries), ("key", keys), ("value", keys)] {
                elementwise("\(place).\(name)_heads", .cast, rows: batch * tokens, width: model.headDimension, inputs: 1, count: count)
            }
        }
        func mergeHeads() {
            guard options.copiesHeads else { return }
            elementwise("\(place).merge_heads", .cast, rows: batch * queries, width: model.headDimension, inputs: 1, count: count)
        }
        if options.fusesAttention {
            let shape = Attention(
                phase: pass.phase, batch: pass.sequences, queryTokens: pass.queryTokens, keyValueTokens: pass.keyValueTokens,
                heads: shard.heads, keyValueHeads: shard.keyValueHeads, headDimension: model.headDimension, isCausal: pass.isCausal,
                window: window, query: stored, keyValue: request.keyValueFormat ?? stored)
            list.add("\(place).scaled_dot_product", .attention(shape), count: count)
            mergeHeads()
            return
        }
        // Unfused kernels compute masked scores too.
        batched("\(place).scores", batch: batch, m: queries, n: keys, k: model.headDimension, isTransposed: true, count: count)
        let separate = options.fusesScaleAndMask ? 0 : count
        elementwise("\(place).scale", .mulScalar, rows: batch * queries, width: keys, inputs: 1, count: separate)
        let hasMask = options.masksAlways || (pass.isCausal && queries > 1)
        // The mask is one for all heads, so the cache holds it: its bytes do not count.
        elementwise("\(place).mask", .add, rows: batch * queries, width: keys, inputs: 1, count: hasMask ? separate : 0)
        list.add("\(place).softmax", .rowwise(Rowwise(.softmax, rows: batch * queries, columns: keys, format: stored)), count: count)
        elementwise("\(place).dropout", .mulScalar, rows: batch * queries, width: keys, inputs: 1, count: options.dropsActivations ? count : 0)
        batched("\(place).context", batch: batch, m: queries, n: model.headDimension, k: keys, isTransposed: false, count: count)
        mergeHeads()
    }

    mutating func batched(_ name: String, batch: Int, m: Int, n: Int, k: Int, isTransposed: Bool, hasWeights: Bool = false, count: Int) {
        let shape = MatrixMultiply(
            batch: batch, m: m, n: n, k: k, scheme: plain, hasWeights: hasWeights, isWeightTransposed: isTransposed)
        list.add(name, .matrixMultiply(shape), count: count)
    }

    /// One product with weights for each head.
    private mutating func absorbed(_ name: String, rows: Int, from input: Int, to output: Int, count: Int) {
        batched(name, batch: shard.heads, m: rows, n: output, k: input, isTransposed: false, hasWeights: true, count: count)
    }

    /// Latent attention (DeepSeek-V2, section 2.1.2): expanded for a prompt; for a decode step the expansion is absorbed into query and
    /// output, so that attention reads the latent vectors themselves.
    private mutating func latentAttention(_ latent: LatentAttention, _ pass: LayerPass) {
        let (rows, count) = (pass.rows, pass.layers)
        let queryWidth = shard.heads * latent.queryDimension
        let compressed = latent.cacheWidth + (latent.queryRank ?? 0)
        product("attention.compress", rows: rows, from: model.hidden, to: compressed, bias: false, count: count)
        if let rank = latent.queryRank {
            norm("attention.query_norm", rows: rows, columns: rank, count: count)
            product("attention.query", rows: rows, from: rank, to: queryWidth, bias: false, count: count)
        } else {
            product("attention.query", rows: rows, from: model.hidden, to: queryWidth, bias: false, count: count)
        }
        norm("attention.key_value_norm", rows: rows, columns: latent.keyValueRank, count: count)
        rotate(tokens: rows, heads: shard.heads + 1, dimension: latent.rotaryDimension, count: count)
        var shape = Attention(
            phase: pass.phase, batch: pass.sequences, queryTokens: pass.queryTokens, keyValueTokens: pass.keyValueTokens,
            heads: shard.heads, keyValueHeads: shard.heads, headDimension: latent.queryDimension, valueHeadDimension: latent.valueDimension,
            isCausal: pass.isCausal, query: stored, keyValue: request.keyValueFormat ?? stored)
        if pass.phase == .decode {
            absorbed("attention.absorb_query", rows: rows, from: latent.plainDimension, to: latent.keyValueRank, count: count)
            (shape.keyValueHeads, shape.headDimension, shape.valueHeadDimension) = (1, latent.cacheWidth, latent.keyValueRank)
            shape.sharesKeyAndValue = true
            list.add("attention.scaled_dot_product", .attention(shape), count: count)
            absorbed("attention.expand_value", rows: rows, from: latent.keyValueRank, to: latent.valueDimension, count: count)
        } else {
            let expanded = shard.heads * (latent.plainDimension + latent.valueDimension)
            product("attention.expand_key_value", rows: rows, from: latent.keyValueRank, to: expanded, bias: false, count: count)
            list.add("attention.scaled_dot_product", .attention(shape), count: count)
        }
        product("attention.output", rows: rows, from: shard.heads * latent.valueDimension, to: model.hidden, bias: false, count: count)
    }
}
