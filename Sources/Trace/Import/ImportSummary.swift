/// What an importer understood of a foreign trace: nothing is left out silently.
public struct ImportSummary: Hashable, Sendable {
    /// A name that was met, how often, and the time it took where the trace has times.
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var count: Int
        public var microseconds: Double

        public init(name: String, count: Int, microseconds: Double) {
            self.name = name
            self.count = count
            self.microseconds = microseconds
        }
    }

    /// What the file is, for example `PyTorch profiler trace`.
    public var format: String
    /// Events (or nodes) that could stand for work.
    public var total: Int
    /// Events that became operators, those nested inside them included.
    public var understood: Int
    /// Views, allocations and the like, which do no work of their own.
    public var bookkeeping: Int
    /// Operators that this reader has no word for, longest first.
    public var unknown: [Entry]
    /// Time of understood operators over time of understood and unknown ones, from 0 to 1; nil without times.
    public var understoodShare: Double?
    /// Whether operator times are those of device kernels rather than of the host.
    public var hasKernels: Bool

    /// Gathers entries by name in order of first appearance, then longest first.
    static func entries(_ items: [(name: String, microseconds: Double)]) -> [Entry] {
        var positions: [String: Int] = [:]
        var entries: [Entry] = []
        for item in items {
            if let position = positions[item.name] {
                entries[position].count += 1
                entries[position].microseconds += item.microseconds
            } else {
                positions[item.name] = entries.count
                entries.append(Entry(name: item.name, count: 1, microseconds: item.microseconds))
            }
        }
        return entries.enumerated().sorted { ($1.element.microseconds, $0.offset) < ($0.element.microseconds, $1.offset) }.map(\.element)
    }
}
