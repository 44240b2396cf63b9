import Quantities

/// A number of an architecture file with where it comes from.
public struct Sourced<Value: Hashable & Sendable>: Hashable, Sendable {
    public var value: Value
    public var source: Source

    public init(_ value: Value, source: Source) {
        self.value = value
        self.source = source
    }
}

/// Where a number comes from: its kind decides how far to trust it, its text lets a reader look it up.
public struct Source: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case datasheet, whitepaper, documentation, paper
        case microbenchmark
        case database, press
        /// Computed from other numbers of the file; the text says how.
        case derived
        /// A judgement; the text says how it was made.
        case estimated
        /// Fitted to measurements as a physical constant; the text says on which.
        case calibrated
        /// Measured by Ridgeline on the machine itself.
        case measured
    }

    public var kind: Kind
    public var text: String

    public init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}
