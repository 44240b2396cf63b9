import Hardware
import Quantities
import Simulator
import Validation
import Workload

/// The table that answers first: time, throughput, utilisation, memory, energy and cost, a column a device where few are compared (the page is too
/// narrow for all figures side by side), otherwise a row a device in two tables.
struct SummaryTable {
    private let projections: [WorkloadProjection]
    private let measured: TraceComparison?

    init(_ projections: [WorkloadProjection], measured: TraceComparison?) {
        self.projections = projections
        self.measured = measured
    }

    /// Devices that fit side by side.
    private static let columnLimit = 5

    private typealias Column = (title: String, value: (WorkloadProjection) -> String?)

    private static var columns: [Column] { [
        ("time", { $0.time.description }),
        ("P10 to P90", { "\(Numeral.time($0.interval.p10)) to \(Numeral.time($0.interval.p90))" }),
        ("TTFT", { projection in
            // A pass of an encoder alone answers with no token.
            projection.phases.contains { $0.kind == .prefill || $0.kind == .decode } ? projection.timeToFirstToken?.description : nil
        }),
        ("TPOT", { $0.timePerOutputToken?.description }),
        ("output tokens/s", { $0.outputTokensPerSecond.map(Numeral.rate) }),
        ("tokens/s", { $0.tokensPerSecond > 0 ? Numeral.rate($0.tokensPerSecond) : nil }),
        ("MFU", { Numeral.percent($0.modelFLOPsUtilisation) + " of \($0.peakFormat.rawValue)" }),
        ("MBU decode", { $0.memoryBandwidthUtilisation.map(Numeral.percent) }),
        ("memory", { "\($0.memory.required.total) of \($0.memory.capacity)" }),
        ("J/token", { $0.joulesPerToken.map { Numeral.significant($0) } }),
        ("$/1M tokens", { $0.dollarsPerMillionTokens.map { Numeral.significant($0) } }),
        ("gCO2e/1M tokens", { $0.gramsOfCarbonPerMillionTokens().map { Numeral.significant($0) } }),
    ] }

    var markup: Markup {
        // A column that no device fills says nothing.
        let shown = Self.columns.filter { column in projections.contains { column.value($0) != nil } }
        func text(_ column: Column, _ projection: WorkloadProjection) -> String { column.value(projection) ?? "unknown" }
        var content: [Markup] = []
        if projections.count <= Self.columnLimit {
            let rows = shown.map { column in [column.title] + projections.map { text(column, $0) } }
            content.append(.table(header: [""] + projections.map(\.architectureName), rows: rows))
        } else {
            let half = (shown.count + 1) / 2
            for part in [shown[..<half], shown[half...]] {
                let rows = projections.map { projection in [projection.architectureName] + part.map { text($0, projection) } }
                content.append(.table(header: ["device"] + part.map(\.title), rows: rows))
            }
        }
        content += projections.compactMap { projection in
            IntervalRemark.text(projection.time, projection.interval).map { .paragraph("\(projection.architectureName) lies \($0).", class: "note") }
        }
        if let measured { content.append(.paragraph(sentence(about: measured), class: "note")) }
        content.append(.paragraph(priceNote, class: "note"))
        return Markup("div", [:], content)
    }

    private func sentence(about measured: TraceComparison) -> String {
        let sign = measured.error < 0 ? "below" : "above"
        return "Measured on \(measured.device): \(measured.measured) in operators; its own model projects \(measured.projected), "
            + "\(Numeral.percent(abs(measured.error))) \(sign) the clock."
    }

    private var priceNote: String {
        guard projections.contains(where: { $0.tokensPerSecond > 0 }) else { return "The trace does not say how many tokens it stands for, so there are no costs a token." }
        let quotes = projections.compactMap { projection in
            projection.price.map { "\(projection.architectureName): \($0.quotation)" }
        }
        let prices = quotes.isEmpty ? "No device has a price on file." : "Prices: " + quotes.joined(separator: "; ") + "."
        return prices + " Carbon: device energy x 1.2 (facility) x 400 g/kWh; manufacture is not included."
    }
}

extension Price {
    /// The price, who asks it and when, for example `$3.90/h (AWS p3dn.24xlarge /8, 2024)`.
    var quotation: String {
        let origin = [provider, date].filter { !$0.isEmpty }.joined(separator: ", ")
        return "$\(Numeral.significant(dollarsPerHour.value.value))/h (\(origin))"
    }
}

/// Numbers as reports print them.
enum Numeral {
    static func percent(_ share: Double) -> String { FixedPoint.format(share * 100, fractionDigits: 1) + " %" }

    /// Microseconds, milliseconds or seconds with three significant digits or so.
    static func time(_ time: Seconds) -> String { time.description }

    static func rate(_ value: Double) -> String { value >= 1e4 ? ChartScale.label(value) : significant(value) }

    /// Three significant digits without an exponent.
    static func significant(_ value: Double) -> String {
        let magnitude = abs(value)
        let digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : magnitude >= 0.01 ? 4 : 6
        return FixedPoint.format(value, fractionDigits: digits)
    }
}
