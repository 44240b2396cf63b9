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

    /// Aligned text: the figures of merit of each device, then each phase.
    public var plain: String {
        var sections = [summary.plain]
        if projections.contains(where: { $0.phases.count > 1 }) { sections.append(phaseTable.plain) }
        sections += refusals.map { "\($0.device): not projected: \($0.reason)" }
        if let first = projections.first {
            sections.append("Software assumed: \(first.stack). Peaks are dense. P10 to P90: what a measurement would show; the ends add up as if all operators erred together.")
        }
        return sections.joined(separator: "\n\n")
    }

    public var markdown: String {
        ([summary.markdown, phaseTable.markdown] + refusals.map { "- \($0.device): not projected: \($0.reason)" }).joined(separator: "\n\n")
    }

    /// One row a device, times in microseconds.
    public var csv: String {
        var table = TextTable(columns: [
            .text("architecture"), .text("workload"), .text("stack"), .number("devices"), .number("time_us"), .number("p10_us"), .number("p90_us"),
            .number("ttft_us"), .number("tpot_us"), .number("tokens_per_s"), .number("output_tokens_per_s"), .number("mfu"), .number("mbu_decode"),
            .number("memory_bytes"), .number("memory_capacity_bytes"), .number("joules_per_token"), .number("dollars_per_million_tokens"),
        ])
        for projection in projections {
            let numbers: [Double?] = [
                projection.time.microseconds, projection.interval.p10.microseconds, projection.interval.p90.microseconds,
                projection.timeToFirstToken?.microseconds, projection.timePerOutputToken?.microseconds, projection.tokensPerSecond,
                projection.outputTokensPerSecond, projection.modelFLOPsUtilisation, projection.memoryBandwidthUtilisation,
                projection.memory.required.total.value, projection.memory.capacity.value, projection.joulesPerToken, projection.dollarsPerMillionTokens,
            ]
            table.rows.append(
                [projection.architecture, projection.workload, projection.stack, "\(projection.devices)"] + numbers.map { $0.map { "\($0)" } ?? "" })
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
        var table = TextTable(columns: [
            .text("device"), .number("time"), .number("P10..P90"), .number("TTFT"), .number("TPOT"), .number("tokens/s"), .number("MFU"),
            .number("memory"), .number("J/token"), .number("$/1M tok"),
        ])
        for projection in projections {
            table.rows.append([
                projection.architecture, projection.time.description,
                "\(projection.interval.p10) .. \(projection.interval.p90)",
                projection.timeToFirstToken?.description ?? "-", projection.timePerOutputToken?.description ?? "-",
                Numeral.rate(projection.tokensPerSecond), Numeral.percent(projection.modelFLOPsUtilisation),
                Numeral.percent(projection.memory.share) + Self.lies(projection),
                projection.joulesPerToken.map { Numeral.significant($0) } ?? "unknown",
                projection.dollarsPerMillionTokens.map { Numeral.significant($0) } ?? "unknown",
            ])
        }
        return table
    }

    /// What a workload that exceeds main memory was projected as.
    private static func lies(_ projection: WorkloadProjection) -> String {
        switch projection.placement {
        case .resident: ""
        case .streamed(let share): ", streams \(Numeral.percent(share))"
        case .inSeries(let devices): " DOES NOT FIT, \(devices) in series"
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
                    "\(largest.title) \(Numeral.percent(share))",
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
            "tokens_per_s": .number(projection.tokensPerSecond), "output_tokens_per_s": .optional(projection.outputTokensPerSecond),
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
            "joules_per_token": .optional(projection.joulesPerToken), "dollars_per_million_tokens": .optional(projection.dollarsPerMillionTokens),
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
