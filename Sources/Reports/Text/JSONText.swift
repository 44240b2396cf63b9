import Foundation

/// A JSON document whose keys keep the order in which they were written, so that equal results are equal bytes.
public indirect enum JSONText: Hashable, Sendable {
    case object([Member])
    case array([JSONText])
    case string(String)
    /// A number; one that is not finite is written as null, because JSON has no other word for it.
    case number(Double)
    case integer(Int)
    case boolean(Bool)
    case null

    public struct Member: Hashable, Sendable {
        public var key: String
        public var value: JSONText

        public init(_ key: String, _ value: JSONText) {
            self.key = key
            self.value = value
        }
    }

    /// An object from pairs; absent values become null.
    public static func object(_ pairs: KeyValuePairs<String, JSONText?>) -> JSONText {
        .object(pairs.map { Member($0.key, $0.value ?? .null) })
    }

    /// The number, or null where absent.
    public static func optional(_ value: Double?) -> JSONText { value.map(JSONText.number) ?? .null }

    /// The text, or null.
    public static func optional(_ value: String?) -> JSONText { value.map(JSONText.string) ?? .null }

    /// The document, indented by two spaces.
    public var rendered: String {
        var output = ""
        render(into: &output, indent: "")
        return output
    }

    private func render(into output: inout String, indent: String) {
        switch self {
        case .object(let members):
            Self.renderList(members, open: "{", close: "}", into: &output, indent: indent) { member, output, inner in
                output += Self.quote(member.key) + ": "
                member.value.render(into: &output, indent: inner)
            }
        case .array(let items):
            Self.renderList(items, open: "[", close: "]", into: &output, indent: indent) { item, output, inner in
                item.render(into: &output, indent: inner)
            }
        case .string(let text): output += Self.quote(text)
        case .number(let value): output += Self.format(value)
        case .integer(let value): output += String(value)
        case .boolean(let value): output += value ? "true" : "false"
        case .null: output += "null"
        }
    }

    private static func renderList<Item>(
        _ items: [Item], open: String, close: String, into output: inout String, indent: String,
        item render: (Item, inout String, String) -> Void
    ) {
        guard !items.isEmpty else {
            output += open + close
            return
        }
        let inner = indent + "  "
        output += open
        for (index, item) in items.enumerated() {
            output += (index == 0 ? "\n" : ",\n") + inner
            render(item, &output, inner)
        }
        output += "\n" + indent + close
    }

    /// The shortest text that reads back as the same number; whole numbers without a fraction.
    private static func format(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    private static func quote(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case let control where control.value < 0x20:
                output += "\\u" + String(repeating: "0", count: 4 - String(control.value, radix: 16).count) + String(control.value, radix: 16)
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
