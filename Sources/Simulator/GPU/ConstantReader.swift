import Hardware

/// Reads the constants of kernel models: the most specific group first, then the general one, then the class's default.
///
/// A constant belongs to a generation. Where a calibration of the generation (or of the vendor's nearest one, merged by the reader of
/// architecture files) states none, the default of the class holds, and intervals widen (`ProjectionIntervals`).
struct ConstantReader {
    private let constants: DeviceConstants

    init(_ constants: DeviceConstants) { self.constants = constants }

    /// A constant of `group`, else of its parents (`gemm.fp8_block`, then `gemm`), else `fallback`.
    func callAsFunction(_ group: String, _ name: String, default fallback: Double) -> Double {
        var group = Substring(group)
        while true {
            if let value = constants.value(String(group), name) { return value }
            guard let dot = group.lastIndex(of: ".") else { return fallback }
            group = group[..<dot]
        }
    }

    /// A constant of exactly this group, nil where no file states it.
    func stated(_ group: String, _ name: String) -> Double? { constants.value(group, name) }
}
