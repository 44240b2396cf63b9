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

    /// A row for the constants that ship and for each way of leaving out.
    var overview: TextTable {
        TextTable(
            columns: [
                .text("family"), .text("constants"), .number("rows"), .number("mean %"), .number("median"), .number("p90"), .number("bias"),
                .number("inside %"), .number("roofline %"), .number("3 constants %"),
            ],
            rows: summary.families.flatMap { family in
                let kinds = [
                    ("as shipped", family.statistics), ("shapes left out", statistics(outcome.shapes, family.family)),
                    ("device left out", statistics(outcome.devices, family.family)),
                ]
                return kinds.enumerated().map { index, kind in
                    let baselines = index == 0 ? [family.datasheet, family.threeConstants] : [nil, nil]
                    return [family.family.rawValue, kind.0] + cells(kind.1) + baselines.map { $0.map { percent($0.meanAbsolute) } ?? "" }
                }
            })
    }

    var groups: TextTable {
        TextTable(
            columns: [
                .text("family"), .text("source"), .text("device"), .text("dtype"), .text("op"), .number("rows"), .number("shipped %"),
                .number("shapes: mean %"), .number("p90"), .number("inside %"), .number("device: mean %"), .number("p90"), .number("inside %"),
                .number("3 constants %"),
            ],
            rows: summary.groups.indices.map { index in
                let group = summary.groups[index]
                let key = group.key
                return [
                    key.family.rawValue, key.source, key.device, key.dtype, key.op, "\(group.statistics.count)", percent(group.statistics.meanAbsolute),
                ] + shortCells(shapes[key]?.statistics) + shortCells(devices[key]?.statistics)
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

    private func pairs(_ result: ValidationResult, _ family: MeasuredFamily) -> [MeasuredPair] {
        result.rows.filter { result.data.series[$0.series].family == family }.map(\.pair)
    }

    private func statistics(_ result: ValidationResult, _ family: MeasuredFamily) -> ErrorStatistics? { ErrorStatistics(pairs(result, family)) }

    private func cells(_ statistics: ErrorStatistics?) -> [String] {
        guard let statistics else { return [String](repeating: "-", count: 6) }
        return [
            "\(statistics.count)", percent(statistics.meanAbsolute), percent(statistics.medianAbsolute), percent(statistics.p90Absolute),
            percent(statistics.bias), percent(statistics.coverage * 100),
        ]
    }

    private func shortCells(_ statistics: ErrorStatistics?) -> [String] {
        [percent(statistics?.meanAbsolute), percent(statistics?.p90Absolute), percent((statistics?.coverage).map { $0 * 100 })]
    }

    private func percent(_ value: Double?) -> String { value.map { FixedPoint.format($0, fractionDigits: 1) } ?? "-" }
}
