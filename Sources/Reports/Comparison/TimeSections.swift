import Quantities
import Simulator
import Workload

/// Time by operator family and by the resource that owned it, a stacked bar a device.
struct TimeSections {
    private let projections: [WorkloadProjection]

    init(_ projections: [WorkloadProjection]) { self.projections = projections }

    var markup: [Markup] {
        [
            .figure(
                chart(title: "Time by operator", series: OperatorFamily.allCases.map(\.title)) { projection in
                    OperatorFamily.allCases.map { family in time(of: projection) { $0.family == family } }
                }, caption: "Time by kind of operator."),
            .figure(
                chart(title: "Time by owner", series: TimeOwner.allCases.map(\.title)) { projection in
                    let breakdown = projection.breakdown
                    return TimeOwner.allCases.map { Seconds(microseconds: breakdown[$0]) }
                },
                caption: "Time by what it was spent on: launches, latency nothing hides, the resource that was the bound, idle units at the end."),
        ]
    }

    private func time(of projection: WorkloadProjection, where matches: (Operator) -> Bool) -> Seconds {
        var sum = Seconds.zero
        for phase in projection.phases {
            for placed in phase.operators where matches(placed.shape) {
                sum += placed.projection.time * Double(placed.count * phase.repetitions)
            }
        }
        return sum
    }

    private func chart(title: String, series: [String], values: (WorkloadProjection) -> [Seconds]) -> Markup {
        let all = projections.map(values)
        // Only series that some device spends time on: the legend stays readable.
        let used = series.indices.filter { index in all.contains { $0[index] > .zero } }
        let rows = zip(projections, all).map { projection, times in
            StackedBarChart.Row(
                label: projection.architectureName,
                parts: used.map { index in
                    .init(
                        series: series[index], value: times[index].milliseconds,
                        detail: "\(times[index]), \(Numeral.percent(times[index] / projection.time))")
                },
                total: projection.time.description)
        }
        return StackedBarChart(description: title, axisTitle: "milliseconds", rows: rows, series: used.map { series[$0] }).markup
    }
}

extension OperatorFamily {
    /// The family as a reader sees it.
    var title: String {
        switch self {
        case .matrixMultiply: "matrix products"
        case .attention: "attention"
        case .rowwise: "norms and softmax"
        case .elementwise: "elementwise, gather"
        case .sampling: "sampling"
        case .mixtureOfExperts: "mixture of experts"
        case .collective: "communication"
        }
    }
}

extension TimeOwner {
    /// The owner as a reader sees it.
    var title: String {
        switch self {
        case .launch: "launch"
        case .fill: "fill and drain"
        case .matrixPipe: "matrix units"
        case .vectorPipe: "vector units"
        case .specialFunction: "exponentials"
        case .sharedMemory: "shared memory"
        case .l2Bandwidth: "L2 bandwidth"
        case .memoryBandwidth: "memory bandwidth"
        case .memoryLatency: "memory latency"
        case .power: "power limit"
        case .tail: "idle units (tail)"
        case .extraPasses: "extra passes"
        case .linkBandwidth: "link bandwidth"
        case .linkLatency: "link latency"
        case .padding: "padding"
        case .contention: "imperfect overlap"
        case .arrayFill: "array fill"
        case .dispatch: "dispatch"
        }
    }
}
