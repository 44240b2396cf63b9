import Quantities
import Validation

/// What `ridgeline fit` found, as text for people and data for programs.
public struct FitDocument {
    private let outcome: CalibrationFit.Outcome

    public init(_ outcome: CalibrationFit.Outcome) { self.outcome = outcome }

    public var text: String {
        var parts = ["\(outcome.rows) rows of \(outcome.devices.joined(separator: ", ")) (\(outcome.sources.joined(separator: ", ")))."]
        parts.append(errorTable.plain)
        parts.append(constantTable.plain)
        if !outcome.unfelt.isEmpty { parts.append("No row feels these; they stay as they were: \(outcome.unfelt.joined(separator: ", ")).") }
        if !outcome.harness.isEmpty { parts += ["Time around the kernels, settled with the fit (it belongs to the measurement's protocol):", harnessTable.plain] }
        return parts.joined(separator: "\n\n")
    }

    /// Errors before and after, on the rows of the fit and on rows left out.
    public var errorTable: TextTable {
        var table = TextTable(columns: [
            .text("rows"), .number("count"), .number("MAPE %"), .number("median"), .number("p90"), .number("bias"),
        ])
        func add(_ name: String, _ statistics: ErrorStatistics?) {
            guard let statistics else { return }
            let numbers = [statistics.meanAbsolute, statistics.medianAbsolute, statistics.p90Absolute, statistics.bias]
            table.rows.append([name, "\(statistics.count)"] + numbers.map { FixedPoint.format($0, fractionDigits: 1) })
        }
        add("of the fit, before", outcome.before)
        add("of the fit, after", outcome.after)
        add("shapes left out", outcome.byShape)
        for device in outcome.byDevice {
            add("\(device.device), before", device.before)
            add("\(device.device), left out", device.leftOut)
        }
        return table
    }

    public var constantTable: TextTable {
        var table = TextTable(columns: [.text("constant"), .number("start"), .number("fitted"), .number("from"), .number("to"), .text("")])
        for (variable, value) in zip(outcome.variables, outcome.values) {
            let isAtEnd = value <= variable.plausible.lowerBound || value >= variable.plausible.upperBound
            table.rows.append([
                "\(variable.group)/\(variable.name)", "\(variable.start)", "\(value)", "\(variable.plausible.lowerBound)",
                "\(variable.plausible.upperBound)", isAtEnd ? "at the end of its range: not identified by these rows" : "",
            ])
        }
        return table
    }

    private var harnessTable: TextTable {
        var table = TextTable(columns: [.text("series"), .number("stated us"), .number("fitted us")])
        for entry in outcome.harness {
            table.rows.append([entry.series, FixedPoint.format(entry.stated, fractionDigits: 2), FixedPoint.format(entry.fitted, fractionDigits: 2)])
        }
        return table
    }

    public var json: JSONText {
        func errors(_ statistics: ErrorStatistics?) -> JSONText? {
            statistics.map {
                .object([
                    "count": .integer($0.count), "mape": .number($0.meanAbsolute), "median_ape": .number($0.medianAbsolute),
                    "p90_ape": .number($0.p90Absolute), "bias": .number($0.bias),
                ])
            }
        }
        return .object([
            "rows": .integer(outcome.rows), "sources": .array(outcome.sources.map(JSONText.string)),
            "devices": .array(outcome.devices.map(JSONText.string)), "before": errors(outcome.before), "after": errors(outcome.after),
            "shapes_left_out": errors(outcome.byShape),
            "devices_left_out": .array(
                outcome.byDevice.map { .object(["device": .string($0.device), "before": errors($0.before), "left_out": errors($0.leftOut)]) }),
            "constants": .array(
                zip(outcome.variables, outcome.values).map {
                    .object([
                        "group": .string($0.group), "name": .string($0.name), "start": .number($0.start), "value": .number($1),
                        "plausible": .array([.number($0.plausible.lowerBound), .number($0.plausible.upperBound)]),
                    ])
                }),
            "unfelt": .array(outcome.unfelt.map(JSONText.string)),
            "harness": .array(
                outcome.harness.map { .object(["series": .string($0.series), "stated_us": .number($0.stated), "fitted_us": .number($0.fitted)]) }),
            "evaluations": .integer(outcome.evaluations),
        ])
    }
}
