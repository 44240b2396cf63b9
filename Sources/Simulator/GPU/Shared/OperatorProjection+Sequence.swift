import Quantities

extension OperatorProjection {
    /// Operators that run one after another, as one: times, owners, traffic and kernels add up; interval ends too, as their errors share a
    /// cause.
    init(sequence parts: [OperatorProjection]) {
        var breakdown = TimeBreakdown()
        var (low, high, energy) = (Seconds.zero, Seconds.zero, Joules.zero)
        for part in parts {
            for owner in TimeOwner.allCases { breakdown[owner] += part.breakdown[owner] }
            low += part.interval.p10
            high += part.interval.p90
            energy += part.energy ?? .zero
        }
        self.init(
            time: breakdown.total, breakdown: breakdown, interval: TimeInterval(p10: low, p90: high), kernels: parts.flatMap(\.kernels),
            operations: parts.reduce(.zero) { $0 + $1.operations }, memoryTraffic: parts.reduce(.zero) { $0 + $1.memoryTraffic },
            energy: parts.contains { $0.energy == nil } ? nil : energy)
    }
}
