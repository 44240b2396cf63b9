import Quantities
import Validation

/// Errors on rows and devices that no constant saw, beside those of the constants that ship.
struct LeftOutTables {
    private let summary: ValidationSummary
    private let outcome: CrossValidation.Outcome
    private let shapes: [ErrorGroupKey: ErrorGroup]
    private let devices: [ErrorGroupKey: ErrorGroup]

    init(_ summary: ValidationSummary, _ outcome: CrossValidation.Outcome) {
        self.summary = summary
        self.outcome = outcome
        shapes = Self.byKey(outcome.shapes.groups())
        devices = Self.byKey(outcome.devices.groups())
    }

    private static func byKey(_ groups: [ErrorGroup]) -> [ErrorGroupKey: ErrorGroup] {
        Dictionary(groups.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static let title = "Rows and devices that no constant saw"
    static let note =
        "Every row projected with constants fitted to other shapes (whole shapes left out, in folds), and with constants fitted to other devices: "
        + "siblings of the generation where they were measured in the format, otherwise the vendor's other generations. Each fit starts in the middle "
        + "of the plausible ranges, so that nothing of the constants that ship, which saw about half of the rows, reaches it; intervals come from the "
        + "residuals of the rows that taught. Rows faster than the data sheet allows are not in these tables."
    static let bucketTitle = "By measured time, mean error in percent (rows)"
    static let groupTitle = "By source, device, format and operator"
    static let kinTitle = "What a left-out device was projected from"

    private static let errorColumns: [TextTable.Column] = [.number("rows"), .number("mean %"), .number("median"), .number("p90"), .number("bias"), .number("inside %")]

    var overview: TextTable {
        TextTable(
            columns: [.text("family"), .number("shipped %")] + titled("shapes left out") + titled("device left out")
                + [.number("roofline %"), .number("3 constants %")],
            rows: summary.families.map { family in
                [family.family.rawValue, percent(family.statistics.meanAbsolute)] + cells(statistics(outcome.shapes, family.family))
                    + cells(statistics(outcome.devices, family.family))
                    + [percent(family.datasheet?.meanAbsolute), percent(family.threeConstants?.meanAbsolute)]
            })
    }

    var groups: TextTable {
        TextTable(
            columns: [.text("family"), .text("source"), .text("device"), .text("dtype"), .text("op"), .number("shipped %")]
                + titled("shapes left out") + titled("device left out") + [.number("3 constants %")],
            rows: summary.groups.indices.map { index in
                let group = summary.groups[index]
                let key = group.key
                return [key.family.rawValue, key.source, key.device, key.dtype, key.op, percent(group.statistics.meanAbsolute)]
                    + cells(shapes[key]?.statistics) + cells(devices[key]?.statistics)
                    + [percent(summary.baselines[index]?.threeConstants.meanAbsolute)]
            })
    }

    var buckets: TextTable {
        TextTable(
            columns: [.text("family"), .text("left out")] + DurationBucket.allCases.map { .number($0.rawValue) },
            rows: summary.families.flatMap { family in
                [("shapes", outcome.shapes), ("device", outcome.devices)].map { label, result in
                    let pairs = pairs(result, family.family)
                    return [family.family.rawValue, label] + DurationBucket.allCases.map { bucket in
                        ErrorStatistics(pairs.filter { DurationBucket(measuredMicroseconds: $0.measured) == bucket })
                            .map { "\(percent($0.meanAbsolute)) (\($0.count))" } ?? "-"
                    }
                }
            })
    }

    var kin: TextTable {
        TextTable(
            columns: [.text("family"), .text("device"), .text("constants from")],
            rows: outcome.kin.map { [$0.family.rawValue, $0.device, $0.from.joined(separator: ", ")] })
    }

    private func titled(_ title: String) -> [TextTable.Column] {
        Self.errorColumns.enumerated().map { index, column in index == 0 ? .number("\(title): rows") : column }
    }

    private func pairs(_ result: ValidationResult, _ family: MeasuredFamily) -> [MeasuredPair] {
        result.rows.filter { result.data.series[$0.series].family == family }.map(\.pair)
    }

    private func statistics(_ result: ValidationResult, _ family: MeasuredFamily) -> ErrorStatistics? { ErrorStatistics(pairs(result, family)) }

    private func cells(_ statistics: ErrorStatistics?) -> [String] {
        guard let statistics else { return [String](repeating: "-", count: Self.errorColumns.count) }
        return [
            "\(statistics.count)", percent(statistics.meanAbsolute), percent(statistics.medianAbsolute), percent(statistics.p90Absolute),
            percent(statistics.bias), percent(statistics.coverage * 100),
        ]
    }

    private func percent(_ value: Double?) -> String { value.map { FixedPoint.format($0, fractionDigits: 1) } ?? "-" }
}
