import ConfigurationFiles
import Quantities
import Workload

/// Maps the dtype column of measured data to formats and schemes.
enum MeasuredFormat {
    /// The scheme of a matrix product, nil for names that mean none.
    static func scheme(_ name: String) -> MatrixMultiplyScheme? {
        if let scheme = named[name] { return scheme }
        guard let format = NumberFormat(name: name), uniform.contains(format) else { return nil }
        return .uniform(format)
    }

    private static let uniform: [NumberFormat] = [.fp64, .fp32, .tf32, .fp16, .bf16]
    private static let named: [String: MatrixMultiplyScheme] = [
        "fp8": .fp8Dynamic, "fp8_static": .fp8Static, "fp8_block": .fp8Block, "fp8_plain": .fp8Plain, "int8": .int8,
        "w8a16": .weightOnlyInt8, "int8_wo": .weightOnlyInt8, "w4a16": .weightOnlyInt4, "int4_wo": .weightOnlyInt4,
        "nvfp4": .nvfp4, "mxfp4a16": .mxfp4WeightOnly, "w4a16_mxfp4": .mxfp4WeightOnly, "w4a8_mxfp4_mxfp8": .mxfp4mxfp8,
    ]

    /// The format of a tensor, nil for names that mean none.
    static func tensor(_ name: String) -> NumberFormat? {
        if let format = NumberFormat(name: name) { return format == .tf32 ? .fp32 : format }
        return name == "fp8_block" || name == "fp8_static" ? .fp8e4m3 : nil
    }

    /// The sentence for a name that means no scheme.
    static func unknownScheme(_ name: String) -> String {
        let allowed = uniform.map(\.rawValue) + named.keys.sorted()
        return "format '\(name)' is no scheme of a matrix product\(Spelling.suggestion(for: name, in: allowed))"
    }

    /// The sentence for a name that means no format.
    static func unknownTensor(_ name: String) -> String {
        "format '\(name)' is unknown\(Spelling.suggestion(for: name, in: NumberFormat.allCases.map(\.rawValue)))"
    }
}
