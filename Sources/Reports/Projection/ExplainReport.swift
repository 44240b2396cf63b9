import Quantities
import Simulator
import Workload

/// The answer of `explain`: one operator on one device, each microsecond with its owner.
public struct ExplainReport {
    private let name: String
    private let device: String
    private let shape: Operator
    private let projection: OperatorProjection
    private let part: Part?
    private let memory: Bytes?

    /// What an operator is of the workload that it was found in.
    public struct Part: Hashable, Sendable {
        /// Times that it runs.
        public var runs: Int
        /// Time of the whole workload.
        public var whole: Seconds

        public init(runs: Int, whole: Seconds) {
            self.runs = runs
            self.whole = whole
        }
    }

    /// - Parameters:
    ///   - part: what the operator is of a workload, nil where it stands alone.
    ///   - memory: main memory of the device, to say when the operands exceed it.
    public init(name: String, device: String, shape: Operator, projection: OperatorProjection, part: Part? = nil, memory: Bytes? = nil) {
        self.name = name
        self.device = device
        self.shape = shape
        self.projection = projection
        self.part = part
        self.memory = memory
    }

    public var plain: String {
        var heading = "\(name) on \(device): \(projection.time) (P10 to P90: \(projection.interval.p10) to \(projection.interval.p90))"
        if let remark = IntervalRemark.text(projection.time, projection.interval) { heading += "\n\(remark)" }
        if let part { heading += "\nruns \(part.runs) x, \(Numeral.percent(projection.time * Double(part.runs) / part.whole)) of the \(part.whole) of the workload" }
        return [heading, breakdownTable.plain, facts.joined(separator: "\n"), kernelTable.plain].joined(separator: "\n\n")
    }

    public var json: JSONText {
        .object([
            "name": .string(name), "architecture": .string(device), "family": .string(shape.family.rawValue),
            "runs": .integer(part?.runs ?? 1),
            "time_us": .number(projection.time.microseconds),
            "p10_us": .number(projection.interval.p10.microseconds), "p90_us": .number(projection.interval.p90.microseconds),
            "bound": .string(projection.bound.rawValue),
            "breakdown_us": .object(projection.breakdown.parts.map { JSONText.Member($0.owner.rawValue, .number($0.time.microseconds)) }),
            "operations": .number(projection.operations.value), "memory_traffic_bytes": .number(projection.memoryTraffic.value),
            "energy_j": .optional(projection.energy?.value),
            "kernels": .array(
                projection.kernels.map {
                    .object([
                        "name": .string($0.name), "time_us": .number($0.time.microseconds), "grid": .integer($0.gridSize), "waves": .number($0.waves),
                    ])
                }),
        ])
    }

    private var breakdownTable: TextTable {
        var table = TextTable(columns: [.text("spent on"), .number("µs"), .number("share"), .text("")])
        for part in projection.breakdown.parts {
            let share = part.time / projection.time
            let bar = String(repeating: "█", count: Int((share * 40).rounded()))
            table.rows.append([part.owner.title, FixedPoint.format(part.time.microseconds, fractionDigits: 3), Numeral.percent(share), bar])
        }
        let total = projection.breakdown.total
        table.rows.append(["sum", FixedPoint.format(total.microseconds, fractionDigits: 3), Numeral.percent(total / projection.time), ""])
        return table
    }

    private var facts: [String] {
        var lines: [String] = []
        if projection.operations > .zero {
            let intensity = projection.operations / max(projection.memoryTraffic, Bytes(1))
            lines.append("arithmetic      \(projection.operations), \(projection.operations / projection.time) reached")
            if projection.memoryTraffic > .zero { lines.append("intensity       \(Numeral.significant(intensity)) FLOP per byte of main-memory traffic") }
        }
        lines.append("memory traffic  \(projection.memoryTraffic), \(projection.memoryTraffic / projection.time)")
        let operands = shape.bytesRead + shape.bytesWritten
        if let memory, operands > memory { lines.append("operands        \(operands), which the device's \(memory) do not hold") }
        if let energy = projection.energy { lines.append("energy          \(energy), \(Watts(energy.value / projection.time.value)) on average") }
        return lines
    }

    private var kernelTable: TextTable {
        TextTable(
            columns: [.text("kernel"), .number("time"), .number("grid"), .number("waves")],
            rows: projection.kernels.map {
                [$0.name, $0.time.description, $0.gridSize > 0 ? "\($0.gridSize)" : "-", Numeral.significant($0.waves)]
            })
    }
}
