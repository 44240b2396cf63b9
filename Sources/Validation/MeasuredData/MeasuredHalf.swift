/// Two halves of measured rows: constants are fitted on one and judged on the other.
///
/// Whole shapes fall into one half, in every format, device and protocol, by a hash that is the same everywhere: no shape that was judged
/// was fitted on, whatever files are read together and in which order.
public enum MeasuredHalf: String, Hashable, Sendable, CaseIterable {
    case fit, judge
}

extension MeasuredData {
    /// The rows of one half; series, files and rows that are not projected stay.
    ///
    /// - Complexity: O(n) in the rows.
    public func half(_ half: MeasuredHalf) -> MeasuredData {
        var data = self
        data.rows = rows.filter { (StableHash.value(of: $0.shape) % 2 == 0) == (half == .fit) }
        data.passes = passes.filter { (StableHash.value(of: $0) % 2 == 0) == (half == .fit) }
        return data
    }
}
