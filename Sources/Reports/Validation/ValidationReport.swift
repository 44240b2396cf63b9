import Hardware
import Quantities
import Simulator
import Validation
import Workload

/// The report of a validation: errors next to two baselines, where they lie, the worst rows and why, and what was not projected.
public struct ValidationReport {
    private let summary: ValidationSummary
    private let document: ValidationDocument
    private let leftOut: LeftOutTables?
    private let ablations: [Ablation]
    private let command: String

    /// - Parameter command: the command that makes the report again.
    public init(
        _ summary: ValidationSummary, leftOut: CrossValidation.Outcome? = nil, ablations: [Ablation] = [], command: String
    ) {
        self.summary = summary
        document = ValidationDocument(summary)
        self.leftOut = leftOut.map { LeftOutTables(summary, $0) }
        self.ablations = ablations
        self.command = command
    }

    private var published: PublishedTables { PublishedTables(summary.result) }

    private static let title = "Projected against measured"

    /// One self-contained HTML page: no script, no network; equal input gives equal bytes.
    public var html: String {
        var page = Page(title: Self.title, lead: document.headline.split(separator: "\n").first.map(String.init) ?? "")
        page.section("Errors by family", [markup(overview, words: 1), .paragraph(Self.legend, class: "note")])
        page.section("By measured time", [markup(document.bucketTable, words: 1)])
        if let leftOut {
            var content = [
                .paragraph(LeftOutTables.note, class: "note"), markup(leftOut.overview, words: 2), Markup("h3", text: LeftOutTables.bucketTitle),
                markup(leftOut.buckets, words: 2), Markup("h3", text: LeftOutTables.groupTitle), markup(leftOut.groups, words: 5),
            ]
            if !leftOut.kin.rows.isEmpty { content += [Markup("h3", text: LeftOutTables.kinTitle), markup(leftOut.kin, words: 3)] }
            page.section(LeftOutTables.title, content)
        }
        if !summary.result.passes.isEmpty {
            page.section(
                Self.passTitle,
                [.paragraph(Self.passNote, class: "note"), markup(document.passTable, words: 4), markup(document.passDetailTable, words: 4)])
        }
        if !summary.result.figures.isEmpty {
            page.section(
                "Published figures", [.paragraph(PublishedTables.note, class: "note"), markup(published.devices, words: 1), markup(published.groups, words: 3)])
        }
        for family in summary.families {
            page.section(
                "Family \(family.family.rawValue)",
                [
                    Markup("div", ["class": "pair"], charts(family)), markup(groupTable(family), words: 4),
                    Markup("h3", text: "Worst rows"), markup(worstTable(family), words: 5),
                ])
        }
        if !ablations.isEmpty { page.section("Without a mechanism", [markup(ablationTable, words: 2), .paragraph(Self.ablationNote, class: "note")]) }
        page.section("How each source measured", [markup(protocolTable, words: 7)])
        if !document.skippedTable.rows.isEmpty { page.section("Not projected", [markup(document.skippedTable, words: 2)]) }
        page.section("Make it again", [Markup("pre", text: command)])
        return page.rendered
    }

    /// The same without the pictures, as Markdown.
    public var markdown: String {
        var parts = ["# \(Self.title)", document.headline, "## Errors by family", overview.markdown, Self.legend, "## By measured time", document.bucketTable.markdown]
        if let leftOut {
            parts += [
                "## \(LeftOutTables.title)", LeftOutTables.note, leftOut.overview.markdown, "### \(LeftOutTables.bucketTitle)", leftOut.buckets.markdown,
                "### \(LeftOutTables.groupTitle)", leftOut.groups.markdown,
            ]
            if !leftOut.kin.rows.isEmpty { parts += ["### \(LeftOutTables.kinTitle)", leftOut.kin.markdown] }
        }
        if !summary.result.passes.isEmpty {
            parts += ["## \(Self.passTitle)", Self.passNote, document.passTable.markdown, document.passDetailTable.markdown]
        }
        if !summary.result.figures.isEmpty {
            parts += ["## Published figures", PublishedTables.note, published.devices.markdown, published.groups.markdown]
        }
        for family in summary.families {
            parts += ["## Family \(family.family.rawValue)", groupTable(family).markdown, "### Worst rows", worstTable(family).markdown]
        }
        if !ablations.isEmpty { parts += ["## Without a mechanism", ablationTable.markdown, Self.ablationNote] }
        parts += ["## How each source measured", protocolTable.markdown]
        if !document.skippedTable.rows.isEmpty { parts += ["## Not projected", document.skippedTable.markdown] }
        return (parts + ["## Make it again", "    \(command)"]).joined(separator: "\n\n") + "\n"
    }

    private static let legend =
        "Errors in percent of the measured time: mean, median and 90th percentile of the absolute error, and the mean signed error (bias, above zero "
        + "where projections are too slow). Inside: share of rows within their P10 to P90 interval, 80 % is right. Roofline: the larger of arithmetic "
        + "over data-sheet peak and compulsory bytes over data-sheet bandwidth. 3 constants: the same with a launch time and two efficiencies "
        + "fitted to each group, errors on shapes left out."
    private static let passTitle = "Whole models"
    private static let passNote =
        "Whole passes, lowered to operators as the source's software ran them and projected one by one; no constant is fitted to these rows. "
        + "Factor: projected over measured time, geometric mean and range. "
        + "Roofline: the sum of the operators' data-sheet rooflines."
    private static let ablationNote =
        "Constants that switch the mechanism off, everything else as it is. Refitted: every other constant fitted anew, errors on shapes "
        + "left out (two folds, 150 rows of a series); what a mechanism is worth is how far the error without it lies above the one with it."

    private func markup(_ table: TextTable, words: Int) -> Markup {
        .table(header: table.columns.map(\.title), rows: table.rows, textColumns: words)
    }

    private func percent(_ value: Double?) -> String { value.map { FixedPoint.format($0, fractionDigits: 1) } ?? "-" }
}

// MARK: - Tables

extension ValidationReport {
    private static let errorColumns: [TextTable.Column] = [
        .number("rows"), .number("mean %"), .number("median"), .number("p90"), .number("bias"), .number("inside %"), .number("roofline %"),
        .number("3 constants %"),
    ]

    private func errorCells(_ statistics: ErrorStatistics, _ datasheet: ErrorStatistics?, _ threeConstants: ErrorStatistics?) -> [String] {
        [
            "\(statistics.count)", percent(statistics.meanAbsolute), percent(statistics.medianAbsolute), percent(statistics.p90Absolute),
            percent(statistics.bias), percent(statistics.coverage * 100), percent(datasheet?.meanAbsolute), percent(threeConstants?.meanAbsolute),
        ]
    }

    private var overview: TextTable {
        TextTable(
            columns: [.text("family")] + Self.errorColumns,
            rows: summary.families.map { [$0.family.rawValue] + errorCells($0.statistics, $0.datasheet, $0.threeConstants) })
    }

    private func groupTable(_ family: ValidationSummary.Family) -> TextTable {
        TextTable(
            columns: [.text("source"), .text("device"), .text("dtype"), .text("op")] + Self.errorColumns + [.number("beyond data sheet")],
            rows: family.groups.map { index in
                let group = summary.groups[index]
                let baseline = summary.baselines[index]
                return [group.key.source, group.key.device, group.key.dtype, group.key.op]
                    + errorCells(group.statistics, baseline?.datasheet, baseline?.threeConstants)
                    + [group.beyondLimits == 0 ? "" : "\(group.beyondLimits)"]
            })
    }

    private func worstTable(_ family: ValidationSummary.Family) -> TextTable {
        let result = summary.result
        return TextTable(
            columns: [
                .text("row"), .text("device"), .text("operator"), .text("shape"), .text("kernel"), .number("measured µs"), .number("projected µs"),
                .number("error %"), .text("where the projection spends its time"),
            ],
            rows: family.worst.map { position in
                let row = result.rows[position]
                let measured = result.data.rows[row.index]
                let series = result.data.series[row.series]
                let owners = row.breakdown.parts.sorted { $0.time > $1.time }.prefix(3).map { part in
                    "\(part.owner.rawValue) \(FixedPoint.format(part.time.microseconds, fractionDigits: 1))"
                }
                return [
                    "\(series.path):\(measured.line)", series.device, "\(series.dtype) \(series.op)", measured.shape.shapeDescription, row.kernel,
                    FixedPoint.format(row.pair.measured, fractionDigits: 1), FixedPoint.format(row.pair.projected, fractionDigits: 1),
                    percent(row.pair.percentError), owners.joined(separator: ", "),
                ]
            })
    }

    private var ablationTable: TextTable {
        TextTable(
            columns: [.text("without"), .text("family"), .number("mean %"), .number("with it"), .number("p90"), .number("bias"), .number("refitted, left out %"), .number("refitted with it"),
            ],
            rows: ablations.flatMap { ablation in
                ablation.errors.map { entry in
                    let with = summary.families.first { $0.family == entry.family }?.statistics.meanAbsolute
                    return [
                        "\(ablation.mechanism.id): \(ablation.mechanism.title)", entry.family.rawValue, percent(entry.statistics.meanAbsolute), percent(with),
                        percent(entry.statistics.p90Absolute), percent(entry.statistics.bias),
                        percent(ablation.refitted[entry.family]?.without.meanAbsolute), percent(ablation.refitted[entry.family]?.with.meanAbsolute),
                    ]
                }
            })
    }

    private var protocolTable: TextTable {
        var rows: [String: (circumstances: MeasurementProtocol, count: Int)] = [:]
        for row in summary.result.rows {
            guard let circumstances = summary.result.plans[row.series].circumstances else { continue }
            rows[circumstances.id, default: (circumstances, 0)].count += 1
        }
        return TextTable(
            columns: [
                .text("protocol"), .text("software"), .text("launch"), .text("clock"), .text("inputs"), .text("weights"), .text("facts from"), .number("rows"),
            ],
            rows: rows.sorted { $0.key < $1.key }.map { id, entry in
                let circumstances = entry.circumstances
                return [
                    id, circumstances.stack, circumstances.launch.rawValue, circumstances.isSustained ? "sustained" : "single shot",
                    circumstances.inputs.rawValue,
                    circumstances.weights.rawValue + (circumstances.weightCopies > 1 ? ", up to \(circumstances.weightCopies) copies" : ""),
                    circumstances.source.map { "\($0.kind.rawValue): \($0.text)" } ?? "nothing known: assumed", "\(entry.count)",
                ]
            })
    }
}

// MARK: - Charts

extension ValidationReport {
    /// Points drawn per family at most, evenly spread over its rows.
    private static let pointLimit = 900

    private func charts(_ family: ValidationSummary.Family) -> [Markup] {
        let devices = Array(Set(family.groups.map { summary.groups[$0].key.device })).sorted()
        var points: [(pair: MeasuredPair, series: Int)] = []
        let stride = max(1, family.statistics.count / Self.pointLimit)
        var counter = 0
        for index in family.groups {
            let group = summary.groups[index]
            let series = devices.firstIndex(of: group.key.device) ?? 0
            for position in group.rows {
                if counter % stride == 0 { points.append((summary.result.rows[position].pair, series)) }
                counter += 1
            }
        }
        let scatter = ScatterChart(
            description: "Projected against measured time, family \(family.family.rawValue)", unit: "µs",
            points: points.map { .init(measured: $0.pair.measured, projected: $0.pair.projected, series: $0.series) }, series: devices)
        let residuals = ResidualChart(
            description: "Projected over measured by measured time, family \(family.family.rawValue)",
            points: points.map { ($0.pair.measured, $0.pair.projected / $0.pair.measured, $0.series) })
        let shown = stride == 1 ? "All rows" : "Every \(stride). row"
        return [
            .figure(scatter.markup, caption: "\(shown). Dashed: ±20 %."),
            .figure(residuals.markup, caption: "Projected over measured. Dashed: ±20 %. Line: median per third of a decade. Beyond a factor of 4 at the edge."),
        ]
    }
}
