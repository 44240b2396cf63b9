import Quantities
import Simulator
import Validation

/// The results of `ridgeline validate` as text for people and data for programs.
public struct ValidationDocument {
    private let result: ValidationResult
    private let groups: [ErrorGroup]

    private let baselines: [BaselineErrors?]

    /// - Parameter withBaselines: adds the errors of the two roofline baselines to each group, which takes a fit a group.
    public init(_ result: ValidationResult, groups: [ErrorGroup], withBaselines: Bool = false) {
        self.result = result
        self.groups = groups
        baselines = withBaselines ? groups.map { result.baselines(of: $0) } : []
    }

    /// The document of a summary, baselines included.
    public init(_ summary: ValidationSummary) {
        result = summary.result
        groups = summary.groups
        baselines = summary.baselines
    }

    /// `n of m rows answered`, published figures counted apart, and what neutral protocols were used for.
    public var headline: String {
        let files = result.data.files.count == 1 ? "1 file" : "\(result.data.files.count) files"
        let (figures, askedFigures) = (result.figures.count, result.askedFigures)
        let (rows, askedRows) = (result.answered - figures, result.asked - askedFigures)
        var counts: [String] = []
        if askedRows > 0 || askedFigures == 0 { counts.append("\(rows) of \(askedRows) rows answered") }
        if askedFigures > 0 { counts.append("\(figures) of \(askedFigures) published figures answered") }
        var lines = ["\(counts.joined(separator: ", ")) (\(files))."]
        for neutral in result.neutralSources {
            let name = neutral.source.isEmpty ? "no source" : "source '\(neutral.source)'"
            lines.append(
                "\(neutral.rows) rows of \(name): no protocol known, neutral one assumed (graph launch, activations in cache, weights in memory, sustained clock).")
        }
        return lines.joined(separator: "\n")
    }

    /// Groups, totals per family and skipped rows.
    public var text: String {
        var parts = [headline]
        if !groups.isEmpty { parts += [errorTable.plain, "By measured time, all groups of a family together:", bucketTable.plain] }
        if !result.passes.isEmpty { parts += ["Whole models:", passTable.plain] }
        if !result.figures.isEmpty {
            let tables = PublishedTables(result)
            parts += ["Published figures:", PublishedTables.note, tables.devices.plain, tables.groups.plain]
        }
        if !result.skipped.entries.isEmpty { parts += ["Not projected:", skippedTable.plain] }
        return parts.joined(separator: "\n\n")
    }

    /// The same without the buckets, as Markdown; skipped rows only where figures were published, which mostly leave something open.
    public var markdown: String {
        var parts = [headline]
        if !groups.isEmpty || result.figures.isEmpty { parts.append(errorTable.markdown) }
        if !result.passes.isEmpty { parts.append(passTable.markdown) }
        if !result.figures.isEmpty { parts += [PublishedTables.note, PublishedTables(result).devices.markdown, PublishedTables(result).groups.markdown, skippedTable.markdown] }
        return parts.joined(separator: "\n\n")
    }

    /// Errors in percent of the measured time; `in P10-P90` is the share of rows inside their interval.
    public var errorTable: TextTable {
        var table = TextTable(columns: [
            .text("family"), .text("source"), .text("device"), .text("dtype"), .text("op"), .number("rows"), .number("MAPE %"),
            .number("median"), .number("p90"), .number("bias"), .number("in P10-P90"),
        ])
        if !baselines.isEmpty { table.columns += [.number("roofline"), .number("3-constant")] }
        for (index, group) in groups.enumerated() {
            let statistics = group.statistics
            table.rows.append(
                [
                    group.key.family.rawValue, group.key.source, group.key.device, group.key.dtype, group.key.op, "\(statistics.count)",
                    percent(statistics.meanAbsolute), percent(statistics.medianAbsolute), percent(statistics.p90Absolute),
                    percent(statistics.bias), percent(statistics.coverage * 100),
                ] + (baselines.isEmpty ? [] : [
                    baselines[index].map { percent($0.datasheet.meanAbsolute) } ?? "-",
                    baselines[index].map { percent($0.threeConstants.meanAbsolute) } ?? "-",
                ]))
        }
        return table
    }

    /// Errors of whole models; factor: projected over measured time, geometric mean and range; roofline: the sum of their operators' data-sheet rooflines.
    public var passTable: TextTable {
        var table = TextTable(columns: [
            .text("source"), .text("device"), .text("dtype"), .text("phase"), .number("passes"), .number("factor"), .number("from"), .number("to"), .number("MAPE %"),
            .number("bias"), .number("in P10-P90"), .number("roofline %"),
        ])
        for group in result.passGroups() {
            let (key, statistics) = (group.key, group.statistics)
            table.rows.append(
                [key.source, key.device, key.dtype, key.op, "\(statistics.count)", factor(group.factor.mean), factor(group.factor.smallest),
                    factor(group.factor.largest), percent(statistics.meanAbsolute), percent(statistics.bias), percent(statistics.coverage * 100), group.roofline.map { percent($0.meanAbsolute) } ?? "-"])
        }
        return table
    }

    /// Each whole model with its projection and the largest owners of its time.
    public var passDetailTable: TextTable {
        var table = TextTable(columns: [
            .text("device"), .text("dtype"), .text("pass"), .text("where the projection spends its time"), .number("measured ms"), .number("projected ms"),
            .number("error %"), .number("roofline %"),
        ])
        for group in result.passGroups() {
            for position in group.passes {
                let pass = result.passes[position]
                let owners = pass.breakdown.parts.sorted { $0.time > $1.time }.prefix(3).map { part in
                    "\(part.owner.rawValue) \(percent(100 * part.time.microseconds / pass.pair.projected)) %"
                }
                table.rows.append([
                    group.key.device, group.key.dtype, result.data.passes[pass.index].description, owners.joined(separator: ", "), FixedPoint.format(pass.pair.measured / 1000, fractionDigits: 2),
                    FixedPoint.format(pass.pair.projected / 1000, fractionDigits: 2), percent(pass.pair.percentError),
                    pass.roofline.map { percent(100 * ($0 / pass.pair.measured - 1)) } ?? "-",
                ])
            }
        }
        return table
    }

    /// The groups with the columns of the JSON form.
    public var csvTable: TextTable {
        var table = TextTable(columns: [
            .text("family"), .text("source"), .text("device"), .text("architecture"), .text("dtype"), .text("op"), .number("count"),
            .number("mape"), .number("median_ape"), .number("p90_ape"), .number("bias"), .number("coverage"),
        ])
        for group in groups {
            let (key, statistics) = (group.key, group.statistics)
            let numbers = [
                statistics.meanAbsolute, statistics.medianAbsolute, statistics.p90Absolute, statistics.bias, statistics.coverage,
            ]
            table.rows.append(
                [key.family.rawValue, key.source, key.device, key.architecture, key.dtype, key.op, "\(statistics.count)"]
                    + numbers.map { FixedPoint.format($0, fractionDigits: 4) })
        }
        for group in result.passGroups() {
            let (key, statistics) = (group.key, group.statistics)
            let numbers = [statistics.meanAbsolute, statistics.medianAbsolute, statistics.p90Absolute, statistics.bias, statistics.coverage]
            table.rows.append(
                [key.family.rawValue, key.source, key.device, key.architecture, key.dtype, key.op, "\(statistics.count)"]
                    + numbers.map { FixedPoint.format($0, fractionDigits: 4) })
        }
        for group in result.figureGroups() {
            // Published figures have no interval that would cover them, and many a source a device.
            let statistics = group.statistics
            let absolute = ErrorStatistics(group.figures.map { MeasuredPair(measured: 1, projected: result.figures[$0].factor, low: 0, high: 0) })
            table.rows.append(
                [MeasuredFamily.published.rawValue, "", "", group.architecture, "", "\(group.kind.rawValue) \(group.metric)", "\(statistics.count)"]
                    + [absolute?.meanAbsolute, absolute?.medianAbsolute, absolute?.p90Absolute, statistics.bias, nil].map { number in
                        number.map { FixedPoint.format($0, fractionDigits: 4) } ?? ""
                    })
        }
        return table
    }

    /// Mean absolute error per family and range of measured time.
    public var bucketTable: TextTable {
        var table = TextTable(
            columns: [.text("family"), .number("rows"), .number("MAPE %")] + DurationBucket.allCases.map { .number($0.rawValue) })
        for family in MeasuredFamily.allCases {
            let pairs = groups.filter { $0.key.family == family }.flatMap { group in group.rows.map { result.rows[$0].pair } }
            guard let all = ErrorStatistics(pairs) else { continue }
            let buckets = DurationBucket.allCases.map { bucket in
                ErrorStatistics(pairs.filter { DurationBucket(measuredMicroseconds: $0.measured) == bucket })
                    .map { "\(percent($0.meanAbsolute)) (\($0.count))" } ?? "-"
            }
            table.rows.append([family.rawValue, "\(all.count)", percent(all.meanAbsolute)] + buckets)
        }
        return table
    }

    /// Rows without a projection, with the reason; devices that share one are counted together beyond three.
    public var skippedTable: TextTable {
        var table = TextTable(columns: [.text("family"), .text("device"), .number("rows"), .text("reason")])
        var merged: [(family: MeasuredFamily, reason: String, devices: [String], count: Int)] = []
        for entry in result.skipped.entries {
            if let position = merged.firstIndex(where: { $0.family == entry.family && $0.reason == entry.reason }) {
                merged[position].devices.append(entry.device)
                merged[position].count += entry.count
            } else {
                merged.append((entry.family, entry.reason, [entry.device], entry.count))
            }
        }
        for entry in merged {
            let devices = entry.devices.count > 3 ? "\(entry.devices.count) devices" : entry.devices.joined(separator: ", ")
            table.rows.append([entry.family.rawValue, devices, "\(entry.count)", entry.reason])
        }
        return table
    }

    /// `{"groups": […], "skipped": […], "answered", "asked", "answered_figures", "asked_figures", "neutral_protocol", "buckets": […]}`; errors in percent, coverage from 0 to 1.
    public var json: JSONText {
        .object([
            "groups": .array(groups.map(Self.json) + result.passGroups().map(Self.json)),
            "skipped": .array(
                result.skipped.entries.map {
                    .object([
                        "family": .string($0.family.rawValue), "device": .string($0.device), "reason": .string($0.reason),
                        "count": .integer($0.count),
                    ])
                }),
            "published": result.figures.isEmpty ? nil : PublishedTables(result).json,
            "baselines": baselines.isEmpty ? nil : .array(zip(groups, baselines).compactMap(Self.json)),
            "answered": .integer(result.answered), "asked": .integer(result.asked),
            "answered_figures": .integer(result.figures.count), "asked_figures": .integer(result.askedFigures),
            "neutral_protocol": .array(
                result.neutralSources.map { .object(["source": .string($0.source), "count": .integer($0.rows)]) }),
            "buckets": .array(
                groups.flatMap { group in
                    group.buckets.map { bucket in
                        .object([
                            "family": .string(group.key.family.rawValue), "source": .string(group.key.source),
                            "device": .string(group.key.device), "dtype": .string(group.key.dtype), "op": .string(group.key.op),
                            "measured": .string(bucket.bucket.rawValue), "count": .integer(bucket.statistics.count),
                            "mape": .number(bucket.statistics.meanAbsolute), "bias": .number(bucket.statistics.bias),
                        ])
                    }
                }),
        ])
    }

    private static func json(_ group: ErrorGroup) -> JSONText { json(group.key, group.statistics) }
    private static func json(_ group: PassGroup) -> JSONText { json(group.key, group.statistics) }

    private static func json(_ key: ErrorGroupKey, _ statistics: ErrorStatistics) -> JSONText {
        .object([
            "family": .string(key.family.rawValue), "source": .string(key.source), "device": .string(key.device),
            "architecture": .string(key.architecture), "dtype": .string(key.dtype), "op": .string(key.op), "count": .integer(statistics.count),
            "mape": .number(statistics.meanAbsolute), "median_ape": .number(statistics.medianAbsolute), "p90_ape": .number(statistics.p90Absolute),
            "bias": .number(statistics.bias), "coverage": .number(statistics.coverage),
        ])
    }

    private static func json(_ group: ErrorGroup, _ baseline: BaselineErrors?) -> JSONText? {
        guard let baseline else { return nil }
        return .object([
            "family": .string(group.key.family.rawValue), "source": .string(group.key.source), "device": .string(group.key.device),
            "dtype": .string(group.key.dtype), "op": .string(group.key.op),
            "datasheet_roofline_mape": .number(baseline.datasheet.meanAbsolute),
            "three_constant_roofline_mape": .number(baseline.threeConstants.meanAbsolute),
        ])
    }

    private func factor(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 2) }
    private func percent(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 1) }
}
