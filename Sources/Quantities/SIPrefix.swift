/// Decimal prefixes for printing; binary sizes (KiB, MiB, GiB) are printed by `Bytes.binaryDescription`.
enum SIPrefix {
    private static let symbols: [(scale: Double, symbol: String)] = [
        (1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""),
        (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"),
    ]

    /// Four significant digits, prefix and unit; zero and values outside the table are printed plainly.
    static func format(_ value: Double, unit: String) -> String {
        guard value != 0, value.isFinite else { return "\(value == 0 ? "0" : "\(value)") \(unit)" }
        let magnitude = abs(value)
        let prefix = symbols.first { magnitude >= $0.scale * 0.99995 } ?? symbols[symbols.count - 1]
        return "\(significantDigits(value / prefix.scale, 4)) \(prefix.symbol)\(unit)"
    }

    /// A decimal number with the given count of significant digits and no exponent.
    static func significantDigits(_ value: Double, _ digits: Int) -> String {
        var integerDigits = 1
        var bound = 10.0
        while abs(value) >= bound, integerDigits < 18 {
            integerDigits += 1
            bound *= 10
        }
        return FixedPoint.format(value, fractionDigits: max(0, digits - integerDigits))
    }
}

/// Fixed-point printing that does not depend on the locale.
public enum FixedPoint {
    /// The number rounded half away from zero to `fractionDigits` decimals, for example `format(2.345, fractionDigits: 2)` is `2.35`.
    public static func format(_ value: Double, fractionDigits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<fractionDigits { scale *= 10 }
        let scaled = (abs(value) * scale).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let whole = Int64(scaled)
        let divisor = Int64(scale)
        let sign = value < 0 && whole != 0 ? "-" : ""
        guard fractionDigits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(whole % divisor)
        return "\(sign)\(whole / divisor).\(String(repeating: "0", count: fractionDigits - fraction.count))\(fraction)"
    }
}

extension Bytes {
    /// Four significant digits with a binary prefix, for example `50.00 MiB`.
    public var binaryDescription: String {
        let symbols = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var scaled = value
        var index = 0
        while abs(scaled) >= 1024, index < symbols.count - 1 {
            scaled /= 1024
            index += 1
        }
        return "\(SIPrefix.significantDigits(scaled, 4)) \(symbols[index])"
    }
}
