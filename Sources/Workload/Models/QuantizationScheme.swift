import Quantities

/// How the linear layers of a model are stored and multiplied; embeddings, norms and the output projection keep the activations' format.
public enum QuantizationScheme: String, Hashable, Sendable, CaseIterable {
    case none
    /// e4m3 weights and activations, one scale a tensor found at run time.
    case fp8
    /// e4m3 weights and activations, one scale a tensor known beforehand.
    case fp8Static = "fp8_static"
    /// e4m3 with 1x128 activation and 128x128 weight scales.
    case fp8Block = "fp8_block"
    /// int8 weights and activations (SmoothQuant).
    case int8
    /// int8 weights, 16-bit activations.
    case int8WeightOnly = "int8_wo"
    /// int4 weights, 16-bit activations (GPTQ, AWQ).
    case int4WeightOnly = "int4_wo"
    /// NF4 weights, 16-bit activations (QLoRA).
    case nf4
    /// NVIDIA's 4-bit float for weights and activations.
    case nvfp4
    /// MXFP4 weights, 16-bit activations (gpt-oss).
    case mxfp4 = "mxfp4"
    /// MXFP4 weights, MXFP8 activations.
    case mxfp4mxfp8 = "mxfp4_mxfp8"

    /// Names that people and files use beside the raw values.
    static let synonyms: [String: QuantizationScheme] = [
        "fp8_dynamic": .fp8, "fp8_e4m3": .fp8, "w8a8": .int8, "sq": .int8, "smoothquant": .int8, "w8a16": .int8WeightOnly,
        "weight_only_int8": .int8WeightOnly, "w4a16": .int4WeightOnly, "int4": .int4WeightOnly, "weight_only_int4": .int4WeightOnly,
        "gptq": .int4WeightOnly, "awq": .int4WeightOnly, "w4a16_mxfp4": .mxfp4, "w4a8_mxfp4_mxfp8": .mxfp4mxfp8, "qlora": .nf4,
    ]

    /// Makes a scheme from a name that people use; nil when unknown.
    public init?(name: String) {
        let lowered = name.lowercased()
        guard let scheme = QuantizationScheme(rawValue: lowered) ?? Self.synonyms[lowered] else { return nil }
        self = scheme
    }

    /// The scheme of a linear layer whose unquantised neighbours hold `format`.
    public func matrixScheme(activations format: NumberFormat) -> MatrixMultiplyScheme {
        var scheme: MatrixMultiplyScheme = switch self {
        case .none: .uniform(format)
        case .fp8: .fp8Dynamic
        // Scales known in advance: the norm, activation or attention before a layer writes its output in fp8, as serving engines fuse it.
        case .fp8Static: .fp8Plain
        case .fp8Block: .fp8Block
        case .int8: .int8
        case .int8WeightOnly: .weightOnlyInt8
        case .int4WeightOnly: .weightOnlyInt4
        case .nf4: MatrixMultiplyScheme(activation: format, weight: .nf4, output: format, compute: format)
        case .nvfp4: .nvfp4
        case .mxfp4: .mxfp4WeightOnly
        case .mxfp4mxfp8: .mxfp4mxfp8
        }
        // The library's schemes are stated for bf16 or fp16; the 16-bit (or 32-bit) sides follow the model.
        let stored = format == .tf32 ? NumberFormat.fp32 : format
        if scheme.activation.isSixteenBit { scheme.activation = stored }
        if scheme.output.isSixteenBit { scheme.output = stored }
        if scheme.compute.isSixteenBit { scheme.compute = format }
        return scheme
    }
}

extension NumberFormat {
    fileprivate var isSixteenBit: Bool { self == .fp16 || self == .bf16 }
}
