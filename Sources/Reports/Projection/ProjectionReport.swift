import Hardware
import Quantities
import Simulator
import Workload

/// The answer of `project`: one workload on several devices, as text or data.
public struct ProjectionReport {
    private let projections: [WorkloadProjection]
    private let refusals: [(device: String, reason: String)]

    public init(_ projections: [WorkloadProjection], refusals: [(device: String, reason: String)] = []) {
        self.projections = projections
        self.refusals = refusals
    }

    /// Aligned text: the workload, the figures of merit of each device, each phase, devices that refused, and what the figures assume.
    public var plain: String {
        var sections = heading.map { [$0] } ?? []
        sections.append(summary.plain)
        if projections.contains(where: { $0.phases.count > 1 }) { sections.append(phaseTable.plain) }
        if !refusals.isEmpty { sections.append(refusals.map { "\($0.device): not projected: \($0.reason)" }.joined(separator: "\n")) }
        return (sections + [notes.joined(separator: "\n")]).joined(separator: "\n\n")
    }

    public var markdown: String {
        var sections = heading.map { [$0] } ?? []
        sections += [summary.markdown, phaseTable.markdown]
        if !refusals.isEmpty { sections.append(refusals.map { "- \($0.device): not projected: \($0.reason)" }.joined(separator: "\n")) }
        return (sections + [notes.joined(separator: " ")]).joined(separator: "\n\n")
    }

    /// The one workload that all rows are of, nil where there are several.
    private var heading: String? {
        guard let first = projections.first, projections.allSatisfy({ $0.workload == first.workload }) else { return nil }
        return first.workload + (first.devices > 1 ? ", on \(first.devices) devices" : "")
    }

    /// What the figures assume.
    private var notes: [String] {
        guard let first = projections.first else { return [] }
        var notes = [
            "Software assumed: \(first.stack). Peaks are dense. P10 to P90: what a measurement would show; the ends add up as if all operators erred together.",
        ]
        for projection in projections {
            if let remark = IntervalRemark.text(projection.time, projection.interval) { notes.append("\(projection.architecture) lies \(remark).") }
        }
        if projections.contains(where: { $0.outputTokensPerSecond != nil }) {
            notes.append("tokens/s, J and $ count prompt and output tokens alike; output tokens/s counts the output over the whole request.")
        }
        let quotes = projections.reduce(into: [String]()) { quotes, projection in
            guard let price = projection.price, projection.dollarsPerMillionTokens != nil else { return }
            let quote = "\(projection.architecture) $\(Numeral.significant(price.dollarsPerHour.value.value))/h (\(price.provider))"
            if !quotes.contains(quote) { quotes.append(quote) }
        }
        // A line for the whole library would bury the table; `arch show` has every price.
        if (1...12).contains(quotes.count) { notes.append("Prices: " + quotes.joined(separator: "; ") + ". --price sets your own.") }
        return notes
    }

    /// One row a device, times in microseconds.
    public var csv: String {
        var table = TextTable(columns: [
            .text("architecture"), .text("workload"), .text("stack"), .number("devices"), .number("time_us"), .number("p10_us"), .number("p90_us"),
            .number("ttft_us"), .number("tpot_us"), .number("tokens_per_s"), .number("output_tokens_per_s"), .number("mfu"), .number("mbu_decode"),
            .number("memory_bytes"), .number("memory_capacity_bytes"), .number("joules_per_token"), .number("dollars_per_million_tokens"), .number("dollars_per_hour"), .text("price_from"),
        ])
        for projection in projections {
            let numbers: [Double?] = [
                projection.time.microseconds, projection.interval.p10.microseconds, projection.interval.p90.microseconds,
                projection.timeToFirstToken?.microseconds, projection.timePerOutputToken?.microseconds,
                projection.tokensPerSecond > 0 ? projection.tokensPerSecond : nil,
                projection.outputTokensPerSecond, projection.modelFLOPsUtilisation, projection.memoryBandwidthUtilisation,
                projection.memory.required.total.value, projection.memory.capacity.value, projection.joulesPerToken, projection.dollarsPerMillionTokens,
                projection.price?.dollarsPerHour.value.value,
            ]
            table.rows.append(
                [projection.architecture, projection.workload, projection.stack, "\(projection.devices)"] + numbers.map { $0.map { "\($0)" } ?? "" }
                    + [projection.price?.provider ?? ""])
        }
        return table.csv
    }

    /// One JSON document; times in microseconds, absent figures null.
    public var json: JSONText {
        .object([
            "projections": .array(projections.map(Self.json)),
            "refused": .array(refusals.map { .object(["architecture": .string($0.device), "reason": .string($0.reason)]) }),
        ])
    }

    private var summary: TextTable {
        let generates = projections.contains { $0.outputTokensPerSecond != nil }
        let differs = heading == nil
        var table = TextTable(columns: [.text("device")] + (differs ? [.text("workload")] : []))
        // A pass of an encoder alone answers with no token.
        let answers = projections.contains { projection in projection.phases.contains { $0.kind == .prefill || $0.kind == .decode } }
        table.columns += [.number("time"), .number("P10..P90")] + (answers ? [.number("TTFT")] : [])
        if generates { table.columns += [.number("TPOT"), .number("output tokens/s")] }
        table.columns += [.number("tokens/s"), .number("MFU"), .number("memory"), .number("J/token"), .number("$/1M tokens")]
        for projection in projections {
            var row = [projection.architecture] + (differs ? [projection.workload] : [])
            row += [projection.time.description, "\(projection.interval.p10) .. \(projection.interval.p90)"]
            if answers { row.append(projection.timeToFirstToken?.description ?? "-") }
            if generates {
                row += [projection.timePerOutputToken?.description ?? "-", projection.outputTokensPerSecond.map(Numeral.rate) ?? "-"]
            }
            row += [
                projection.tokensPerSecond > 0 ? Numeral.rate(projection.tokensPerSecond) : "unknown",
                Numeral.percent(projection.modelFLOPsUtilisation), Numeral.percent(projection.memory.share) + Self.lies(projection),
                projection.joulesPerToken.map { Numeral.significant($0) } ?? "unknown",
                projection.dollarsPerMillionTokens.map { Numeral.significant($0) } ?? "unknown",
            ]
            table.rows.append(row)
        }
        return table
    }

    /// What a workload that exceeds main memory was projected as.
    private static func lies(_ projection: WorkloadProjection) -> String {
        switch projection.placement {
        case .resident: ""
        case .streamed(let share): ", streams \(Numeral.percent(share))"
        case .inSeries: " DOES NOT FIT, needs \(projection.devicesHeld) devices"
        }
    }

    private var phaseTable: TextTable {
        var table = TextTable(columns: [
            .text("device"), .text("phase"), .number("steps"), .number("time"), .number("each"), .text("most of it"),
        ])
        for projection in projections {
            for kind in WorkloadPhase.Kind.allCases {
                let phases = projection.phases.filter { $0.kind == kind }
                guard !phases.isEmpty else { continue }
                let time = phases.reduce(Seconds.zero) { $0 + $1.totalTime }
                let steps = phases.reduce(0) { $0 + $1.repetitions }
                var breakdown = TimeBreakdown()
                for phase in phases { for (owner, part) in phase.breakdown.parts { breakdown[owner] += part.microseconds * Double(phase.repetitions) } }
                let largest = breakdown.largest
                let share = Seconds(microseconds: breakdown[largest]) / time
                table.rows.append([
                    projection.architecture, kind.rawValue, "\(steps)", time.description, (time / Double(max(1, steps))).description,
                    kind.works ? "\(largest.title) \(Numeral.percent(share))" : "waiting for other stages",
                ])
            }
        }
        return table
    }

    private static func json(_ projection: WorkloadProjection) -> JSONText {
        .object([
            "architecture": .string(projection.architecture), "name": .string(projection.architectureName),
            "workload": .string(projection.workload), "stack": .string(projection.stack), "devices": .integer(projection.devices),
            "time_us": .number(projection.time.microseconds),
            "p10_us": .number(projection.interval.p10.microseconds), "p90_us": .number(projection.interval.p90.microseconds),
            "ttft_us": .optional(projection.timeToFirstToken?.microseconds), "tpot_us": .optional(projection.timePerOutputToken?.microseconds),
            "tokens_per_s": .optional(projection.tokensPerSecond > 0 ? projection.tokensPerSecond : nil), "output_tokens_per_s": .optional(projection.outputTokensPerSecond),
            "mfu": .number(projection.modelFLOPsUtilisation), "mfu_format": .string(projection.peakFormat.rawValue),
            "mbu_decode": .optional(projection.memoryBandwidthUtilisation),
            "memory": .object([
                "weights_bytes": .number(projection.memory.required.weights.value),
                "kv_cache_bytes": .number(projection.memory.required.keyValueCache.value),
                "activations_bytes": .number(projection.memory.required.activations.value),
                "total_bytes": .number(projection.memory.required.total.value), "capacity_bytes": .number(projection.memory.capacity.value),
                "fits": .boolean(projection.memory.fits), "streamed_share": .number(projection.placement.streamedShare),
                "devices_in_series": .integer(projection.placement.devicesInSeries),
            ]),
            "joules_per_token": .optional(projection.joulesPerToken), "dollars_per_hour": .optional(projection.price?.dollarsPerHour.value.value),
            "price_from": .optional(projection.price?.provider), "dollars_per_million_tokens": .optional(projection.dollarsPerMillionTokens),
            "gco2e_per_million_tokens": .optional(projection.gramsOfCarbonPerMillionTokens()),
            "breakdown_us": breakdown(projection.breakdown),
            "operators": .array(
                projection.phases.flatMap { phase in
                    phase.operators.map { placed in
                        .object([
                            "phase": .string(phase.kind.rawValue), "name": .string(placed.name), "family": .string(placed.shape.family.rawValue),
                            "runs": .integer(placed.count * phase.repetitions), "time_us": .number(placed.projection.time.microseconds),
                            "p10_us": .number(placed.projection.interval.p10.microseconds),
                            "p90_us": .number(placed.projection.interval.p90.microseconds),
                            "bound": .string(placed.projection.bound.rawValue), "breakdown_us": breakdown(placed.projection.breakdown),
                        ])
                    }
                }),
        ])
    }

    private static func breakdown(_ breakdown: TimeBreakdown) -> JSONText {
        .object(breakdown.parts.map { JSONText.Member($0.owner.rawValue, .number($0.time.microseconds)) })
    }
}
