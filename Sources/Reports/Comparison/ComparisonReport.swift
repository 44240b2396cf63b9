import Quantities
import Simulator
import Validation
import Workload

/// The HTML report of one or several workloads side by side on several devices, with what was measured where something was.
public struct ComparisonReport {
    /// One workload on every device asked for.
    public struct Entry {
        public var projections: [WorkloadProjection]
        /// Devices that refused, with the reason.
        public var refusals: [(device: String, reason: String)]
        /// The same operators measured on a device and projected on its model.
        public var measured: TraceComparison?

        public init(
            projections: [WorkloadProjection], refusals: [(device: String, reason: String)] = [], measured: TraceComparison? = nil
        ) {
            self.projections = projections
            self.refusals = refusals
            self.measured = measured
        }
    }

    public var title: String
    public var entries: [Entry]
    /// What is assumed (launch mode, number formats, residency), one sentence each.
    public var assumptions: [String]
    /// The command that makes this report again.
    public var command: String

    public init(title: String, entries: [Entry], assumptions: [String], command: String) {
        self.title = title
        self.entries = entries
        self.assumptions = assumptions
        self.command = command
    }

    /// The report as one self-contained HTML page: no script, no network; equal input gives equal bytes.
    public var html: String {
        var page = Page(title: title, lead: lead)
        for entry in entries {
            guard let first = entry.projections.first else {
                page.section("No device could run it", [.table(header: ["device", "reason"], rows: refusalRows(entry), textColumns: 2)])
                continue
            }
            page.section(first.workload, overview(of: entry))
            page.section("Where the time goes", TimeSections(entry.projections).markup)
            page.section("Roofline", [RooflineSection(entry.projections).markup])
            if let measured = entry.measured { page.section("Projected against measured: \(measured.device)", MeasuredSection(measured).markup) }
            page.section("Operators", entry.projections.map(OperatorTable.init).map(\.markup))
        }
        page.section("What this assumes", [Markup("ul", [:], assumptions.map { Markup("li", text: $0) })])
        page.section("Make it again", [Markup("pre", text: command)])
        return page.rendered
    }

    private var lead: String {
        let names = entries.first?.projections.map(\.architectureName) ?? []
        return names.isEmpty ? "No projection." : "Projected on " + names.joined(separator: ", ") + "; every time carries its P10 to P90 interval."
    }

    private func overview(of entry: Entry) -> [Markup] {
        var content = [SummaryTable(entry.projections, measured: entry.measured).markup]
        if !entry.refusals.isEmpty {
            content.append(Markup("h3", text: "Devices that refused"))
            content.append(.table(header: ["device", "reason"], rows: refusalRows(entry), textColumns: 2))
        }
        guard !entry.projections.isEmpty else { return content }
        // A replayed trace without phases does not say how many tokens it stands for.
        let hasTokens = entry.projections.contains { $0.tokensPerSecond > 0 }
        content.append(Markup("div", ["class": "pair"], [timeChart(entry.projections)] + (hasTokens ? [throughputChart(entry.projections)] : [])))
        content.append(memoryChart(entry.projections))
        return content
    }

    private func refusalRows(_ entry: Entry) -> [[String]] { entry.refusals.map { [$0.device, $0.reason] } }

    private func timeChart(_ projections: [WorkloadProjection]) -> Markup {
        let rows = projections.map { projection in
            StackedBarChart.Row(
                label: projection.architectureName,
                parts: [.init(series: "projected", value: projection.time.milliseconds, detail: projection.time.description)],
                total: projection.time.description,
                interval: projection.interval.p10.milliseconds...max(projection.interval.p10, projection.interval.p90).milliseconds)
        }
        let chart = StackedBarChart(
            description: "Time of the whole workload by device", axisTitle: "milliseconds, lower is better", rows: rows,
            series: ["projected"])
        return .figure(chart.markup, caption: "Time of the whole workload. Whiskers: P10 to P90 of what a measurement would show.")
    }

    private func throughputChart(_ projections: [WorkloadProjection]) -> Markup {
        let rows = projections.map { projection in
            StackedBarChart.Row(
                label: projection.architectureName,
                parts: [.init(series: "tokens/s", value: projection.tokensPerSecond, detail: Numeral.rate(projection.tokensPerSecond))],
                total: Numeral.rate(projection.tokensPerSecond))
        }
        let chart = StackedBarChart(
            description: "Tokens per second by device", axisTitle: "tokens per second, prompt and output, higher is better", rows: rows,
            series: ["tokens/s"])
        return .figure(chart.markup, caption: "Throughput counts prompt and output tokens.")
    }

    private func memoryChart(_ projections: [WorkloadProjection]) -> Markup {
        let series = ["weights", "KV cache", "activations", "gradients", "optimizer", "free"]
        let gigabytes = 1e9
        let rows = projections.map { projection in
            let required = projection.memory.required
            let free = max(0, projection.memory.capacity.value - required.total.value)
            let values = [required.weights, required.keyValueCache, required.activations, required.gradients, required.optimizerState, Bytes(free)]
            let parts = zip(series, values).map { StackedBarChart.Part(series: $0, value: $1.value / gigabytes, detail: $1.description) }
            let verdict = projection.memory.fits ? "fits" : "does not fit"
            let share = FixedPoint.format(projection.memory.share * 100, fractionDigits: 1)
            return StackedBarChart.Row(label: projection.architectureName, parts: parts, total: "\(share) %, \(verdict)")
        }
        let chart = StackedBarChart(
            description: "Memory needed against capacity", axisTitle: "GB (10^9 bytes)", rows: rows,
            series: series.filter { name in rows.contains { $0.parts.contains { $0.series == name && $0.value > 0 } } }, remainder: "free")
        return .figure(chart.markup, caption: "Memory fit of one device: what the workload holds at once against the capacity.")
    }
}
