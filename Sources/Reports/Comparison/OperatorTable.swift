import Quantities
import Simulator
import Workload

/// The operators of one projected workload, most expensive first.
struct OperatorTable {
    private let projection: WorkloadProjection
    /// Rows shown; the remainder is summed in the last row.
    private static let limit = 16

    init(_ projection: WorkloadProjection) { self.projection = projection }

    private struct Row {
        var phase: String
        var name: String
        var runs = 0
        var time = Seconds.zero
        var breakdown = TimeBreakdown()
        var operations = Operations.zero
        var traffic = Bytes.zero
        var kernel: String
    }

    var markup: Markup {
        let sorted = rows.sorted { $0.time == $1.time ? $0.name < $1.name : $0.time > $1.time }
        var cells = sorted.prefix(Self.limit).map(cells)
        if sorted.count > Self.limit {
            let rest = sorted.dropFirst(Self.limit).reduce(Seconds.zero) { $0 + $1.time }
            cells.append(["", "\(sorted.count - Self.limit) more", "", rest.description, Numeral.percent(rest / projection.time), "", "", "", ""])
        }
        let header = ["phase", "operator", "runs", "time", "share", "bound", "rate", "traffic rate", "kernel"]
        return Markup("div", [:], [Markup("h3", text: projection.architectureName), .table(header: header, rows: cells, textColumns: 2, words: [5, 8])])
    }

    private func cells(_ row: Row) -> [String] {
        [
            row.phase, row.name, "\(row.runs)", row.time.description, Numeral.percent(row.time / projection.time), row.breakdown.largest.title,
            row.operations > .zero ? (row.operations / row.time).description : "none", (row.traffic / row.time).description, row.kernel,
        ]
    }

    private var rows: [Row] {
        var rows: [Row] = []
        var position: [String: Int] = [:]
        for phase in projection.phases {
            for placed in phase.operators {
                let key = "\(phase.kind.rawValue)/\(placed.name)"
                let index = position[key] ?? rows.count
                if index == rows.count {
                    position[key] = index
                    let kernel = placed.projection.kernels.max { $0.time < $1.time }?.name ?? ""
                    rows.append(Row(phase: phase.kind.rawValue, name: placed.name, kernel: kernel))
                }
                let runs = Double(placed.count * phase.repetitions)
                rows[index].runs += placed.count * phase.repetitions
                rows[index].time += placed.projection.time * runs
                rows[index].operations += placed.projection.operations * runs
                rows[index].traffic += placed.projection.memoryTraffic * runs
                for (owner, time) in placed.projection.breakdown.parts { rows[index].breakdown[owner] += time.microseconds * runs }
            }
        }
        return rows
    }
}
