/// What the text of an unquoted scalar means: JSON's numbers (a leading `+`, a missing digit before or after the point and `_` between
/// digits are allowed too), `true` and `false`, nothing else. No octal, no base 60, no `yes`, no infinity.
public enum ScalarRules {
    /// The finite number that the text spells, nil for anything else.
    public static func number(_ text: String) -> Double? {
        guard let digits = normalizedNumber(text), let value = Double(digits), value.isFinite else { return nil }
        return value
    }

    /// The whole number that the text spells, an exponent allowed where the result is whole (`1e9`); nil for anything else or
    /// beyond the range of `Int`.
    public static func integer(_ text: String) -> Int? {
        guard let digits = normalizedNumber(text) else { return nil }
        if let exact = Int(digits) { return exact }
        guard digits.contains(where: { $0 == "." || $0 == "e" || $0 == "E" }), let value = Double(digits) else { return nil }
        guard abs(value) <= 9_007_199_254_740_992, value == value.rounded(.towardZero) else { return nil }
        return Int(value)
    }

    /// `true` or `false`.
    public static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }

    /// The text without `_` and leading `+`, nil unless it has the form of a decimal number.
    private static func normalizedNumber(_ text: String) -> String? {
        guard text.utf8.count <= 400 else { return nil }
        var result: [UInt8] = []
        var digitsBefore = 0, digitsAfter = 0, digitsInExponent = 0
        var sawPoint = false, sawExponent = false
        var previous: UInt8 = 0
        for (position, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if sawExponent { digitsInExponent += 1 } else if sawPoint { digitsAfter += 1 } else { digitsBefore += 1 }
                result.append(byte)
            case UInt8(ascii: "_"):
                guard isDigit(previous) else { return nil }
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard position == 0 || previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E") else { return nil }
                if byte == UInt8(ascii: "-") || position > 0 { result.append(byte) }
            case UInt8(ascii: "."):
                guard !sawPoint, !sawExponent, previous != UInt8(ascii: "_") else { return nil }
                sawPoint = true
                if digitsBefore == 0 { result.append(UInt8(ascii: "0")) }
                result.append(byte)
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard !sawExponent, digitsBefore + digitsAfter > 0, previous != UInt8(ascii: "_") else { return nil }
                sawExponent = true
                if sawPoint && digitsAfter == 0 { result.append(UInt8(ascii: "0")) }
                result.append(byte)
            default: return nil
            }
            previous = byte
        }
        guard digitsBefore + digitsAfter > 0, previous != UInt8(ascii: "_"), !sawExponent || digitsInExponent > 0 else { return nil }
        if sawPoint && digitsAfter == 0 && !sawExponent { result.append(UInt8(ascii: "0")) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
