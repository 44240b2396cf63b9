import Hardware
import Quantities
import Simulator
import Validation

/// Published figures with their projections, as tables.
///
/// A factor is projected over published *time*, rates turned over: above 1 the projection is too slow, below 1 too fast.
public struct PublishedTables {
    private let result: ValidationResult

    public init(_ result: ValidationResult) { self.result = result }

    static let note =
        "Factor: projected over published time, rates turned over; above 1 the projection is too slow, below 1 too fast. Mean: geometric. "
        + "Bias: mean signed error of the times in percent. No constant of the models is fitted to these figures."

    private static let statistics: [TextTable.Column] = [
        .number("figures"), .number("factor"), .number("least"), .number("p10"), .number("median"), .number("p90"), .number("most"), .number("bias %"),
    ]

    /// One line a device.
    public var devices: TextTable {
        TextTable(
            columns: [.text("device")] + Self.statistics,
            rows: result.figureDevices().map { [$0.architecture] + cells($0.statistics) })
    }

    /// One line a device, kind and metric.
    public var groups: TextTable {
        TextTable(
            columns: [.text("device"), .text("kind"), .text("metric")] + Self.statistics,
            rows: result.figureGroups().map { [$0.architecture, $0.kind.rawValue, $0.metric] + cells($0.statistics) })
    }

    /// Every figure of one device: what ran, both numbers, what binds, the citation.
    func rows(of device: FigureGroup) -> TextTable {
        TextTable(
            columns: [
                .text("what ran"), .text("format"), .text("metric"), .number("published"), .number("projected"), .number("factor"), .text("what binds"),
                .text("source"),
            ],
            rows: device.figures.map { position in
                let figure = result.figures[position]
                let published = result.data.figures[figure.index]
                let series = result.data.series[figure.series]
                let chips = published.devices.map { $0 > 1 ? ", \($0) devices" : "" } ?? ""
                return [
                    published.description + chips, series.dtype, "\(published.metric) (\(published.unit))", Self.digits(published.value),
                    Self.digits(figure.projected), Self.factor(figure.factor), binds(figure), [series.source, published.date].filter { !$0.isEmpty }.joined(separator: ", "),
                ]
            })
    }

    /// The largest owners of a figure's time, and whether the model fits.
    private func binds(_ figure: ValidatedFigure) -> String {
        let total = figure.breakdown.total.microseconds
        let owners = figure.breakdown.parts.sorted { $0.time > $1.time }.prefix(2).filter { $0.time.microseconds > 0.05 * total }.map { part in
            "\(part.owner.rawValue) \(FixedPoint.format(100 * part.time.microseconds / total, fractionDigits: 0)) %"
        }
        return owners.joined(separator: ", ") + (figure.fits == false ? "; does not fit the memory" : "")
    }

    /// The figures for programs: statistics a group, and every figure.
    var json: JSONText {
        .object([
            "groups": .array(result.figureGroups().map { group in
                .object([
                    "architecture": .string(group.architecture), "kind": .string(group.kind.rawValue), "metric": .string(group.metric),
                    "count": .integer(group.statistics.count), "factor": .number(group.statistics.mean), "least": .number(group.statistics.least),
                    "p10": .number(group.statistics.p10), "median": .number(group.statistics.median), "p90": .number(group.statistics.p90),
                    "most": .number(group.statistics.most), "bias": .number(group.statistics.bias),
                ])
            }),
            "figures": .array(result.figures.map { figure in
                let published = result.data.figures[figure.index]
                let series = result.data.series[figure.series]
                return .object([
                    "id": published.id.isEmpty ? nil : .string(published.id), "file": .string(series.path), "line": .integer(published.line),
                    "architecture": .string(result.architectureID(of: figure)), "kind": .string(published.kind.rawValue),
                    "metric": .string(published.metric), "unit": .string(published.unit), "published": .number(published.value),
                    "projected": .number(figure.projected), "factor": .number(figure.factor), "bound": .string(figure.breakdown.largest.rawValue),
                    "fits": figure.fits.map(JSONText.boolean),
                ])
            }),
        ])
    }

    private func cells(_ statistics: FactorStatistics) -> [String] {
        ["\(statistics.count)"]
            + [statistics.mean, statistics.least, statistics.p10, statistics.median, statistics.p90, statistics.most].map(Self.factor)
            + [FixedPoint.format(statistics.bias, fractionDigits: 1)]
    }

    static func factor(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 2) }

    /// Four significant digits of a number of any size.
    static func digits(_ value: Double) -> String {
        FixedPoint.format(value, fractionDigits: value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 4)
    }
}
