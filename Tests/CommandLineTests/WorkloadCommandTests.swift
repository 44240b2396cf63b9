import Foundation
import Testing

@Suite struct WorkloadCommandTests {
    @Test func traceWritesAPlanThatImportReadsBackByteForByte() throws {
        let folder = try TemporaryFolder()
        let first = try ProcessRun(["trace", "gpt3-175b", "--batch", "8", "--prompt", "64", "--generate", "4", "--tp", "8", "--output", folder.file("a.json")])
        #expect(first.status == 0 && first.output.isEmpty, "\(first.errors)")
        let second = try ProcessRun(["import", folder.file("a.json"), "--output", folder.file("b.json"), "--format", "json"])
        #expect(second.status == 0, "\(second.errors)")
        let (a, b) = (FileManager.default.contents(atPath: folder.file("a.json")), FileManager.default.contents(atPath: folder.file("b.json")))
        #expect(a != nil && a == b)
        let summary = try JSONSerialization.jsonObject(with: Data(second.output.utf8)) as? [String: Any]
        #expect(summary?["origin"] as? String == "planned")
        // Nothing else was left behind.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.json", "b.json"])
    }

    @Test func traceWithoutAnOutputGoesToStandardOutput() throws {
        let run = try ProcessRun(["trace", "bert-base", "--isl", "16", "--dtype", "fp32"])
        #expect(run.status == 0)
        #expect(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) is [String: Any])
    }

    @Test func modelsShowPrintsExactCounts() throws {
        #expect(try ProcessRun(["models", "show", "llama2-7b"]).output.contains("parameters 6738415616"))
        #expect(try ProcessRun(["models", "list"]).output.contains("gpt3-175b"))
    }

    /// Arguments, exit code (docs: 64 usage, 65 bad input), and what the message says.
    private static let failures: [([String], Int32, String)] = [
        (["trace", "gpt5"], 65, "unknown model 'gpt5'"),
        (["trace", "mixtrall"], 65, "did you mean 'mixtral'?"),
        (["trace", "gpt-4"], 65, "not public"),
        (["trace", "/nowhere/config.json"], 65, "/nowhere/config.json"),
        (["trace", "gpt2", "--batch", "0"], 64, "batch is 0, allowed are 1 to"),
        (["trace", "gpt2", "--prompt", "-5"], 64, "prompt tokens is -5"),
        (["trace", "gpt2", "--prompt", "many"], 64, "many"),
        (["trace", "gpt2", "--tp", "5"], 64, "does not divide by 5"),
        (["trace", "gpt2", "--dtype", "fp7"], 64, "fp7"),
        (["trace", "gpt2", "--gpus", "7", "--pp", "2"], 64, "--gpus 7"),
        (["trace", "bert-base", "--generate", "5"], 64, "generates no tokens"),
        (["trace"], 64, "model"),
        (["trace", "gpt2", "--output", "/nowhere/else/t.json"], 65, "/nowhere/else/t.json: cannot be written"),
        (["import", "/nowhere/t.json"], 65, "no such file"),
        (["import", "/dev/null"], 65, "empty"),
        (["models", "show", "lama2-7b"], 65, "did you mean 'llama2-7b'?"),
    ]

    @Test(arguments: failures)
    func failuresSayWhatIsWrongAndWithWhichCode(arguments: [String], status: Int32, message: String) throws {
        let run = try ProcessRun(arguments)
        #expect(run.status == status, "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(message), "\(run.errors)")
    }

    /// Costs count with the first price of the file, or with the one given, and say which; the workload stands above its figures.
    @Test func projectSaysWhatItProjectedAndWhoAsksTheHour() throws {
        let arguments = ["project", "--model", "gpt2", "--prompt", "64", "--on", "h100-sxm,a100-sxm-80gb"]
        let run = try ProcessRun(arguments)
        #expect(run.output.hasPrefix("gpt2, batch 1, prompt 64, "))
        #expect(run.output.contains("Prices: h100-sxm $3.99/h (Lambda on-demand per GPU, eight); a100-sxm-80gb $4.00/h (OCI"))
        func dollars(_ extra: [String]) throws -> [Double] {
            let text = try ProcessRun(arguments + ["--format", "json"] + extra).output
            let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return (document?["projections"] as? [[String: Any]] ?? []).compactMap { $0["dollars_per_million_tokens"] as? Double }
        }
        let (listed, given) = (try dollars([]), try dollars(["--price", "h100-sxm=7.98"]))
        try #require(listed.count == 2 && given.count == 2)
        #expect(abs(given[0] / listed[0] - 2) < 1e-9 && given[1] == listed[1])
        #expect(try ProcessRun(arguments + ["--price", "2"]).output.contains("h100-sxm $2.00/h (given with --price)"))
    }

    @Test func aPlanOfPipelineStagesKeepsHowManyWork() throws {
        let folder = try TemporaryFolder()
        let arguments = ["--model", "gpt2", "--prompt", "64", "--pp", "2"]
        _ = try ProcessRun(["trace"] + arguments + ["--output", folder.file("t.json")])
        func joules(_ source: [String]) throws -> Double? {
            let text = try ProcessRun(["project", "--on", "h100-sxm", "--format", "json"] + source).output
            let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            return (document?["projections"] as? [[String: Any]])?.first?["joules_per_token"] as? Double
        }
        let direct = try #require(try joules(arguments))
        #expect(try joules(["--trace", folder.file("t.json")]) == direct)
    }

    /// A profiler's trace has no phases, so nobody knows its tokens: a page without throughput, and no zero for what is unknown.
    @Test func aTraceWithoutPhasesIsCompared() throws {
        let folder = try TemporaryFolder()
        let trace = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Fixtures/Traces/kineto_gpt2_one_layer.json").path
        let run = try ProcessRun(["compare", "--trace", trace, "--dtype", "fp16", "--on", "h100-sxm,v100-sxm2-32gb", "-o", folder.file("r.html")])
        #expect(run.status == 0, "\(run.errors)")
        let page = try String(contentsOfFile: folder.file("r.html"), encoding: .utf8)
        #expect(page.contains("<svg") && !page.contains("NaN") && !page.contains("Throughput counts"))
        let data = try ProcessRun(["project", "--trace", trace, "--on", "h100-sxm", "--format", "json"]).output
        #expect(data.contains("\"tokens_per_s\": null"))
    }

    @Test func aTruncatedTraceIsRefusedWithItsPosition() throws {
        let folder = try TemporaryFolder()
        let whole = try ProcessRun(["trace", "gpt2"]).output
        try Data(whole.utf8.prefix(2000)).write(to: URL(fileURLWithPath: folder.file("cut.json")))
        let run = try ProcessRun(["import", folder.file("cut.json")])
        #expect(run.status == 65)
        #expect(run.errors.contains("cut.json:") && run.errors.contains("truncated"), "\(run.errors)")
    }

    @Test func aFullDiskIsTheMachinesFault() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let run = try ProcessRun(["trace", "gpt2", "--output", "/dev/full"])
        #expect(run.status == 69, "\(run.errors)")
        #expect(run.errors.contains("No space left"))
    }
}
