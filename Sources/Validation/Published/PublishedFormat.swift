import Quantities
import Workload

/// The formats that a published figure's words stand for.
struct PublishedFormat: Hashable {
    /// Of activations, and of weights that are not quantised.
    var activations: NumberFormat
    var quantization: QuantizationScheme

    /// - Throws: for an empty field, and for words that name no format of the library.
    init(_ text: String) throws(FigureRefusal) {
        guard !text.isEmpty, text != "not stated" else { throw FigureRefusal(reason: "format not stated") }
        let lowered = text.lowercased()
        guard let found = Self.known.first(where: { lowered == $0.name || lowered.hasPrefix($0.name + " ") || lowered.hasPrefix($0.name + "/") }) else {
            throw FigureRefusal(reason: "format '\(text)' is none of the library's")
        }
        (activations, quantization) = (found.activations, found.quantization)
    }

    /// Longest names first where one begins another.
    private static let known: [(name: String, activations: NumberFormat, quantization: QuantizationScheme)] = [
        ("bf16 (qlora", .bf16, .nf4), ("autocast:bf16", .bf16, .none), ("autocast:bf16+sr", .bf16, .none),
        ("autocast:bf16+fp32optimizer", .bf16, .none), ("bf16", .bf16, .none), ("fp16", .fp16, .none), ("f16", .fp16, .none),
        ("16-bit", .fp16, .none), ("tf32", .tf32, .none), ("fp32 model (bf16 autocast)", .bf16, .none), ("fp32", .fp32, .none),
        ("fp8_full", .bf16, .fp8), ("fp8", .bf16, .fp8), ("nvfp4", .bf16, .nvfp4),
        ("int8 weights, bf16", .bf16, .int8WeightOnly), ("int8 weight-only", .bf16, .int8WeightOnly), ("int8 weights", .bf16, .int8WeightOnly),
        ("int8 (aqt)", .bf16, .int8), ("int8/fp16 mix", .fp16, .int8), ("int8", .bf16, .int8),
        ("int4 awq", .fp16, .int4WeightOnly), ("int4 g32", .bf16, .int4WeightOnly), ("int4", .fp16, .int4WeightOnly), ("fp4", .bf16, .nvfp4), ("gptq 4-bit", .fp16, .int4WeightOnly),
    ]

    /// The scheme of a bare matrix product: operands are in their format already, whoever brought them there.
    var matrixScheme: MatrixMultiplyScheme {
        var scheme = quantization.matrixScheme(activations: activations)
        if scheme.quantisation != .none { (scheme.quantisation, scheme.activation) = (.none, scheme.compute) }
        return scheme
    }
}
