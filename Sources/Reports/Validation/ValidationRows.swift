import Foundation
import Hardware
import Quantities
import Simulator
import Validation
import Workload

/// Every validated row as one line of CSV: where it stands, what was measured, what was projected and why.
public struct ValidationRows {
    private let result: ValidationResult

    public init(_ result: ValidationResult) { self.result = result }

    /// Columns: place, series, times in microseconds, error in percent, bound, kernel, protocol, one column an owner of time.
    public static let header =
        ["file", "line", "family", "source", "device", "architecture", "dtype", "op", "shape"]
        + ["measured_us", "projected_us", "p10_us", "p90_us", "error_percent", "bound", "kernel", "protocol", "beyond_limits"]
        + TimeOwner.allCases.map { "\($0.rawValue)_us" }

    /// The header and one line a row, each ended by a line feed, as UTF-8.
    ///
    /// - Complexity: about 300 bytes a row.
    public var csv: [UInt8] {
        var bytes = Array((Self.header.joined(separator: ",") + "\n").utf8)
        bytes.reserveCapacity(bytes.count + result.rows.count * 300)
        for row in result.rows { bytes += line(row).utf8 }
        return bytes
    }

    private func line(_ row: ValidatedRow) -> String {
        let measured = result.data.rows[row.index]
        let series = result.data.series[row.series]
        var fields = [
            series.path, "\(measured.line)", series.family.rawValue, series.source, series.device, result.architecture(of: row)?.id ?? "",
            series.dtype, series.op, measured.shape.shapeDescription,
        ]
        fields += [row.pair.measured, row.pair.projected, row.pair.low, row.pair.high].map(Self.number)
        fields += [
            Self.number(row.pair.percentError), row.breakdown.largest.rawValue, row.kernel,
            result.plans[row.series].circumstances?.id ?? "", row.isBeyondLimits ? "yes" : "no",
        ]
        fields += TimeOwner.allCases.map { Self.number(row.breakdown[$0]) }
        return fields.map(Self.quoted).joined(separator: ",") + "\n"
    }

    private static func number(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 4) }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension Operator {
    /// The dimensions in one word, for example `m512 n4096 k4096`.
    public var shapeDescription: String {
        switch self {
        case .matrixMultiply(let s): (s.batch > 1 ? "b\(s.batch) " : "") + "m\(s.m) n\(s.n) k\(s.k)"
        case .attention(let s):
            "b\(s.batch) q\(s.queryTokens) kv\(s.keyValueTokens) h\(s.heads)/\(s.keyValueHeads) d\(s.headDimension)"
        case .rowwise(let s): "\(s.rows)x\(s.columns)"
        case .elementwise(let s): "\(s.elements)" + (s.rowWidth.map { " w\($0)" } ?? "")
        case .rotary(let s): "t\(s.tokens) h\(s.heads) d\(s.dimension)"
        case .gather(let s): "\(s.rows)x\(s.columns)"
        case .sampling(let s): "\(s.rows)x\(s.vocabulary)"
        case .mixtureOfExperts(let s):
            "t\(s.tokens) h\(s.hidden) i\(s.intermediate) e\(s.experts) k\(s.topK) tp\(s.tensorParallel) ep\(s.expertParallel)"
        case .collective(let s): "\(s.bytes) B x\(s.devices)" + (s.devicesPerNode < s.devices ? " (\(s.devicesPerNode) a node)" : "")
        case .copy(let s): "\(s.bytes) B"
        }
    }
}
