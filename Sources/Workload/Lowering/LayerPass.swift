import Quantities

/// One pass of a stack of layers over a batch: what varies between encode, prefill and a decode step.
struct LayerPass: Hashable {
    var sequences: Int
    /// New tokens of each sequence.
    var queryTokens: Int
    /// Tokens attended to, new ones included.
    var keyValueTokens: Int
    var isCausal: Bool
    var phase: Attention.Phase
    var layers: Int
    /// Layers among them that use the sliding window.
    var windowLayers: Int
    /// Layers among them that are mixtures of experts.
    var expertLayers: Int
    /// Encoder tokens that cross-attention reads, nil without cross-attention.
    var crossTokens: Int?
    /// Whether this pass computes the cross-attention's keys and values (once, from the encoder's output).
    var projectsCrossKeys = false

    /// Rows of every activation matrix.
    var rows: Int { sequences * queryTokens }
}

/// Operators in execution order; an operator that runs zero times is left out.
struct OperatorList {
    private(set) var items: [PlacedOperator] = []

    mutating func add(_ name: String, _ shape: Operator, count: Int) {
        if count > 0 { items.append(PlacedOperator(name: name, shape: shape, count: count)) }
    }
}

/// Turns a stack of layers into operators under one request's formats, fusions and sharding.
struct StackLowering {
    let model: ModelConfiguration
    let shard: Shard
    let request: WorkloadRequest
    var list = OperatorList()

    init(model: ModelConfiguration, shard: Shard, request: WorkloadRequest) {
        self.model = model
        self.shard = shard
        self.request = request
    }

    var options: LoweringOptions { request.options }
    var stored: NumberFormat { request.storedFormat }
    /// Scheme of the layers' linear products.
    var linear: MatrixMultiplyScheme { request.quantization.matrixScheme(activations: request.format) }
    /// Scheme of products that are never quantised: routers, heads, activation by activation.
    var plain: MatrixMultiplyScheme { .uniform(request.format) }
    /// Rows that norms and residuals see on one device: split along the sequence where asked for.
    func residualRows(_ pass: LayerPass) -> Int {
        request.parallelism.splitsSequence ? (pass.rows + shard.tensor - 1) / shard.tensor : pass.rows
    }

    mutating func product(
        _ name: String, rows: Int, from input: Int, to output: Int, bias: Bool, scheme: MatrixMultiplyScheme? = nil, count: Int
    ) {
        let shape = MatrixMultiply(m: rows, n: output, k: input, scheme: scheme ?? linear, hasBias: bias)
        list.add(name, .matrixMultiply(shape), count: count)
    }

    mutating func elementwise(_ name: String, _ function: Elementwise.Function, rows: Int, width: Int, inputs: Int, count: Int) {
        list.add(name, .elementwise(Elementwise(function, elements: rows * width, inputs: inputs, rowWidth: width, format: stored)), count: count)
    }

    /// A norm over `columns`, with the residual addition before it where `addsResidual`.
    mutating func norm(_ name: String, rows: Int, columns: Int, addsResidual: Bool = false, count: Int) {
        let function: Rowwise.Function = switch (model.normalisation == .rmsNorm, addsResidual) {
        case (true, false): .rmsNorm
        case (true, true): .addRMSNorm
        case (false, false): .layerNorm
        case (false, true): .addLayerNorm
        }
        list.add(name, .rowwise(Rowwise(function, rows: rows, columns: columns, format: stored)), count: count)
    }

    /// Sums the tensor-parallel devices' parts of a row-parallel product.
    mutating func reduce(_ name: String, pass: LayerPass, count: Int) {
        guard shard.tensor > 1 else { return }
        let bytes = Int((Double(pass.rows) * Double(model.hidden) * stored.bytesPerElement).rounded())
        if request.parallelism.splitsSequence {
            collective("\(name).reduce_scatter", .reduceScatter, devices: shard.tensor, bytes: bytes, count: count)
            collective("\(name).all_gather", .allGather, devices: shard.tensor, bytes: bytes, count: count)
        } else {
            collective("\(name).all_reduce", .allReduce, devices: shard.tensor, bytes: bytes, count: count)
        }
    }

    mutating func collective(_ name: String, _ pattern: Collective.Pattern, devices: Int, bytes: Int, format: NumberFormat? = nil, count: Int) {
        guard devices > 1 else { return }
        let perNode = min(devices, request.parallelism.devicesPerNode)
        list.add(name, .collective(Collective(pattern, devices: devices, devicesPerNode: perNode, bytes: bytes, format: format ?? stored)), count: count)
    }

    /// All layers of a pass, equal layers folded into counts.
    mutating func layers(_ pass: LayerPass) {
        let placement = model.normPlacement
        let count = pass.layers
        let rows = residualRows(pass)
        let fuses = options.fusesResidualAndNorm
        if placement != .after {
            // The first layer's input has no residual to add.
            let fused = fuses ? count - 1 : 0
            norm("attention.norm", rows: rows, columns: model.hidden, count: count - fused)
            norm("attention.norm", rows: rows, columns: model.hidden, addsResidual: true, count: fused)
        }
        attention(pass)
        reduce("attention", pass: pass, count: model.isParallel ? 0 : count)
        dropout("attention.output_dropout", rows: rows, count: model.isParallel ? 0 : count)
        if placement == .aroundBranches { norm("attention.output_norm", rows: rows, columns: model.hidden, count: count) }
        if model.isParallel {
            if placement == .before { norm("feed_forward.norm", rows: rows, columns: model.hidden, count: count) }
        } else {
            betweenBranches("attention", next: "feed_forward.norm", rows: rows, count: count)
        }
        crossAttention(pass)
        feedForward(pass)
        // Parallel branches are summed before the one reduction.
        reduce("feed_forward", pass: pass, count: count)
        dropout("feed_forward.output_dropout", rows: rows, count: count)
        if placement == .aroundBranches { norm("feed_forward.output_norm", rows: rows, columns: model.hidden, count: count) }
        if model.isParallel { elementwise("branches.add", .add, rows: rows, width: model.hidden, inputs: 2, count: count) }
        if placement == .after {
            residualThenNorm("feed_forward", norm: "feed_forward.norm", rows: rows, count: count)
        } else {
            elementwise("feed_forward.residual", .add, rows: rows, width: model.hidden, inputs: 2, count: fuses ? 0 : count)
            if fuses || model.hasFinalNorm { norm("final.norm", rows: rows, columns: model.hidden, addsResidual: fuses, count: 1) }
        }
    }

    /// Dropout of a branch's output, where it is a kernel of its own.
    private mutating func dropout(_ place: String, rows: Int, count: Int) {
        let isSeparate = options.dropsActivations && !options.fusesResidualAndNorm
        elementwise(place, .mulScalar, rows: rows, width: model.hidden, inputs: 1, count: isSeparate ? count : 0)
    }

    private mutating func betweenBranches(_ branch: String, next: String, rows: Int, count: Int) {
        if model.normPlacement == .after {
            residualThenNorm(branch, norm: "\(branch).norm", rows: rows, count: count)
        } else if options.fusesResidualAndNorm {
            norm(next, rows: rows, columns: model.hidden, addsResidual: true, count: count)
        } else {
            elementwise("\(branch).residual", .add, rows: rows, width: model.hidden, inputs: 2, count: count)
            norm(next, rows: rows, columns: model.hidden, count: count)
        }
    }

    private mutating func residualThenNorm(_ branch: String, norm name: String, rows: Int, count: Int) {
        let fuses = options.fusesResidualAndNorm
        elementwise("\(branch).residual", .add, rows: rows, width: model.hidden, inputs: 2, count: fuses ? 0 : count)
        norm(name, rows: rows, columns: model.hidden, addsResidual: fuses, count: count)
    }

    private mutating func crossAttention(_ pass: LayerPass) {
        guard let crossTokens = pass.crossTokens else { return }
        let rows = pass.rows
        let width = shard.heads * model.headDimension
        if pass.projectsCrossKeys {
            product(
                "cross_attention.key_value", rows: pass.sequences * crossTokens, from: model.hidden,
                to: 2 * shard.keyValueHeads * model.headDimension, bias: model.biases.queryKeyValue, count: pass.layers)
        }
        product("cross_attention.query", rows: rows, from: model.hidden, to: width, bias: model.biases.queryKeyValue, count: pass.layers)
        var cross = pass
        (cross.keyValueTokens, cross.isCausal, cross.windowLayers) = (crossTokens, false, 0)
        scaledDotProduct("cross_attention", cross, window: nil, count: pass.layers)
        product("cross_attention.output", rows: rows, from: width, to: model.hidden, bias: model.biases.attentionOutput, count: pass.layers)
        reduce("cross_attention", pass: pass, count: pass.layers)
        betweenBranches("cross_attention", next: "feed_forward.norm", rows: residualRows(pass), count: pass.layers)
    }
}
