import Quantities
import Simulator
import Workload

/// A roofline a device, with the workload's operators on it.
struct RooflineSection {
    private let projections: [WorkloadProjection]

    init(_ projections: [WorkloadProjection]) { self.projections = projections }

    var markup: Markup { Markup("div", ["class": "pair"], projections.map(figure)) }

    private func figure(_ projection: WorkloadProjection) -> Markup {
        let families = OperatorFamily.allCases.filter { family in
            projection.phases.contains { $0.operators.contains { $0.shape.family == family && $0.projection.operations > .zero } }
        }
        let chart = RooflineChart(
            description: "Roofline of \(projection.architectureName)",
            memory: .init(name: "memory", slope: projection.memoryBandwidth.value),
            peaks: [.init(name: "\(projection.peakFormat.rawValue) peak", level: projection.peak.value)],
            bubbles: bubbles(projection, families), series: families.map(\.title))
        return .figure(
            chart.markup,
            caption: "\(projection.architectureName): each operator at its arithmetic intensity and rate reached; the area is its share of the time. "
                + "Operators whose data is on chip already may stand above the memory roof.")
    }

    private func bubbles(_ projection: WorkloadProjection, _ families: [OperatorFamily]) -> [RooflineChart.Bubble] {
        let total = projection.time
        var bubbles: [String: RooflineChart.Bubble] = [:]
        var order: [String] = []
        for phase in projection.phases {
            for placed in phase.operators {
                let operations = placed.projection.operations
                guard operations > .zero, let series = families.firstIndex(of: placed.shape.family) else { continue }
                let label = "\(phase.kind.rawValue) \(placed.name)"
                let share = placed.projection.time * Double(placed.count * phase.repetitions) / total
                if bubbles[label] == nil {
                    order.append(label)
                    // Traffic served on chip leaves no bytes: compulsory traffic places the operator instead.
                    let traffic = max(placed.projection.memoryTraffic, (placed.shape.bytesRead + placed.shape.bytesWritten) * 0.01)
                    bubbles[label] = .init(
                        label: label, intensity: operations / traffic, rate: (operations / placed.projection.time).value, share: 0, series: series)
                }
                bubbles[label]?.share += share
            }
        }
        return order.compactMap { bubbles[$0] }
    }
}
