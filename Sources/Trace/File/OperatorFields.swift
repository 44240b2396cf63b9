import Quantities
import Workload

/// One named field of an operator in its file form.
struct OperatorField: Hashable {
    enum Value: Hashable {
        case integer(Int)
        case number(Double)
        case text(String)
        case boolean(Bool)
    }

    var key: String
    var value: Value

    init(_ key: String, _ value: Int) { (self.key, self.value) = (key, .integer(value)) }
    init(_ key: String, _ value: Double) { (self.key, self.value) = (key, .number(value)) }
    init(_ key: String, _ value: String) { (self.key, self.value) = (key, .text(value)) }
    init(_ key: String, _ value: Bool) { (self.key, self.value) = (key, .boolean(value)) }
    init(_ key: String, _ value: NumberFormat) { (self.key, self.value) = (key, .text(value.rawValue)) }
}

extension Operator {
    /// Every field of the operator, `kind` first; fields at their usual value are left out.
    var fields: [OperatorField] {
        switch self {
        case .matrixMultiply(let shape): [OperatorField("kind", "matrix_multiply")] + shape.fields
        case .attention(let shape): [OperatorField("kind", "attention")] + shape.fields
        case .rowwise(let shape):
            [OperatorField("kind", "rowwise"), OperatorField("function", shape.function.rawValue), OperatorField("rows", shape.rows),
             OperatorField("columns", shape.columns), OperatorField("format", shape.format)]
        case .elementwise(let shape): [OperatorField("kind", "elementwise")] + shape.fields
        case .rotary(let shape):
            [OperatorField("kind", "rotary"), OperatorField("tokens", shape.tokens), OperatorField("heads", shape.heads),
             OperatorField("dimension", shape.dimension), OperatorField("format", shape.format)]
        case .gather(let shape):
            [OperatorField("kind", "gather"), OperatorField("rows", shape.rows), OperatorField("columns", shape.columns),
             OperatorField("table_rows", shape.tableRows), OperatorField("format", shape.format)]
        case .sampling(let shape):
            [OperatorField("kind", "sampling"), OperatorField("method", shape.method.rawValue), OperatorField("rows", shape.rows),
             OperatorField("vocabulary", shape.vocabulary), OperatorField("format", shape.format)]
        case .mixtureOfExperts(let shape): [OperatorField("kind", "mixture_of_experts")] + shape.fields
        case .collective(let shape):
            [OperatorField("kind", "collective"), OperatorField("pattern", shape.pattern.rawValue), OperatorField("devices", shape.devices),
             OperatorField("devices_per_node", shape.devicesPerNode), OperatorField("bytes", shape.bytes), OperatorField("format", shape.format)]
        case .copy(let shape):
            [OperatorField("kind", "copy"), OperatorField("route", shape.route.rawValue), OperatorField("bytes", shape.bytes)]
        }
    }
}

extension MatrixMultiply {
    fileprivate var fields: [OperatorField] {
        var fields = [OperatorField("batch", batch), OperatorField("m", m), OperatorField("n", n), OperatorField("k", k)] + scheme.fields
        if !hasWeights { fields.append(OperatorField("weights", false)) }
        if !isWeightTransposed { fields.append(OperatorField("transposed", false)) }
        if hasBias { fields.append(OperatorField("bias", true)) }
        return fields
    }
}

extension MatrixMultiplyScheme {
    fileprivate var fields: [OperatorField] {
        var fields = [
            OperatorField("activation", activation), OperatorField("weight", weight), OperatorField("output", output),
            OperatorField("compute", compute),
        ]
        if quantisation != .none { fields.append(OperatorField("quantisation", quantisation.rawValue)) }
        return fields
    }
}

extension Attention {
    fileprivate var fields: [OperatorField] {
        var fields = [
            OperatorField("phase", phase.rawValue), OperatorField("batch", batch), OperatorField("query_tokens", queryTokens),
            OperatorField("key_value_tokens", keyValueTokens), OperatorField("heads", heads), OperatorField("key_value_heads", keyValueHeads),
            OperatorField("head_dimension", headDimension),
        ]
        if valueHeadDimension != headDimension { fields.append(OperatorField("value_head_dimension", valueHeadDimension)) }
        fields.append(OperatorField("causal", isCausal))
        if let window { fields.append(OperatorField("window", window)) }
        fields += [OperatorField("query", query), OperatorField("key_value", keyValue)]
        if sharesKeyAndValue { fields.append(OperatorField("shared_key_value", true)) }
        if isBackward { fields.append(OperatorField("backward", true)) }
        return fields
    }
}

extension Elementwise {
    fileprivate var fields: [OperatorField] {
        var fields = [OperatorField("function", function.rawValue), OperatorField("elements", elements), OperatorField("inputs", inputs)]
        if let rowWidth { fields.append(OperatorField("row_width", rowWidth)) }
        fields.append(OperatorField("format", format))
        return fields
    }
}

extension MixtureOfExperts {
    fileprivate var fields: [OperatorField] {
        var fields = [
            OperatorField("tokens", tokens), OperatorField("hidden", hidden), OperatorField("intermediate", intermediate),
            OperatorField("top_k", topK), OperatorField("experts", experts), OperatorField("tensor_parallel", tensorParallel),
            OperatorField("expert_parallel", expertParallel), OperatorField("gated", isGated),
        ]
        if case .powerLaw(let exponent) = routing { fields.append(OperatorField("power_law", exponent)) }
        return fields + scheme.fields
    }
}
