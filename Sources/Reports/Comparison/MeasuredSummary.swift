import Quantities
import Simulator
import Validation

/// Projected against measured as text, for a terminal.
public struct MeasuredSummary {
    private let comparison: TraceComparison

    public init(_ comparison: TraceComparison) { self.comparison = comparison }

    public var plain: String {
        var table = TextTable(columns: [
            .text("operator"), .number("runs"), .number("measured"), .number("projected"), .number("error"), .text("bound"),
        ])
        for row in comparison.rows.sorted(by: { $0.measured > $1.measured }) {
            table.rows.append([
                row.place, "\(row.count)", row.measured.description, row.projected.description, Numeral.signedPercent(row.error),
                row.breakdown.largest.title,
            ])
        }
        table.rows.append([
            "all", "", comparison.measured.description, comparison.projected.description, Numeral.signedPercent(comparison.error), "",
        ])
        let note = HostLoad.note(comparison.loadAverage).map { "\n" + $0 } ?? ""
        return "Projected against measured, \(comparison.workload) on \(comparison.device):\n" + table.plain + note
    }
}
