import ConfigurationFiles
import Foundation

/// BERT's tokenizer: basic splitting, then the longest pieces of the vocabulary, from the left (Wu et al., "Google's neural machine translation
/// system", arXiv 1609.08144; Devlin et al., "BERT", arXiv 1810.04805).
public struct WordPieceTokenizer: Sendable {
    private let identifiers: [String: Int]
    private let lowerCases: Bool
    private let unknown: Int
    private let start: Int
    private let end: Int
    /// Pieces that a text may spell out (`[MASK]`), with their numbers.
    private let spelledOut: [(piece: String, number: Int)]
    /// Words longer than this are unknown, as in the reference.
    private static let longestWord = 100

    /// Reads `vocab.txt` of a folder: one piece a line, its number the line's; `tokenizer_config.json` may say `do_lower_case`.
    ///
    /// - Throws: when the file is missing or lacks the special pieces.
    public init(folder: String) throws(ConfigurationError) {
        let path = "\(folder)/vocab.txt"
        let bytes = try TextFile.read(path, limit: 64 << 20)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        var identifiers: [String: Int] = [:]
        for (number, line) in lines.enumerated() {
            let piece = line.hasSuffix("\r") ? String(line.dropLast()) : String(line)
            if number < lines.count - 1 || !piece.isEmpty { identifiers[piece] = identifiers[piece] ?? number }
        }
        func special(_ piece: String) throws(ConfigurationError) -> Int {
            guard let number = identifiers[piece] else { throw ConfigurationError(ConfigurationLocation(path: path), "no piece '\(piece)'") }
            return number
        }
        unknown = try special("[UNK]")
        start = try special("[CLS]")
        end = try special("[SEP]")
        spelledOut = ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"].compactMap { piece in identifiers[piece].map { (piece, $0) } }
        self.identifiers = identifiers
        lowerCases = try Self.lowerCases(folder)
    }

    private static func lowerCases(_ folder: String) throws(ConfigurationError) -> Bool {
        let path = "\(folder)/tokenizer_config.json"
        guard FileManager.default.fileExists(atPath: path) else { return true }
        let fields = try ConfigurationDocument.read(path, format: .json).mapping()
        return try fields.optional("do_lower_case") ?? true
    }

    /// Token ids of a text between [CLS] and [SEP], cut to `limit` tokens with the end kept.
    public func encode(_ text: String, limit: Int = 512) -> [Int] {
        var result: [Int] = []
        var rest = text[...]
        while let special = nextSpelledOut(in: rest) {
            result += words(of: String(rest[..<special.range.lowerBound])).flatMap(pieces)
            result.append(special.number)
            rest = rest[special.range.upperBound...]
        }
        result += words(of: String(rest)).flatMap(pieces)
        return [start] + result.prefix(max(0, limit - 2)) + [end]
    }

    /// The first special piece that a text spells out, in capitals as the vocabulary has it.
    private func nextSpelledOut(in text: Substring) -> (range: Range<Substring.Index>, number: Int)? {
        guard text.utf8.contains(UInt8(ascii: "[")) else { return nil }
        let found = spelledOut.compactMap { special in text.range(of: special.piece, options: .literal).map { ($0, special.number) } }
        return found.min { $0.0.lowerBound < $1.0.lowerBound }
    }

    /// Words: cleaned, lower-cased, accents stripped, split at white space, around punctuation and around each CJK character.
    func words(of text: String) -> [String] {
        let normalized = lowerCases ? text.lowercased().decomposedStringWithCanonicalMapping : text
        var words: [String] = []
        var current = String.UnicodeScalarView()
        func finish() {
            if !current.isEmpty { words.append(String(current)) }
            current = String.UnicodeScalarView()
        }
        for scalar in normalized.unicodeScalars {
            if scalar.value == 0 || scalar.value == 0xFFFD || Self.isControl(scalar) { continue }
            if lowerCases, scalar.properties.generalCategory == .nonspacingMark { continue }
            if Self.isWhitespace(scalar) {
                finish()
            } else if Self.isPunctuation(scalar) || Self.isCJK(scalar) {
                finish()
                words.append(String(scalar))
            } else {
                current.append(scalar)
            }
        }
        finish()
        return words
    }

    private func pieces(of word: String) -> [Int] {
        let scalars = Array(word.unicodeScalars)
        guard scalars.count <= Self.longestWord else { return [unknown] }
        var result: [Int] = []
        var first = 0
        while first < scalars.count {
            var last = scalars.count
            var found: Int?
            while last > first, found == nil {
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[first..<last])
                found = identifiers[(first > 0 ? "##" : "") + String(view)]
                if found == nil { last -= 1 }
            }
            guard let found else { return [unknown] }
            result.append(found)
            first = last
        }
        return result
    }

    private static func isWhitespace(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "\t", scalar != "\n", scalar != "\r" else { return true }
        return [.spaceSeparator, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "\t", scalar != "\n", scalar != "\r" else { return false }
        return [.control, .format, .privateUse, .surrogate].contains(scalar.properties.generalCategory)
    }

    /// ASCII symbols count as punctuation even where Unicode disagrees (`$`, `^`), as in the reference.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if (33...47).contains(value) || (58...64).contains(value) || (91...96).contains(value) || (123...126).contains(value) { return true }
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation,
            .otherPunctuation:
            return true
        default:
            return false
        }
    }

    private static func isCJK(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B820...0x2CEAF, 0xF900...0xFAFF,
            0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
