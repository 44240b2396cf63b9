/// A number with a unit that the type names: the raw value is a `Double` in the SI unit of `unit`.
///
/// Arithmetic keeps the unit (sum, difference, scaling); products and quotients across units are declared where they mean something
/// (`UnitArithmetic.swift`).
public protocol Quantity: Comparable, Hashable, Sendable, CustomStringConvertible {
    /// The symbol printed after the number, for example `B/s`.
    static var unit: String { get }
    /// The number in SI units (bytes, seconds, operations per second …).
    var value: Double { get }
    /// Makes a quantity from a number in SI units.
    init(_ value: Double)
}

extension Quantity {
    public static var zero: Self { Self(0) }
    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    public static func + (left: Self, right: Self) -> Self { Self(left.value + right.value) }
    public static func - (left: Self, right: Self) -> Self { Self(left.value - right.value) }
    public static func * (left: Self, factor: Double) -> Self { Self(left.value * factor) }
    public static func * (factor: Double, right: Self) -> Self { Self(factor * right.value) }
    public static func / (left: Self, divisor: Double) -> Self { Self(left.value / divisor) }
    /// The dimensionless ratio of two quantities of one unit.
    public static func / (left: Self, right: Self) -> Double { left.value / right.value }
    public static func += (left: inout Self, right: Self) { left = left + right }

    /// Four significant digits with an SI prefix, for example `3.350 TB/s`.
    public var description: String { SIPrefix.format(value, unit: Self.unit) }
}

/// A size in bytes.
public struct Bytes: Quantity {
    public static let unit = "B"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}

/// A count of arithmetic operations; a multiply-add counts as two.
public struct Operations: Quantity {
    public static let unit = "FLOP"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}

/// A time in seconds.
public struct Seconds: Quantity {
    public static let unit = "s"
    public let value: Double
    public init(_ value: Double) { self.value = value }
    /// A time given in microseconds.
    public init(microseconds: Double) { value = microseconds * 1e-6 }
    /// This time in microseconds.
    public var microseconds: Double { value * 1e6 }

    /// Four significant digits with an SI prefix up to seconds, then hours: nobody counts in kiloseconds.
    public var description: String {
        guard abs(value) >= 999.95, value.isFinite else { return SIPrefix.format(value, unit: Self.unit) }
        return abs(value) < 7200 ? "\(SIPrefix.significantDigits(value, 4)) s" : "\(SIPrefix.significantDigits(value / 3600, 4)) h"
    }
    /// This time in milliseconds.
    public var milliseconds: Double { value * 1e3 }
}

/// A clock frequency in hertz.
public struct Hertz: Quantity {
    public static let unit = "Hz"
    public let value: Double
    public init(_ value: Double) { self.value = value }
    /// A frequency given in megahertz.
    public init(megahertz: Double) { value = megahertz * 1e6 }
    /// Cycles per microsecond, which is the same number as megahertz.
    public var cyclesPerMicrosecond: Double { value * 1e-6 }
}

/// A count of clock cycles of the domain that the context names.
public struct Cycles: Quantity {
    public static let unit = "cycles"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}

/// A data rate in bytes per second.
public struct BytesPerSecond: Quantity {
    public static let unit = "B/s"
    public let value: Double
    public init(_ value: Double) { self.value = value }
    /// Bytes per microsecond.
    public var bytesPerMicrosecond: Double { value * 1e-6 }
}

/// An arithmetic rate in operations per second; a multiply-add counts as two.
public struct OperationsPerSecond: Quantity {
    public static let unit = "FLOP/s"
    public let value: Double
    public init(_ value: Double) { self.value = value }
    /// Operations per microsecond.
    public var operationsPerMicrosecond: Double { value * 1e-6 }
}

/// A power in watts.
public struct Watts: Quantity {
    public static let unit = "W"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}

/// An energy in joules.
public struct Joules: Quantity {
    public static let unit = "J"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}

/// An amount of money in US dollars.
public struct Dollars: Quantity {
    public static let unit = "USD"
    public let value: Double
    public init(_ value: Double) { self.value = value }
}
