import Quantities
import Simulator
import Validation
import Workload

/// Operator by operator: what the clock said and what the model of the same device says.
struct MeasuredSection {
    private let comparison: TraceComparison

    init(_ comparison: TraceComparison) { self.comparison = comparison }

    var markup: [Markup] {
        let verdict = "Operators took \(comparison.measured) on the clock; the model of this device, calibrated on micro-benchmarks and not on these "
            + "operators, says \(comparison.projected): \(Numeral.signedPercent(comparison.error)). Mean absolute error over the places below: "
            + "\(Numeral.percent(comparison.meanAbsoluteError))."
        var content = [Markup.paragraph(verdict)]
        if let note = HostLoad.note(comparison.loadAverage) { content.append(.paragraph(note, class: "note")) }
        content += [table, scatter]
        if let phases = comparison.measuredPhases {
            let gap = phases - comparison.measured
            content.append(.paragraph("Whole phases took \(phases): \(gap) more than the sum of their operators (dispatch, observation, gaps).", class: "note"))
        }
        if !comparison.refused.isEmpty {
            content.append(Markup("h3", text: "Not projected"))
            content.append(Markup("ul", [:], comparison.refused.map { Markup("li", text: $0) }))
        }
        return content
    }

    private var table: Markup {
        let rows = comparison.rows.sorted { $0.measured > $1.measured }.map { row in
            [
                row.phase?.rawValue ?? "", row.place, "\(row.count)", row.measured.description,
                row.measuredSpread.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "single",
                row.projected.description, Numeral.signedPercent(row.error), Numeral.percent(row.measured / comparison.measured),
                row.breakdown.largest.title,
            ]
        }
        return .table(
            header: ["phase", "operator", "runs", "measured", "P10 to P90", "projected", "error", "share", "bound"], rows: rows, textColumns: 2)
    }

    private var scatter: Markup {
        let families = Array(Set(comparison.rows.map(\.family))).sorted()
        let points = comparison.rows.map { row in
            ScatterChart.Point(
                measured: row.measured.microseconds / Double(row.count), projected: row.projected.microseconds / Double(row.count),
                series: families.firstIndex(of: row.family) ?? 0,
                label: "\(row.place): \(Numeral.signedPercent(row.error))")
        }
        let chart = ScatterChart(
            description: "Projected against measured time of each operator", unit: "µs per run", points: points, series: families.map(\.title))
        return .figure(chart.markup, caption: "Each place once, per execution. Dashed: ±20 %.")
    }
}

extension Numeral {
    static func signedPercent(_ share: Double) -> String { (share >= 0 ? "+" : "") + percent(share) }
}
