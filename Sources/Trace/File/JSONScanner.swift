/// A pull reader of JSON over raw bytes: the caller walks objects and arrays, and skips what it does not need without building it.
///
/// It goes over each byte once; positions are turned into line and column only when something is wrong.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let path: String
    private(set) var offset = 0
    private var depth = 0
    /// Nesting that is followed; deeper files are refused rather than exhausting the stack.
    private static let maximumDepth = 256

    /// - Parameter bytes: must outlive the scanner.
    init(_ bytes: UnsafeBufferPointer<UInt8>, path: String) {
        self.bytes = bytes
        self.path = path
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { offset = 3 }
    }

    /// An error at the current place, or at `offset`.
    func problem(_ message: String, at place: Int? = nil) -> TraceFileError {
        let end = min(place ?? offset, bytes.count)
        var line = 1
        var lineStart = 0
        for index in 0..<end where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return TraceFileError(path: path, line: line, column: end - lineStart + 1, message: message)
    }

    /// The next byte that is no white space, without taking it; nil at the end.
    mutating func peek() -> UInt8? {
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte != 0x20, byte != 0x0A, byte != 0x0D, byte != 0x09 { return byte }
            offset += 1
        }
        return nil
    }

    var isAtEnd: Bool {
        mutating get { peek() == nil }
    }

    /// What stands here, for messages.
    mutating func found() -> String {
        guard let byte = peek() else { return "the end of the file (it may be truncated)" }
        guard byte >= 0x20, byte < 0x7F else { return "byte \(byte)" }
        return "'\(Character(UnicodeScalar(byte)))'"
    }

    mutating func take(_ byte: UInt8, _ what: String) throws(TraceFileError) {
        guard peek() == byte else { throw problem("found \(found()), \(what) belongs here") }
        offset += 1
    }

    /// Walks an object: `body` is called for each key and must take the value.
    mutating func object(_ body: (inout JSONScanner, String) throws(TraceFileError) -> Void) throws(TraceFileError) {
        try take(UInt8(ascii: "{"), "'{'")
        try enter()
        if peek() == UInt8(ascii: "}") { offset += 1; depth -= 1; return }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw problem("found \(found()), a key in quotes belongs here") }
            let key = try string()
            try take(UInt8(ascii: ":"), "':'")
            try body(&self, key)
            guard let next = peek() else { throw problem("found \(found()), ',' or '}' belongs here") }
            guard next == UInt8(ascii: ",") else { break }
            offset += 1
        }
        try take(UInt8(ascii: "}"), "',' or '}'")
        depth -= 1
    }

    /// Walks an array: `body` is called at each element and must take it.
    mutating func array(_ body: (inout JSONScanner) throws(TraceFileError) -> Void) throws(TraceFileError) {
        try take(UInt8(ascii: "["), "'['")
        try enter()
        if peek() == UInt8(ascii: "]") { offset += 1; depth -= 1; return }
        while true {
            try body(&self)
            guard let next = peek() else { throw problem("found \(found()), ',' or ']' belongs here") }
            guard next == UInt8(ascii: ",") else { break }
            offset += 1
        }
        try take(UInt8(ascii: "]"), "',' or ']'")
        depth -= 1
    }

    private mutating func enter() throws(TraceFileError) {
        depth += 1
        if depth > Self.maximumDepth { throw problem("more than \(Self.maximumDepth) levels of nesting") }
    }

    mutating func string() throws(TraceFileError) -> String {
        try take(UInt8(ascii: "\""), "a string")
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\""), bytes[offset] != UInt8(ascii: "\\"), bytes[offset] >= 0x20 { offset += 1 }
        guard offset < bytes.count else { throw problem("a string is not closed (the file may be truncated)", at: start - 1) }
        if bytes[offset] == UInt8(ascii: "\"") {
            let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
            offset += 1
            return text
        }
        return try escapedString(from: start)
    }

    /// The slow way, for strings with escapes.
    private mutating func escapedString(from start: Int) throws(TraceFileError) -> String {
        var units = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: units, as: UTF8.self) }
            if byte < 0x20 { throw problem("a control character stands in a string; it must be escaped", at: offset - 1) }
            guard byte == UInt8(ascii: "\\") else { units.append(byte); continue }
            guard offset < bytes.count else { break }
            let escape = bytes[offset]
            offset += 1
            switch escape {
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
            case UInt8(ascii: "u"): units.append(contentsOf: String(try unicodeEscape()).utf8)
            default: throw problem("unknown escape '\\\(Character(UnicodeScalar(escape)))' in a string", at: offset - 2)
            }
        }
        throw problem("a string is not closed (the file may be truncated)", at: start - 1)
    }

    /// Four hexadecimal digits, or two such escapes for a character outside the basic plane; a lone half becomes U+FFFD.
    private mutating func unicodeEscape() throws(TraceFileError) -> Character {
        let first = try hexadecimal()
        guard (0xD800..<0xDC00).contains(first) else { return Character(UnicodeScalar(first) ?? "\u{FFFD}") }
        guard offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") else { return "\u{FFFD}" }
        offset += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second) else { return "\u{FFFD}" }
        return Character(UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}")
    }

    private mutating func hexadecimal() throws(TraceFileError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw problem("an escape is cut short") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue else { throw problem("an escape needs four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }

    /// A finite number; PyTorch writes some numbers as strings, which are taken too.
    mutating func number() throws(TraceFileError) -> Double {
        if peek() == UInt8(ascii: "\"") {
            let start = offset
            let text = try string()
            guard let value = Double(text), value.isFinite else { throw problem("found the string \"\(text.prefix(40))\", a number belongs here", at: start) }
            return value
        }
        let start = offset
        guard let first = peek(), first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else { throw problem("found \(found()), a number belongs here") }
        return try plainNumber(from: start)
    }

    /// Exact for up to 15 digits and 22 decimals by one division (Clinger, "How to read floating point numbers accurately", 1990);
    /// anything else by the library.
    private mutating func plainNumber(from place: Int) throws(TraceFileError) -> Double {
        let start = offset
        var mantissa: UInt64 = 0
        var digits = 0, decimals = 0
        var isSimple = true
        let isNegative = bytes[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        var seenPoint = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if (0x30...0x39).contains(byte) {
                if digits < 19 { mantissa = mantissa * 10 + UInt64(byte - 0x30) }
                if mantissa != 0 { digits += 1 }
                if seenPoint { decimals += 1 }
            } else if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                isSimple = false
            } else {
                break
            }
            offset += 1
        }
        if isSimple, digits <= 15, decimals <= 22, offset > start + (isNegative ? 1 : 0) {
            let value = Double(mantissa) / Self.powersOfTen[decimals]
            return isNegative ? -value : value
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw problem("found '\(text.prefix(40))', a finite number belongs here", at: start) }
        return value
    }

    private static let powersOfTen: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

    /// Goes past one value of any kind.
    mutating func skip() throws(TraceFileError) {
        switch peek() {
        case UInt8(ascii: "{"): try object { (scanner, _) throws(TraceFileError) in try scanner.skip() }
        case UInt8(ascii: "["): try array { (scanner) throws(TraceFileError) in try scanner.skip() }
        case UInt8(ascii: "\""): _ = try string()
        default: _ = try scalar()
        }
    }

    /// A number, `true`, `false` or `null`.
    mutating func scalar() throws(TraceFileError) -> JSONNode {
        switch peek() {
        case UInt8(ascii: "t"): try word("true"); return .boolean(true)
        case UInt8(ascii: "f"): try word("false"); return .boolean(false)
        case UInt8(ascii: "n"): try word("null"); return .null
        // PyTorch writes these where a division by zero happened; they mean that nothing is known.
        case UInt8(ascii: "N"): try word("NaN"); return .null
        case UInt8(ascii: "I"): try word("Infinity"); return .null
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: StaticString) throws(TraceFileError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard offset < bytes.count, bytes[offset] == text.utf8Start[index] else { throw problem("found \(found()), '\(text)' belongs here") }
            offset += 1
        }
    }

    /// One value of any kind, built.
    mutating func node() throws(TraceFileError) -> JSONNode {
        switch peek() {
        case UInt8(ascii: "{"):
            var members: [JSONNode.Member] = []
            try object { (scanner, key) throws(TraceFileError) in members.append(JSONNode.Member(key: key, value: try scanner.node())) }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try array { (scanner) throws(TraceFileError) in elements.append(try scanner.node()) }
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try string())
        default: return try scalar()
        }
    }
}

/// A JSON value that was worth building.
indirect enum JSONNode: Hashable {
    struct Member: Hashable {
        var key: String
        var value: JSONNode
    }

    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONNode])
    /// Members in the order of the file.
    case object([Member])

    /// The member with this key; linear, for the few members of an operator.
    subscript(key: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    /// The number, if it is whole and exact.
    var integer: Int? { number.flatMap { Int(exactly: $0) } }

    var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    var elements: [JSONNode]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}
