import Foundation
import Testing

/// The worked example of docs/model.md is computed by hand from the constants that ship; when those are refitted it must be computed again.
@Suite struct WorkedExampleTests {
    private static func text(after mark: String, to end: String, in text: String) throws -> String {
        let start = try #require(text.range(of: mark), "docs/model.md has no '\(mark)'")
        let rest = text[start.upperBound...]
        return String(rest[..<(try #require(rest.range(of: end))).lowerBound])
    }

    @Test func theDocumentSaysWhatTheProgramSays() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/model.md").standardized
        let document = try String(contentsOf: path, encoding: .utf8)
        let example = try Self.text(after: "## A worked example", to: "\n## ", in: document)
        let total = try #require(Double(try Self.text(after: "launch 1.0 | **", to: " µs**", in: example)))
        let clocked = try #require(Double(try Self.text(after: "| kernel | norm at φ | ", to: " µs", in: example)))
        let unhindered = try #require(Double(try Self.text(after: "³)^(1/3) | ", to: " µs", in: example)))

        let run = try ProcessRun(["explain", "--gemm", "4096x4096x4096", "--dtype", "bf16", "--on", "h100-sxm", "--format", "json"])
        #expect(run.status == 0, "\(run.errors)")
        let results = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        let result = try #require(results.first)
        let parts = try #require(result["breakdown_us"] as? [String: Double])
        let interval = try #require(Double(try Self.text(after: "on h100-sxm itself: ", to: " to", in: example)))
        // To the digits that the document prints.
        #expect(abs(try #require(result["time_us"] as? Double) - total) < 0.006)
        #expect(abs((parts["power"] ?? 0) - (clocked - unhindered)) < 0.011)
        #expect(abs(try #require(result["p10_us"] as? Double) - interval) < 0.06)
    }
}
