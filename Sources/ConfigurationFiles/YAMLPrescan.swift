/// A look over YAML text before it is parsed, for what would make parsing itself dangerous: nesting without bound (recursion) and
/// aliases (a few lines that stand for billions of values).
enum YAMLPrescan {
    static func check(_ bytes: [UInt8], path: String, limits: ReadingLimits) throws(ConfigurationError) {
        var line = 1, column = 0
        var flowDepth = 0
        var quote: UInt8 = 0
        var isComment = false
        var previous: UInt8 = 10
        var dashes = 0
        var isLineHead = true
        var lineStart = 0
        var block: BlockText?
        var index = 0
        // Quotes inside block text can mislead this scan, so references in what looks quoted or commented count where anchors exist too.
        var hasAnchor = false
        var hiddenAlias: ConfigurationLocation?
        func place() -> ConfigurationLocation { ConfigurationLocation(path: path, line: line, column: column) }
        while index < bytes.count {
            let byte = bytes[index]
            if index == lineStart, let open = block {
                block = open.continued(bytes, from: lineStart)
                // What stands in block text is no structure, like what stands in a comment.
                isComment = block != nil
            }
            if byte & 0xC0 != 0x80 { column += 1 }
            defer { previous = byte; index += 1 }
            if byte == 10 {
                line += 1
                column = 0
                dashes = 0
                isLineHead = true
                isComment = false
                lineStart = index + 1
                continue
            }
            if index + 1 < bytes.count, isName(bytes[index + 1]), isSeparator(previous) || previous == UInt8(ascii: ",") || isOpening(previous) {
                if byte == UInt8(ascii: "&") { hasAnchor = true }
                if byte == UInt8(ascii: "*"), hiddenAlias == nil { hiddenAlias = place() }
            }
            if isComment { continue }
            if quote != 0 {
                if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] != 10 {
                    index += 1
                    column += 1
                } else if byte == quote {
                    quote = 0
                }
                continue
            }
            let startsToken = isSeparator(previous) || (flowDepth > 0 && (previous == UInt8(ascii: ",") || isOpening(previous)))
            switch byte {
            case UInt8(ascii: "#") where isSeparator(previous): isComment = true
            case UInt8(ascii: "\"") where startsToken, UInt8(ascii: "'") where startsToken: quote = byte
            case UInt8(ascii: "[") where startsToken || flowDepth > 0, UInt8(ascii: "{") where startsToken || flowDepth > 0:
                flowDepth += 1
                guard flowDepth <= limits.depth else { throw ConfigurationError(place(), "values are nested deeper than \(limits.depth) levels") }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): flowDepth = max(0, flowDepth - 1)
            case UInt8(ascii: "|") where startsToken && flowDepth == 0, UInt8(ascii: ">") where startsToken && flowDepth == 0:
                block = BlockText(bytes, header: index, lineStart: lineStart)
            case UInt8(ascii: "*") where startsToken && index + 1 < bytes.count && isName(bytes[index + 1]):
                throw ConfigurationError(place(), "aliases (*name) are not supported, write the value out or quote the text")
            case UInt8(ascii: "-") where isLineHead && index + 1 < bytes.count && isSeparator(bytes[index + 1]),
                UInt8(ascii: "?") where isLineHead && index + 1 < bytes.count && isSeparator(bytes[index + 1]):
                dashes += 1
            default: break
            }
            if isLineHead, byte != 32, byte != UInt8(ascii: "-"), byte != UInt8(ascii: "?") { isLineHead = false }
            guard dashes <= limits.depth, !isLineHead || column <= 4 * limits.depth else {
                throw ConfigurationError(place(), "values are nested deeper than \(limits.depth) levels")
            }
        }
        if hasAnchor, let hiddenAlias {
            throw ConfigurationError(hiddenAlias, "anchors and aliases (&name, *name) are not supported, write the value out")
        }
    }

    /// Text behind `|` or `>`: the lines that are indented more than what they belong to, in which nothing has a meaning.
    private struct BlockText {
        /// Columns that the next line must be indented by at least.
        private var indentation: Int
        private var hasBegun = false

        /// The text that a header opens, nil where the character is no header: behind one stand at most an indentation, `+` or `-`, and a comment.
        init?(_ bytes: [UInt8], header: Int, lineStart: Int) {
            var end = header + 1
            var given: Int?
            while end < bytes.count, bytes[end] == UInt8(ascii: "+") || bytes[end] == UInt8(ascii: "-") || (49...57).contains(bytes[end]) {
                if (49...57).contains(bytes[end]) { given = Int(bytes[end] - 48) }
                end += 1
            }
            while end < bytes.count, bytes[end] == 32 || bytes[end] == 9 || bytes[end] == 13 { end += 1 }
            let isCommented = end < bytes.count && bytes[end] == UInt8(ascii: "#") && isSeparator(bytes[end - 1])
            guard end >= bytes.count || bytes[end] == 10 || isCommented else { return nil }
            // The column of the key, or of the last dash where the text is an item itself.
            var start = lineStart
            var dash: Int?
            while start < header {
                if bytes[start] == UInt8(ascii: "-") || bytes[start] == UInt8(ascii: "?"), isSeparator(bytes[start + 1]) {
                    dash = start - lineStart
                } else if bytes[start] != 32 {
                    break
                }
                start += 1
            }
            if start < header {
                indentation = start - lineStart + (given ?? 1)
            } else if let dash {
                indentation = dash + (given ?? 1)
            } else {
                // Alone on its line, under a key above: taken for text only where the lines are indented as far as the header.
                guard given == nil else { return nil }
                indentation = header - lineStart
            }
        }

        /// The text after a look at the line that starts at a byte, nil where it has ended before; its first line fixes the indentation of all.
        func continued(_ bytes: [UInt8], from lineStart: Int) -> BlockText? {
            var end = lineStart
            while end < bytes.count, bytes[end] == 32 { end += 1 }
            guard end < bytes.count, bytes[end] != 10, bytes[end] != 13 else { return self }
            guard end - lineStart >= indentation else { return nil }
            guard !hasBegun else { return self }
            var text = self
            (text.indentation, text.hasBegun) = (end - lineStart, true)
            return text
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 9 || byte == 13 }
    private static func isOpening(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") }
    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"): true
        default: false
        }
    }
}
