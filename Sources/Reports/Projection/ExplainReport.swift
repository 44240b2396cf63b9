import Quantities
import Simulator
import Workload

/// The answer of `explain`: one operator on one device, each microsecond with its owner.
public struct ExplainReport {
    private let name: String
    private let device: String
    private let shape: Operator
    private let projection: OperatorProjection

    public init(name: String, device: String, shape: Operator, projection: OperatorProjection) {
        self.name = name
        self.device = device
        self.shape = shape
        self.projection = projection
    }

    public var plain: String {
        let heading = "\(name) on \(device): \(projection.time) (P10 to P90: \(projection.interval.p10) to \(projection.interval.p90))"
        return [heading, breakdownTable.plain, facts.joined(separator: "\n"), kernelTable.plain].joined(separator: "\n\n")
    }

    public var json: JSONText {
        .object([
            "name": .string(name), "architecture": .string(device), "family": .string(shape.family.rawValue),
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
