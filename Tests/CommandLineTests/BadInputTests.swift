import Foundation
import Testing

/// Bad input of every kind, through the real binary: the exit code, a message that says what and where, nothing on standard output.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        var status: Int32
        var message: String
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ line: String, _ status: Int32, _ message: String) {
            arguments = line.split(separator: " ").map(String.init)
            self.status = status
            self.message = message
        }
    }

    private static func check(_ item: Case, arguments: [String]? = nil) throws {
        let outcome = try ProcessRun(arguments ?? item.arguments)
        #expect(outcome.status == item.status, "\(outcome.errors)")
        #expect(outcome.errors.contains(item.message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test(arguments: [
        Case("project --model nope --on h100", 65, "unknown model 'nope'"),
        Case("project --model gpt2 --on h1000", 65, "did you mean 'h100'?"),
        Case("project --model gpt2 --on h100 --stack nope", 65, "no software stack is called 'nope'"),
        Case("project --model gpt2 --on h100 --dtype fp17", 64, "'fp17' is invalid"),
        Case("project --model gpt2 --on h100 --batch 0", 64, "batch is 0, allowed are 1 to"),
        Case("project --model gpt2 --on h100 --batch=-3", 64, "batch is -3"),
        Case("project --model gpt2 --on h100 --batch -3", 64, "batch is -3"),
        Case("projct --model gpt2 --on h100", 64, "'projct' is no command of ridgeline, there are arch, "),
        Case("projct", 64, "did you mean 'project'?"),
        Case("projct --help", 64, "did you mean 'project'?"),
        Case("help projct", 64, "did you mean 'project'?"),
        Case("arch lst", 64, "'lst' is no command of ridgeline arch, there are list, show, check, diff, new, systems; did you mean 'list'?"),
        Case("models gpt2", 64, "there are list, show"),
        Case("project --on h100", 64, "Usage: ridgeline project"),
        Case("project --model gpt2 --on h100 --price 0", 64, "--price '0': expected dollars"),
        Case("project --model gpt2 --on h100 --price nan", 64, "--price 'nan'"),
        Case("project --model gpt2 --on h100 --price a100=3", 64, "--price names 'a100', which --on does not"),
        Case("project --model gpt2 --on h100 --price h100=3,h100=4", 64, "two prices for 'h100'"),
        Case("explain --gemm 1x1x4294967296 --on h100", 64, "expected three sizes of 1 to 2147483647"),
        Case("explain --gemm 1x1 --on h100", 64, "Usage: ridgeline explain"),
        Case("explain --model gpt2 --limit 0 --on h100", 64, "--limit 0"),
        Case("explain --model gpt2 --operator atention --on h100", 64, "there are embeddings.tokens, "),
        Case("rank --model bert-base --on h100", 64, "bert-base has no decoder that generates"),
        Case("arch list --vendor nvida", 64, "did you mean 'NVIDIA'?"),
        Case("arch list --generation hoper", 64, "did you mean 'hopper'?"),
        Case("fit --measured . --family gemm --generation hopper --date yesterday", 64, "expected YYYY-MM-DD"),
        Case("run /nonexistent --text x", 65, "no such folder"),
        Case("validate --measured . --report a.pdf", 64, "expected a name that ends in .html or .md"),
        Case("validate --measured . --report a.md --report a.md", 64, "given twice"),
        Case("validate --measured . --report /nonexistent/a.md", 65, "cannot be written"),
        Case("project --model gpt2 --on h100 --prompt 99999999999", 64, "prompt tokens is 99999999999"),
        Case("project --model gpt2 --on h100 --tp 5", 64, "attention heads 12 does not divide by 5"),
        Case("project --model gpt2 --on v100-sxm2-32gb --quantization fp8", 65, "nearest that works: fp16"),
        Case("project --model gpt-4 --on h100", 65, "not public"),
        Case("project --model gpt2 --on x100", 65, "cannot be projected"),
        Case("project --on h100", 64, "Give a model"),
        Case("explain --gemm 0x1x1 --on h100", 64, "--gemm '0x1x1'"),
        Case("explain --gemm 1x1x1 --on h100 --dtype fp4", 65, "cannot multiply fp4"),
        Case("compare --model gpt2 --on v100-sxm2-32gb --dtype fp8 -o /nonexistent/x.html", 65, "cannot multiply fp8e4m3"),
        Case("compare --model gpt2 --on h100 -o /dev/full", 69, "No space left on device"),
        Case("compare --model gpt2 --on h100 -o /nonexistent/dir/x.html", 65, "cannot be written"),
        Case("project --trace /nonexistent.json --on h100", 65, "no such file"),
        Case("run /nonexistent --tokens 1", 65, "no such file"),
        Case("run gpt3-175b --tokens 1", 69, "needs about"),
        Case("profile gpt2 --repetitions 0", 64, "must be positive"),
        Case("validate --measured /nonexistent", 65, "no such file or folder"),
        Case("trace gpt2 --output /dev/full", 69, "No space left on device"),
    ])
    func wrongWordsAreNamed(item: Case) throws { try Self.check(item) }

    @Test(arguments: [
        ("", "the file is empty"), ("{\"a\":", "malformed JSON"), ("\u{0}\u{1}binary", "binary"),
        (String(repeating: "[", count: 20000), "nested too deeply"), ("{\"model_type\": \"gpt2\", \"n_embd\": -4}", "n_embd"),
        ("[1, 2]", "mapping"),
    ])
    func damagedModelFilesAreNamed(text: String, message: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("config.json")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try Self.check(Case("", 65, message), arguments: ["project", "--model", path, "--on", "h100"])
        try Self.check(Case("", 65, path), arguments: ["project", "--model", path, "--on", "h100"])
    }

    @Test(arguments: [("", "empty"), ("{\"traceEvents\": [", "truncated"), ("no json", "belongs here"), ("{\"other\": 1}", "traceEvents")])
    func damagedTracesAreNamed(text: String, message: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("t.json")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try Self.check(Case("", 65, message), arguments: ["project", "--trace", path, "--on", "h100"])
    }

    @Test(arguments: [
        ("", "empty"), ("source,device\n", "column"), ("source,device,dtype,op,batch,m,n,k,latency_us\na,h100,fp16,linear,1,0,2,3,4\n", ":2:"),
        ("source,device,dtype,op,batch,m,n,k,latency_us\na,h100,fp16,linear,1,x,2,3,4\n", ":2:"),
    ])
    func damagedMeasurementsAreNamed(text: String, message: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("gemm.csv")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try Self.check(Case("", 65, message), arguments: ["validate", "--measured", path])
    }

    @Test func aFailedWriteLeavesTheOldReport() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("report.html")
        try "old".write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try ProcessRun(["compare", "--model", "gpt2", "--on", "nope", "-o", path])
        #expect(outcome.status == 65)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    }

    @Test(arguments: [["project", "--model", "gpt2", "--on", "h100"], ["explain", "--gemm", "64x64x64", "--on", "h100"], ["models", "list"]])
    func aFullDiskBehindStandardOutputIsNamed(arguments: [String]) throws {
        let outcome = try ProcessRun(arguments, output: "/dev/full")
        #expect(outcome.status == 69)
        #expect(outcome.errors == "ridgeline: standard output: cannot be written: No space left on device\n")
    }

    /// V100 multiplies no FP8, H100 does: one answer and one reason.
    @Test func oneDeviceThatRefusesDoesNotSilenceTheOthers() throws {
        let outcome = try ProcessRun(["explain", "--gemm", "64x64x64", "--dtype", "fp8e4m3", "--on", "v100-sxm2-32gb,h100-sxm"])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("gemm 64x64x64 on NVIDIA H100"))
        #expect(outcome.errors.contains("v100-sxm2-32gb: not explained: "))
    }

    @Test(arguments: [
        ["project", "--model", "gpt2", "--prompt", "64", "--generate", "2", "--on", "a100,h100", "--format", "json"],
        ["explain", "--gemm", "128x256x512", "--on", "h100", "--format", "json"], ["arch", "list", "--format", "json"],
    ])
    func equalQuestionsGetEqualBytes(arguments: [String]) throws {
        let first = try ProcessRun(arguments)
        #expect(first.status == 0)
        #expect(try JSONSerialization.jsonObject(with: Data(first.output.utf8)) is NSObject)
        #expect(try ProcessRun(arguments).output == first.output)
        #expect(!first.output.lowercased().contains("nan"))
    }

    @Test(arguments: [
        "arch", "calibrate", "compare", "doctor", "explain", "fit", "import", "models", "profile", "project", "rank", "run", "topology", "trace", "validate",
    ])
    func everyVerbExplainsItself(verb: String) throws {
        let outcome = try ProcessRun([verb, "--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("OVERVIEW:") && outcome.output.contains("USAGE:"))
    }
}
