/// Strict JSON (RFC 8259) to values: no comments, no trailing commas, no duplicate keys, places in lines and columns.
///
/// - Complexity: linear in the bytes.
struct JSONReader {
    private let bytes: [UInt8]
    private let path: String
    private var index = 0
    private var line = 1
    /// A byte of the current line whose column is known; columns are counted on from here, so that long lines cost linear time.
    private var markedIndex = 0
    private var markedColumn = 1
    private var remaining: Int

    static func read(_ bytes: [UInt8], path: String, limits: ReadingLimits) throws(ConfigurationError) -> ConfigurationValue {
        var reader = JSONReader(bytes: bytes, path: path, remaining: limits.nodes)
        reader.skipWhitespace()
        let value = try reader.value(depth: limits.depth)
        reader.skipWhitespace()
        guard reader.index == bytes.count else { throw reader.problem("found \(reader.found) after the end of the value") }
        return value
    }

    private init(bytes: [UInt8], path: String, remaining: Int) {
        self.bytes = bytes
        self.path = path
        self.remaining = remaining
    }

    private var place: ConfigurationLocation {
        ConfigurationLocation(path: path, line: line, column: markedColumn + columnOffset(from: markedIndex, to: index))
    }

    /// The current place, remembered for the next count of columns.
    private mutating func mark() -> ConfigurationLocation {
        let location = place
        markedColumn = location.column ?? 1
        markedIndex = index
        return location
    }

    /// Unicode scalars between two offsets of a line.
    private func columnOffset(from start: Int, to end: Int) -> Int {
        var count = 0
        for position in start..<max(start, min(end, bytes.count)) where bytes[position] & 0xC0 != 0x80 { count += 1 }
        return count
    }

    private var found: String {
        guard index < bytes.count else { return "the end of the file" }
        let byte = bytes[index]
        return byte > 32 && byte < 127 ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
    }

    private func problem(_ message: String) -> ConfigurationError { ConfigurationError(place, "malformed JSON: \(message)") }

    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 32, 9, 13: index += 1
            case 10:
                index += 1
                line += 1
                markedIndex = index
                markedColumn = 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws(ConfigurationError) -> ConfigurationValue {
        remaining -= 1
        guard remaining >= 0 else { throw problem("the file has more values than are read") }
        guard depth > 0 else { throw problem("values are nested too deeply") }
        guard index < bytes.count else { throw problem("found the end of the file, a value belongs here") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""):
            let start = mark()
            return ConfigurationValue(.scalar(ConfigurationScalar(try string(), isQuoted: true)), at: start)
        default: return try plain()
        }
    }

    private mutating func object(depth: Int) throws(ConfigurationError) -> ConfigurationValue {
        let start = mark()
        index += 1
        var entries: [ConfigurationEntry] = []
        var seen: Set<String> = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            return ConfigurationValue(.mapping([]), at: start)
        }
        while true {
            skipWhitespace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw problem("found \(found), a key in double quotes belongs here")
            }
            let keyPlace = mark()
            let key = try string()
            guard seen.insert(key).inserted else { throw ConfigurationError(keyPlace, "duplicate key '\(ConfigurationValue.shortened(key))'") }
            skipWhitespace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { throw problem("found \(found), ':' belongs after a key") }
            index += 1
            skipWhitespace()
            entries.append(ConfigurationEntry(key: key, location: keyPlace, value: try value(depth: depth - 1)))
            if try endsList(with: UInt8(ascii: "}")) { return ConfigurationValue(.mapping(entries), at: start) }
        }
    }

    private mutating func array(depth: Int) throws(ConfigurationError) -> ConfigurationValue {
        let start = mark()
        index += 1
        var values: [ConfigurationValue] = []
        skipWhitespace()
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return ConfigurationValue(.sequence([]), at: start)
        }
        while true {
            skipWhitespace()
            values.append(try value(depth: depth - 1))
            if try endsList(with: UInt8(ascii: "]")) { return ConfigurationValue(.sequence(values), at: start) }
        }
    }

    /// Consumes a comma (false) or the closing bracket (true).
    private mutating func endsList(with closing: UInt8) throws(ConfigurationError) -> Bool {
        skipWhitespace()
        guard index < bytes.count, bytes[index] == UInt8(ascii: ",") || bytes[index] == closing else {
            throw problem("found \(found), ',' or '\(Character(UnicodeScalar(closing)))' belongs here")
        }
        defer { index += 1 }
        return bytes[index] == closing
    }

    /// A number, `true`, `false` or `null`.
    private mutating func plain() throws(ConfigurationError) -> ConfigurationValue {
        let start = index
        let startPlace = mark()
        while index < bytes.count, !Self.endsPlain(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard text == "true" || text == "false" || text == "null" || Self.isNumber(bytes[start..<index]) else {
            index = start
            let shown = text.isEmpty ? found : "'\(ConfigurationValue.shortened(text))'"
            throw ConfigurationError(startPlace, "malformed JSON: found \(shown), a value belongs here")
        }
        return ConfigurationValue(.scalar(ConfigurationScalar(text, isQuoted: false)), at: startPlace)
    }

    private static func endsPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 32, 9, 10, 13, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "["),
            UInt8(ascii: "{"):
            true
        default: false
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func digits(_ slice: inout ArraySlice<UInt8>) -> Int {
            let count = slice.prefix { $0 >= 48 && $0 <= 57 }.count
            slice = slice.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits(&rest)
        guard whole > 0, !leadingZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// A string in double quotes, escapes resolved.
    private mutating func string() throws(ConfigurationError) -> String {
        index += 1
        var content: [UInt8] = []
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += Array(String(try escape()).utf8)
            case 0..<32: throw problem("found \(found) inside a string, control characters must be escaped")
            default:
                content.append(byte)
                index += 1
            }
        }
        throw problem("found the end of the file inside a string")
    }

    private mutating func escape() throws(ConfigurationError) -> Unicode.Scalar {
        index += 1
        guard index < bytes.count else { throw problem("found the end of the file inside a string") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try hexadecimal()
            if (0xD800..<0xDC00).contains(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") {
                index += 2
                let second = try hexadecimal()
                guard (0xDC00..<0xE000).contains(second) else { throw problem("\\u\(String(first, radix: 16)) needs a low surrogate after it") }
                return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
            }
            guard let scalar = Unicode.Scalar(first) else { throw problem("\\u\(String(first, radix: 16)) is half of a surrogate pair") }
            return scalar
        default:
            index -= 1
            throw problem("found \\\(Character(UnicodeScalar(byte))), which is no escape")
        }
    }

    private mutating func hexadecimal() throws(ConfigurationError) -> UInt32 {
        guard index + 4 <= bytes.count, let value = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16) else {
            throw problem("four hexadecimal digits belong after \\u")
        }
        index += 4
        return value
    }
}
