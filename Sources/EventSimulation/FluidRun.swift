import HeapModule

/// The state of one run: the clock, the pending releases, and the groups under way with their rates.
struct FluidRun {
    enum Event: Hashable {
        case release(Int)
        case completion(Int)
    }

    /// An entry of the calendar; equal times keep the order of scheduling.
    private struct Pending: Comparable {
        var time: Double
        var sequence: Int
        var index: Int

        static func < (left: Self, right: Self) -> Bool {
            left.time == right.time ? left.sequence < right.sequence : left.time < right.time
        }
    }

    /// A group under way. It is a fraction `done` through; at rate 1 it would take `fullDuration`.
    private struct Active {
        var index: Int
        var done = 0.0
        var fullDuration: Double
        var load: MaxMinFairness.Load
        var speed = 0.0
        var limit: Int?
    }

    private(set) var time = 0.0
    private let resources: [Resource]
    private let capacities: [Double]
    private var calendar = Heap<Pending>()
    private var active: [Active] = []
    private var sequence = 0
    private var events = 0
    private var ratesAreStale = false
    private var starts: [Double]
    private var ends: [Double]
    private var boundTimes: [[Double]]
    private var amounts: [Double]
    private var busyTimes: [Double]
    private var saturatedTimes: [Double]

    init(resources: [Resource], count: Int) {
        self.resources = resources
        capacities = resources.map(\.capacity)
        starts = [Double](repeating: 0, count: count)
        ends = starts
        boundTimes = [[Double]](repeating: [Double](repeating: 0, count: resources.count), count: count)
        amounts = [Double](repeating: 0, count: resources.count)
        busyTimes = amounts
        saturatedTimes = amounts
    }

    /// Notes that a group may start at a time.
    mutating func schedule(release index: Int, at time: Double) {
        calendar.insert(Pending(time: time, sequence: sequence, index: index))
        sequence += 1
    }

    /// Puts a group under way.
    mutating func start(_ index: Int, _ group: ActivityGroup) {
        starts[index] = time
        var totals: [Int: Double] = [:]
        for demand in group.demands where demand.amount > 0 {
            totals[demand.resource.value, default: 0] += demand.amount * group.multiplicity
        }
        // Alone, it takes what its scarcest resource or its least duration takes; that is rate 1.
        var duration = group.leastDuration
        for (resource, amount) in totals { duration = max(duration, amount / capacities[resource]) }
        let draws = totals.keys.sorted().map { (resource: $0, amount: duration > 0 ? (totals[$0] ?? 0) / duration : 0) }
        active.append(Active(index: index, fullDuration: duration, load: .init(draws: draws)))
        ratesAreStale = true
    }

    mutating func finish(_ index: Int) {
        ends[index] = time
        active.removeAll { $0.index == index }
        ratesAreStale = true
    }

    /// Advances the clock to the next event and says what it is; nil when nothing is left.
    mutating func next() -> Event? {
        if ratesAreStale { share() }
        var completion: (time: Double, position: Int)?
        for (position, group) in active.enumerated() {
            let remaining = group.fullDuration * (1 - group.done)
            let end = remaining <= 0 ? time : time + remaining / group.speed
            if completion.map({ end < $0.time }) ?? true { completion = (end, position) }
        }
        // A completion comes before a release at the same time: it frees what the release wants.
        if let completion, completion.time <= (calendar.min?.time ?? .infinity) {
            advance(to: completion.time)
            active[completion.position].done = 1
            events += 1
            return .completion(active[completion.position].index)
        }
        guard let release = calendar.popMin() else { return nil }
        advance(to: release.time)
        events += 1
        return .release(release.index)
    }

    private mutating func share() {
        ratesAreStale = false
        let rates = MaxMinFairness.rates(active.map(\.load), capacities: capacities)
        for position in active.indices {
            active[position].speed = max(rates[position].rate, .leastNonzeroMagnitude)
            // At rate 1 the group's own scarcest resource sets the pace, unless its least duration does.
            active[position].limit =
                rates[position].limit
                ?? active[position].load.draws.first { $0.amount >= capacities[$0.resource] * (1 - 1e-12) }?.resource
        }
    }

    private mutating func advance(to end: Double) {
        let step = end - time
        guard step > 0 else { return }
        var used = [Double](repeating: 0, count: capacities.count)
        for position in active.indices where active[position].fullDuration > 0 {
            let group = active[position]
            active[position].done = min(1, group.done + step * group.speed / group.fullDuration)
            if let limit = group.limit { boundTimes[group.index][limit] += step }
            for draw in group.load.draws { used[draw.resource] += draw.amount * group.speed }
        }
        for resource in used.indices where used[resource] > 0 {
            amounts[resource] += used[resource] * step
            busyTimes[resource] += step
            if used[resource] >= capacities[resource] * (1 - 1e-9) { saturatedTimes[resource] += step }
        }
        time = end
    }

    func result(names: [String]) -> FluidResult {
        FluidResult(
            makespan: time,
            activities: names.indices.map {
                ActivityRecord(name: names[$0], start: starts[$0], end: ends[$0], boundTime: boundTimes[$0])
            },
            resources: resources.indices.map {
                ResourceStatistics(
                    name: resources[$0].name, amount: amounts[$0], busyTime: busyTimes[$0], saturatedTime: saturatedTimes[$0])
            },
            events: events)
    }
}
