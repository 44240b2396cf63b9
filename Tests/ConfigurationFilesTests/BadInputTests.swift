import ConfigurationFiles
import Foundation
import Testing

/// What is wrong with a text, and the message that a user must get for it.
struct BadInput: Sendable, CustomTestStringConvertible {
    var text: String
    var message: String
    var format: ConfigurationDocument.Format = .yaml
    var testDescription: String { message }
}

@Suite struct BadInputTests {
    @Test(arguments: [
        BadInput(text: "", message: "f: the file is empty"),
        BadInput(text: " \n\n", message: "f: the file is empty"),
        BadInput(text: "a: 1\na: 2\n", message: "f:1:1: duplicate key 'a'"),
        BadInput(text: "a: 1\n\"a\": 2\n", message: "f:1:1: duplicate key 'a'"),
        BadInput(text: "a: [1, 2\nb: 3\n", message: "f:2:2: malformed YAML: did not find expected ',' or ']' (while parsing a flow sequence)"),
        BadInput(text: "a: &x [1]\nb: *x\n", message: "f:2:4: aliases (*name) are not supported, write the value out or quote the text"),
        BadInput(text: "? [1, 2]\n: x\n", message: "f:1:3: a key must be a name"),
        BadInput(text: "{\"a\": 1,}", message: "f:1:9: malformed JSON: found '}', a key in double quotes belongs here", format: .json),
        BadInput(text: "{\"a\": 1, \"a\": 2}", message: "f:1:10: duplicate key 'a'", format: .json),
        BadInput(text: "{\"a\": 01}", message: "f:1:7: malformed JSON: found '01', a value belongs here", format: .json),
        BadInput(text: "{\"a\":\n  NaN}", message: "f:2:3: malformed JSON: found 'NaN', a value belongs here", format: .json),
        BadInput(text: "{\"a\": \"x\ny\"}", message: "f:1:9: malformed JSON: found byte 10 inside a string, control characters must be escaped", format: .json),
        BadInput(text: "[1] 2", message: "f:1:5: malformed JSON: found '2' after the end of the value", format: .json),
        BadInput(text: "[1 2]", message: "f:1:4: malformed JSON: found '2', ',' or ']' belongs here", format: .json),
        BadInput(text: "[\"\\ud800\"]", message: "f:1:9: malformed JSON: \\ud800 is half of a surrogate pair", format: .json),
        BadInput(text: "{\"a\"", message: "f:1:5: malformed JSON: found the end of the file, ':' belongs after a key", format: .json),
    ])
    func malformedTextIsRefusedWithItsPlace(input: BadInput) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationDocument(text: input.text, path: "f", format: input.format)
        }
        #expect(error?.description == input.message)
    }

    @Test(arguments: [
        ([0x61, 0x3A, 0x00], "f: the file is binary (byte 2 is zero), UTF-8 text belongs here"),
        ([0xFF, 0xFE, 0x61, 0x00], "f: the file is UTF-16, text must be UTF-8"),
        ([0x61, 0x0A, 0xC3, 0x28], "f:2: the text is not UTF-8"),
    ] as [([UInt8], String)])
    func bytesThatAreNoTextAreRefused(bytes: [UInt8], message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationDocument(bytes: bytes, path: "f", format: .yaml)
        }
        #expect(error?.description == message)
    }

    /// Ten levels of nine references each would stand for 3.5 billion values.
    @Test func aliasBombIsRefusedBeforeItIsParsed() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...10 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationDocument(text: text, path: "f") }
        #expect(error?.description.contains("aliases") == true)
    }

    /// A quote in block text opens nothing for YAML, and must not hide what follows from the scan.
    @Test func aliasesCannotHideBehindAQuoteInBlockText() {
        let text = "note: |\n  'open\na: &a [x, x]\nb: {? *a : 1}\nc: |\n  close'\n"
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationDocument(text: text, path: "f") }
        #expect(error?.description == "f:4:7: aliases (*name) are not supported, write the value out or quote the text")
        #expect(throws: Never.self) { try ConfigurationDocument(text: "a: \"R&D and *bold*\" # 2 * 3\n", path: "f") }
    }

    /// Text behind `|` and `>` may hold anything; what stands behind the text is structure again.
    @Test(arguments: [
        ("a: |\n  x = *p + [*q\n  {{\nb: 1\n", "x = *p + [*q\n{{\n"), ("a: >-\n  see *name\n\n   *more\n  *last\nb: 1\n", "see *name\n\n *more\n*last"),
        ("a: |+2 # two\n   *x\nb: 1\n", " *x\n"), ("a:\n  |\n  *x\nb: 1\n", "*x\n"),
    ])
    func referencesInBlockTextAreText(text: String, value: String) throws {
        let document = try ConfigurationDocument(text: text, path: "f")
        guard case .mapping(let entries) = document.root.content, case .scalar(let scalar)? = entries.first?.value.content else {
            Issue.record("no mapping")
            return
        }
        #expect(scalar.text == value)
    }

    @Test(arguments: [
        ("a: |\n  text\nb: *x\n", "f:3:4"), ("- a: |\n    text\n  b: *x\n", "f:3:6"), ("- |\n text\n- *x\n", "f:3:3"), ("- - |\n  - *x\n", "f:2:5"),
        ("a: | text\n  *x\n", "f:2:3"), ("a: [ |\n  *x ]\n", "f:2:3"), ("a: |1\n *x\n  y\n b\nc: *x\n", "f:5:4"),
        ("a: |\n    text\n  *x\n", "f:3:3"), ("a: x # |\nb: *x\n", "f:2:4"), ("a: '|'\nb: *x\n", "f:2:4"),
    ])
    func referencesBehindBlockTextAreFound(text: String, place: String) {
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationDocument(text: text, path: "f") }
        #expect(error?.description.hasPrefix("\(place): aliases (*name)") == true, "\(error?.description ?? "nothing")")
    }

    enum Nesting: CaseIterable {
        case flowLists, flowMappings, dashes, indentation

        var text: String {
            switch self {
            case .flowLists: String(repeating: "[", count: 100_000)
            case .flowMappings: String(repeating: "{a: ", count: 100_000)
            case .dashes: String(repeating: "- ", count: 100_000) + "x"
            case .indentation: (0..<2000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
            }
        }
    }

    @Test(arguments: Nesting.allCases)
    func nestingWithoutBoundIsRefused(nesting: Nesting) {
        let text = nesting.text
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationDocument(text: text, path: "f") }
        #expect(error?.description.contains("nested deeper than 64 levels") == true)
        if nesting == .flowLists {
            #expect(throws: ConfigurationError.self) { try ConfigurationDocument(text: text, path: "f", format: .json) }
        }
    }

    @Test func limitsHoldForBytesAndValues() {
        let limits = ReadingLimits(bytes: 100, nodes: 10, depth: 8)
        let long = #expect(throws: ConfigurationError.self) {
            try ConfigurationDocument(text: String(repeating: "x", count: 101), path: "f", limits: limits)
        }
        #expect(long?.description == "f: the text has 101 bytes, at most 100 are read")
        for format in ConfigurationDocument.Format.allCases {
            #expect(throws: ConfigurationError.self) {
                try ConfigurationDocument(text: "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", path: "f", format: format, limits: limits)
            }
        }
    }

    @Test func missingFileNamesItsNeighbour() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("a: 1".utf8).write(to: folder.appendingPathComponent("h100-sxm.yaml"))
        let wanted = folder.appendingPathComponent("h100-smx.yaml").path
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationDocument.read(wanted) }
        #expect(error?.description == "\(wanted): no such file; did you mean 'h100-sxm.yaml'?")
        let directory = #expect(throws: ConfigurationError.self) { try ConfigurationDocument.read(folder.path) }
        #expect(directory?.description == "\(folder.path): found a folder, a file belongs here")
    }
}
