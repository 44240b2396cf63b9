import Quantities
import Workload

/// The inputs of an operator as PyTorch's profiler would print them: dimensions and C++ type names.
struct TensorDescription: Hashable {
    var dimensions: [[Int]]
    var types: [String]

    init(of shape: Operator) {
        var tensors: [(dimensions: [Int], format: NumberFormat)] = []
        switch shape {
        case .matrixMultiply(let product):
            let leading = product.batch > 1 ? [product.batch] : []
            tensors = [
                (leading + [product.m, product.k], product.scheme.activation),
                (leading + (product.isWeightTransposed ? [product.n, product.k] : [product.k, product.n]), product.scheme.weight),
            ]
            if product.hasBias { tensors.append(([product.n], product.scheme.output)) }
        case .attention(let attention):
            let keys = [attention.batch, attention.keyValueHeads, attention.keyValueTokens]
            tensors = [
                ([attention.batch, attention.heads, attention.queryTokens, attention.headDimension], attention.query),
                (keys + [attention.headDimension], attention.keyValue), (keys + [attention.valueHeadDimension], attention.keyValue),
            ]
        case .rowwise(let rows): tensors = [([rows.rows, rows.columns], rows.format)]
        case .elementwise(let function):
            let dimensions = function.rowWidth.map { [function.elements / max(1, $0), $0] } ?? [function.elements]
            tensors = Array(repeating: (dimensions, function.format), count: max(0, min(function.inputs, 8)))
        case .rotary(let rotary): tensors = [([rotary.tokens, rotary.heads, rotary.dimension], rotary.format)]
        case .gather(let gather): tensors = [([gather.tableRows, gather.columns], gather.format), ([gather.rows], .int64)]
        case .sampling(let sampling): tensors = [([sampling.rows, sampling.vocabulary], sampling.format)]
        case .mixtureOfExperts(let layer): tensors = [([layer.tokens, layer.hidden], layer.scheme.activation)]
        case .collective(let collective):
            tensors = [([Int(Double(collective.bytes) / collective.format.bytesPerElement)], collective.format)]
        case .copy(let copy): tensors = [([copy.bytes], .int8)]
        }
        dimensions = tensors.map(\.dimensions)
        types = tensors.map { Self.typeName($0.format) }
    }

    /// PyTorch's name of an element type; formats that it has no name for keep ours.
    static func typeName(_ format: NumberFormat) -> String {
        switch format {
        case .fp64: "double"
        case .fp32, .tf32: "float"
        case .fp16: "c10::Half"
        case .bf16: "c10::BFloat16"
        case .fp8e4m3: "c10::Float8_e4m3fn"
        case .fp8e5m2: "c10::Float8_e5m2"
        case .int8: "signed char"
        case .int32: "int"
        case .int64: "long int"
        default: format.rawValue
        }
    }

    /// The format of PyTorch's name of an element type; nil when it is no tensor's or unknown.
    static func format(ofType name: String) -> NumberFormat? {
        switch name {
        case "double": .fp64
        case "float": .fp32
        case "c10::Half": .fp16
        case "c10::BFloat16": .bf16
        case "c10::Float8_e4m3fn": .fp8e4m3
        case "c10::Float8_e5m2": .fp8e5m2
        case "signed char", "unsigned char": .int8
        case "int": .int32
        case "long int", "long": .int64
        default: nil
        }
    }
}
