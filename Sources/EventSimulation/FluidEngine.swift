/// A fluid simulation of activities that share resources.
///
/// Activity groups become ready when all their predecessors have ended and their release time has come; running groups share resources by
/// max-min fairness; the next completion is the next event. Between events every rate is constant, so a run is exact and costs one
/// sharing computation an event, whatever the amounts.
///
/// Events at one time run in the order in which they were scheduled, so equal inputs give equal runs.
///
///     var engine = FluidEngine()
///     let link = engine.add(Resource(name: "link", capacity: 10))
///     let copy = engine.submit(ActivityGroup(name: "copy", demands: [Demand(link, amount: 100)]))
///     let result = try engine.run()   // result.activities[copy.value].end == 10
public struct FluidEngine: Sendable {
    private var resources: [Resource] = []
    private var groups: [Submitted] = []

    private struct Submitted: Sendable {
        var group: ActivityGroup
        var predecessors: Int
        var successors: [Int] = []
        var release: Double
    }

    public init() {}

    /// Adds a resource; capacities that are not positive and finite are refused when the engine runs.
    public mutating func add(_ resource: Resource) -> ResourceIndex {
        resources.append(resource)
        return ResourceIndex(value: resources.count - 1)
    }

    /// Submits a group that starts at `release` or when the last of `predecessors` ends, whichever is later.
    public mutating func submit(
        _ group: ActivityGroup, after predecessors: [ActivityIndex] = [], release: Double = 0
    ) -> ActivityIndex {
        let index = groups.count
        let known = Set(predecessors).filter { $0.value < index }
        groups.append(Submitted(group: group, predecessors: known.count, release: release))
        for predecessor in known.sorted() { groups[predecessor.value].successors.append(index) }
        return ActivityIndex(value: index)
    }

    /// Runs everything that was submitted.
    ///
    /// - Throws: when an amount, capacity or time is negative, zero where it must not be, or not finite.
    /// - Complexity: O(e a r) for e events, a concurrent groups and r resources.
    public func run() throws(FluidEngineError) -> FluidResult {
        try check()
        var run = FluidRun(resources: resources, count: groups.count)
        for (index, submitted) in groups.enumerated() where submitted.predecessors == 0 { run.schedule(release: index, at: submitted.release) }
        var waiting = groups.map(\.predecessors)
        while let event = run.next() {
            switch event {
            case .release(let index):
                run.start(index, groups[index].group)
            case .completion(let index):
                run.finish(index)
                for successor in groups[index].successors {
                    waiting[successor] -= 1
                    if waiting[successor] == 0 { run.schedule(release: successor, at: max(run.time, groups[successor].release)) }
                }
            }
        }
        return run.result(names: groups.map(\.group.name))
    }

    private func check() throws(FluidEngineError) {
        for resource in resources where !(resource.capacity > 0 && resource.capacity.isFinite) {
            throw FluidEngineError("resource '\(resource.name)' has a capacity of \(resource.capacity); a positive number belongs here")
        }
        for submitted in groups {
            let group = submitted.group
            guard group.multiplicity > 0, group.multiplicity.isFinite, group.leastDuration >= 0, group.leastDuration.isFinite,
                submitted.release >= 0, submitted.release.isFinite
            else { throw FluidEngineError("activity '\(group.name)' has a multiplicity, duration or release time out of range") }
            for demand in group.demands {
                guard demand.amount >= 0, demand.amount.isFinite, resources.indices.contains(demand.resource.value) else {
                    throw FluidEngineError("activity '\(group.name)' demands \(demand.amount) of a resource; at least 0 of a known one belongs here")
                }
            }
        }
    }
}

/// Why an engine refuses to run.
public struct FluidEngineError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// The timeline and statistics of a run.
public struct FluidResult: Hashable, Sendable {
    /// End of the last activity.
    public var makespan: Double
    /// By order of submission.
    public var activities: [ActivityRecord]
    /// By order of addition.
    public var resources: [ResourceStatistics]
    /// Events processed.
    public var events: Int
}
