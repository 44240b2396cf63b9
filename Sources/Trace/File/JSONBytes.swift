/// JSON being written: one growing buffer of UTF-8 bytes that the parts of a file append to in turn.
final class JSONBytes {
    private(set) var bytes: [UInt8] = []

    /// Appends text that is JSON already.
    @discardableResult
    func text(_ text: String) -> JSONBytes {
        bytes.append(contentsOf: text.utf8)
        return self
    }

    /// Appends a string literal; control characters are escaped.
    @discardableResult
    func string(_ text: String) -> JSONBytes {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<32:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return self
    }

    /// Appends a finite number in the shortest form that reads back as the same `Double`; whole numbers without a fraction.
    @discardableResult
    func number(_ value: Double) -> JSONBytes {
        if value.rounded() == value, abs(value) < 1e15, !(value == 0 && value.sign == .minus) { return text(String(Int(value))) }
        return text("\(value)")
    }

    /// Appends an object of fields in their order.
    @discardableResult
    func fields(_ fields: [OperatorField]) -> JSONBytes {
        text("{")
        for (index, field) in fields.enumerated() {
            text(index == 0 ? "\"" : ",\"").text(field.key).text("\":")
            switch field.value {
            case .integer(let value): text(String(value))
            case .number(let value): number(value)
            case .text(let value): string(value)
            case .boolean(let value): text(value ? "true" : "false")
            }
        }
        return text("}")
    }
}
