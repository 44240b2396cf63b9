import Hardware
import Quantities

/// Numbers of a file with their sources, as tables.
struct SourcedNumberTable {
    var numbers: [ArchitectureNumber]

    init(_ numbers: [ArchitectureNumber]) { self.numbers = numbers }

    /// Distinct sources in the order in which they first appear.
    private var sources: [Source] {
        var sources: [Source] = []
        for number in numbers where !sources.contains(number.source) { sources.append(number.source) }
        return sources
    }

    /// Every number with the kind of its source and a reference into `sourceList`: narrow enough for a terminal.
    var referenced: TextTable {
        let sources = sources
        return TextTable(
            columns: [.text("number"), .number("value"), .text("kind"), .number("source")],
            rows: numbers.map { number in
                let reference = sources.firstIndex(of: number.source).map { "[\($0 + 1)]" } ?? ""
                return [number.path, Self.plain(number.value), number.source.kind.rawValue, reference]
            })
    }

    var sourceList: String {
        sources.enumerated().map { "[\($0.offset + 1)] \($0.element.kind.rawValue): \($0.element.text)" }.joined(separator: "\n")
    }

    /// Every number under the key that the file uses, with its source.
    var full: TextTable {
        TextTable(
            columns: [.text("number"), .number("value"), .text("source")],
            rows: numbers.map { [$0.path, Self.plain($0.value), "\($0.source.kind.rawValue): \($0.source.text)"] })
    }

    var json: JSONText {
        .array(
            numbers.map {
                .object([
                    "path": .string($0.path), "value": .number($0.value), "source_kind": .string($0.source.kind.rawValue),
                    "source": .string($0.source.text),
                ])
            })
    }

    /// At most six significant digits, no exponent.
    static func plain(_ value: Double) -> String {
        let magnitude = abs(value)
        let digits = magnitude >= 1000 ? 1 : magnitude >= 1 ? 3 : 6
        var text = FixedPoint.format(value, fractionDigits: value == value.rounded() ? 0 : digits)
        if text.contains(".") {
            while text.last == "0" { text.removeLast() }
            if text.last == "." { text.removeLast() }
        }
        return text
    }
}
