/// Identical activities that start together: tiles of a kernel, messages of a step, a copy.
///
/// All members progress at one rate, that of the scarcest resource that they ask for, so a group of a million tiles costs as much to
/// simulate as one tile.
public struct ActivityGroup: Hashable, Sendable {
    /// What a timeline calls it.
    public var name: String
    /// Members of the group.
    public var multiplicity: Double
    /// Amounts that one member needs; a resource named twice adds up.
    public var demands: [Demand]
    /// Least time of the group, whatever the resources (dependent latencies).
    public var leastDuration: Double

    public init(name: String, multiplicity: Double = 1, demands: [Demand], leastDuration: Double = 0) {
        self.name = name
        self.multiplicity = multiplicity
        self.demands = demands
        self.leastDuration = leastDuration
    }
}

/// The place of an activity group in its engine, in order of submission.
public struct ActivityIndex: Hashable, Sendable, Comparable {
    public let value: Int

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// When an activity group ran, and which resource held it back.
public struct ActivityRecord: Hashable, Sendable {
    public var name: String
    public var start: Double
    public var end: Double
    /// Time during which each resource was the one that set the group's pace, by resource; the rest up to the duration is its least
    /// duration.
    public var boundTime: [Double]

    /// The resource that set the pace for the longest time, nil where its least duration did.
    public var bound: ResourceIndex? {
        var best = max(0, end - start - boundTime.reduce(0, +))
        var index: Int?
        for (position, time) in boundTime.enumerated() where time > best {
            best = time
            index = position
        }
        return index.map { ResourceIndex(value: $0) }
    }
}

/// What a resource did over a run.
public struct ResourceStatistics: Hashable, Sendable {
    public var name: String
    /// Amount given.
    public var amount: Double
    /// Time with any activity that asks for it.
    public var busyTime: Double
    /// Time at full capacity.
    public var saturatedTime: Double
}
