/// A format in which numbers are stored or multiplied.
///
/// It stands at the bottom of the module graph because both sides need it: hardware states its peak per format, workloads state the
/// format of each tensor, and neither may import the other.
public enum NumberFormat: String, CaseIterable, Hashable, Sendable, Comparable {
    case fp64, fp32, tf32, fp16, bf16
    /// 8-bit floating point, 4 exponent and 3 mantissa bits (OCP OFP8).
    case fp8e4m3
    /// 8-bit floating point, 5 exponent and 2 mantissa bits (OCP OFP8).
    case fp8e5m2
    case fp6
    /// 4-bit floating point (e2m1) without block scales.
    case fp4
    /// NVIDIA's 4-bit float with an e4m3 scale for each 16 elements.
    case nvfp4
    /// OCP microscaling 4-bit float with an 8-bit exponent for each 32 elements.
    case mxfp4
    /// OCP microscaling 8-bit float with an 8-bit exponent for each 32 elements.
    case mxfp8
    case int8, int4
    /// The 4-bit quantile format of QLoRA, 64 elements a scale.
    case nf4
    case int32, int64

    /// Bits one element takes, block scales included.
    public var bitsPerElement: Double {
        switch self {
        case .fp64, .int64: 64
        case .fp32, .tf32, .int32: 32
        case .fp16, .bf16: 16
        case .fp8e4m3, .fp8e5m2, .int8: 8
        case .mxfp8: 8.25
        case .fp6: 6
        case .fp4, .int4: 4
        case .nvfp4: 4.5
        case .mxfp4: 4.25
        case .nf4: 4.5
        }
    }

    /// Bytes one element takes, block scales included.
    public var bytesPerElement: Double { bitsPerElement / 8 }

    public static func < (left: NumberFormat, right: NumberFormat) -> Bool { left.order < right.order }

    /// Position in `allCases`: widest first, the order in which tables list formats.
    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Makes a format from a name that people and files use (`float16`, `half`, `fp8`, `e4m3`, `i8`, …); nil when unknown.
    public init?(name: String) {
        let lowered = name.lowercased()
        if let format = Self(rawValue: lowered) {
            self = format
            return
        }
        guard let format = Self.synonyms[lowered] else { return nil }
        self = format
    }

    private static let synonyms: [String: NumberFormat] = [
        "float64": .fp64, "double": .fp64, "f64": .fp64,
        "float32": .fp32, "float": .fp32, "f32": .fp32, "single": .fp32,
        "tfloat32": .tf32,
        "float16": .fp16, "half": .fp16, "f16": .fp16,
        "bfloat16": .bf16, "bf": .bf16,
        "fp8": .fp8e4m3, "float8": .fp8e4m3, "e4m3": .fp8e4m3, "fp8_e4m3": .fp8e4m3, "f8_e4m3": .fp8e4m3, "float8_e4m3fn": .fp8e4m3,
        "e5m2": .fp8e5m2, "fp8_e5m2": .fp8e5m2, "f8_e5m2": .fp8e5m2, "float8_e5m2": .fp8e5m2,
        "i8": .int8, "s8": .int8, "u8": .int8, "i4": .int4, "e2m1": .fp4, "i32": .int32, "i64": .int64,
    ]
}
