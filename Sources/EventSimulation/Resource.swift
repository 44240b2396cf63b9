/// Something that work shares: a pipe, a port, a memory channel, a link. Its capacity is an amount per unit of time.
///
/// The engine knows no kind of machine: names are for timelines, amounts and times are in whatever units the caller keeps consistent
/// (bytes and microseconds, operations and cycles).
public struct Resource: Hashable, Sendable {
    /// What a timeline calls it.
    public var name: String
    /// Amount it gives per unit of time, over all activities together.
    public var capacity: Double

    public init(name: String, capacity: Double) {
        self.name = name
        self.capacity = capacity
    }
}

/// The place of a resource in its engine.
public struct ResourceIndex: Hashable, Sendable {
    let value: Int
}

/// An amount of one resource that an activity needs.
public struct Demand: Hashable, Sendable {
    public var resource: ResourceIndex
    /// Amount for one member of the group.
    public var amount: Double

    public init(_ resource: ResourceIndex, amount: Double) {
        self.resource = resource
        self.amount = amount
    }
}
