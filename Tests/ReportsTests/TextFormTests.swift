import Foundation
import Testing

@testable import Reports

@Suite struct TextTableTests {
    private let table = TextTable(
        columns: [.text("device"), .number("time (µs)")],
        rows: [["a100, 80 GB", "12.5"], ["h100 \"sxm\"", "7"]])

    @Test func alignsNumbersRight() {
        #expect(
            table.plain == """
                device       time (µs)
                -----------  ---------
                a100, 80 GB       12.5
                h100 "sxm"           7
                """)
    }

    @Test func quotesCSVFields() {
        #expect(table.csv == "device,time (µs)\n\"a100, 80 GB\",12.5\n\"h100 \"\"sxm\"\"\",7")
    }

    @Test func escapesMarkdownBars() {
        let table = TextTable(columns: [.text("a"), .number("b")], rows: [["x|y", "1"]])
        #expect(table.markdown == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |")
    }
}

@Suite struct JSONTextTests {
    @Test func keepsTheOrderOfKeys() {
        let document = JSONText.object(["b": .integer(1), "a": .array([.number(0.1), .null]), "missing": nil])
        #expect(document.rendered == "{\n  \"b\": 1,\n  \"a\": [\n    0.1,\n    null\n  ],\n  \"missing\": null\n}")
    }

    @Test(arguments: ["quote \" slash \\", "line\nbreak\ttab", "control \u{01}", "ünïcode 漢"])
    func foundationReadsWhatItWrites(text: String) throws {
        let data = Data(JSONText.array([.string(text)]).rendered.utf8)
        #expect(try JSONSerialization.jsonObject(with: data) as? [String] == [text])
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func notANumberIsNull(value: Double) {
        #expect(JSONText.number(value).rendered == "null")
    }

    @Test(arguments: [0.1, 1e-9, 123456.789, 1e21, -0.0, 3])
    func numbersReadBackExactly(value: Double) {
        #expect(Double(JSONText.number(value).rendered) == value)
    }
}

@Suite struct MarkupTests {
    @Test func escapesTextAndAttributes() {
        let markup = Markup("p", ["title": "a \"b\" <c>"], text: "x < y & z")
        #expect(markup.rendered == "<p title=\"a &quot;b&quot; &lt;c&gt;\">x &lt; y &amp; z</p>")
    }

    @Test func emptyDivisionsKeepTheirEndTag() {
        #expect(Markup("div").rendered == "<div></div>")
        #expect(Markup("line").rendered == "<line/>")
    }
}
