import Foundation
import Testing

@Suite struct ValidateCommandTests {
    /// A folder with three products of which the V100 lacks the format of one and nobody knows the device of another.
    static func measured() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let text = """
            source,device,dtype,op,m,n,k,latency_us
            bench,Tesla V100-PCIE-32GB,fp16,linear,4096,4096,4096,2000
            bench,Tesla V100-PCIE-32GB,fp8,linear,4096,4096,4096,2000
            bench,Nobody's 9000,fp16,linear,4096,4096,4096,2000

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("gemm.csv")))
        return folder
    }

    @Test func validateAnswersWhatItCanAndCountsTheRest() throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["validate", "--measured", folder.path, "--format", "json", "--rows", folder.file("rows.csv")])
        #expect(run.status == 0, "\(run.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let group = try #require((document["groups"] as? [[String: Any]])?.first)
        #expect(group["architecture"] as? String == "v100-pcie-32gb" && group["count"] as? Int == 1)
        let keys = ["family", "source", "device", "architecture", "dtype", "op", "count", "mape", "median_ape", "p90_ape", "bias", "coverage"]
        #expect(Set(group.keys) == Set(keys))
        let skipped = try #require(document["skipped"] as? [[String: Any]])
        #expect(skipped.count == 2 && skipped.allSatisfy { $0["count"] as? Int == 1 && $0["reason"] is String })
        let rows = try String(contentsOfFile: folder.file("rows.csv"), encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 2)
        #expect(rows[1].contains(",neutral,"))
    }

    @Test(arguments: [("gemm/cold_ramp", true), ("gemm/cold_ramp_us", false)])
    func aConstantThatNoFileStatesIsWarnedOf(name: String, warns: Bool) throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["validate", "--measured", folder.path, "--set", "\(name)=1"])
        #expect(run.status == 0)
        #expect(run.errors.contains("no file states this constant; did you mean 'gemm/cold_ramp_us'?") == warns, "\(run.errors)")
    }

    @Test func theFirstLineIsHowManyWereAnswered() throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["validate", "--measured", folder.file("gemm.csv")])
        #expect(run.output.hasPrefix("1 of 3 rows answered"))
        #expect(run.output.contains("source 'bench': no protocol known"))
    }

    @Test func anErrorLimitThatFailsExitsWithOne() throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["validate", "--measured", folder.path, "--max-mape", "0"])
        #expect(run.status == 1)
        #expect(run.errors.contains("at most 0.0 % asked"))
        #expect(try ProcessRun(["validate", "--measured", folder.path, "--max-mape", "100000"]).status == 0)
    }

    @Test func onOneArchitectureUnknownDevicesCountAsIt() throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["validate", "--measured", folder.path, "--on", "h100-sxm", "--format", "json"])
        #expect(run.output.contains("\"device\": \"Nobody's 9000\",\n      \"architecture\": \"h100-sxm\""))
        #expect(run.output.contains("the device is v100-pcie-32gb, and only h100-sxm was asked for"))
    }

    /// The facts that ship, from the package's folder: what the report states is what the command answers, and a second run gives equal bytes.
    @Test func publishedFiguresOfTheRepositoryGiveTheReport() throws {
        let folder = try TemporaryFolder()
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..").standardized.path
        let facts = "\(package)/Traces/published/engines.csv"
        let run = try ProcessRun(["validate", "--measured", facts, "--report", folder.file("a.md"), "--format", "json"])
        #expect(run.status == 0, "\(run.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        let answered = try #require(document["answered"] as? Int)
        let published = try #require(document["published"] as? [String: Any])
        let figures = try #require(published["figures"] as? [[String: Any]])
        #expect(figures.count == answered && answered >= 150)
        let factors = figures.compactMap { $0["factor"] as? Double }
        #expect(factors.count == figures.count && factors.allSatisfy { $0 > 0.05 && $0 < 20 })
        let report = try String(contentsOfFile: folder.file("a.md"), encoding: .utf8)
        for part in ["## By device", "## Google TPU v5p", "## Figures that were not answered", "## Held against nothing", "speculative decoding"] {
            #expect(report.contains(part), "\(part)")
        }
        _ = try ProcessRun(["validate", "--measured", facts, "--report", folder.file("a.md"), "--format", "json"])
        #expect(try String(contentsOfFile: folder.file("a.md"), encoding: .utf8) == report)
        let csv = try ProcessRun(["validate", "--measured", facts, "--format", "csv"])
        #expect(csv.output.contains("published,,,tpu-v5p,,training model_tflops_per_device,"))
        #expect(try ProcessRun(["validate", "--measured", facts, "--format", "markdown"]).output.contains("| tpu-v5p |"))
    }

    @Test func reportsAreWrittenAsPagesAndAsMarkdown() throws {
        let folder = try Self.measured()
        let both = ["report.html", "report.md"]
        let run = try ProcessRun(["validate", "--measured", folder.path, "--without", "power"] + both.flatMap { ["--report", folder.file($0)] })
        #expect(run.status == 0, "\(run.errors)")
        for name in both {
            let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
            #expect(text.contains("Projected against measured") && text.contains("Without a mechanism"))
        }
    }

    @Test(arguments: [
        (["validate"], 64, "Missing expected argument '--measured <path>'"),
        (["validate", "--measured", "/nonexistent/gemm.csv"], 65, "/nonexistent/gemm.csv: no such file or folder"),
        (["validate", "--measured", "/dev/null"], 65, "neither the file's name nor its folder's says a family of measurements"),
        (["validate", "--measured", "x", "--set", "gemm=3"], 64, "expected group/name=value"),
        (["validate", "--measured", "x", "--max-mape", "-1"], 64, "--max-mape"),
        (["validate", "--measured", "x", "--format", "xml"], 64, "xml"),
        (["fit", "--measured", "x", "--family", "gem", "--generation", "ampere"], 64, "did you mean 'gemm'?"),
    ] as [([String], Int32, String)])
    func wrongUseSaysWhatIsAllowed(arguments: [String], status: Int32, message: String) throws {
        let run = try ProcessRun(arguments)
        #expect(run.status == status)
        #expect(run.errors.contains(message), "\(run.errors)")
    }

    @Test func fitOfAGenerationThatIsNotThereNamesTheNearest() throws {
        let folder = try Self.measured()
        let run = try ProcessRun(["fit", "--measured", folder.path, "--family", "gemm", "--generation", "volt"])
        #expect(run.status == 65)
        #expect(run.errors.contains("did you mean 'volta'?"))
    }
}
