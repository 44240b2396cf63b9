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

    @Test func reportsAreWrittenAsPagesAndAsMarkdown() throws {
        let folder = try Self.measured()
        for name in ["report.html", "report.md"] {
            let run = try ProcessRun(["validate", "--measured", folder.path, "--report", folder.file(name), "--without", "power"])
            #expect(run.status == 0, "\(run.errors)")
            let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
            #expect(text.contains("Projected against measured") && text.contains("Without a mechanism"))
        }
    }

    @Test(arguments: [
        (["validate"], 64, "Missing expected argument '--measured <path>'"),
        (["validate", "--measured", "/nonexistent/gemm.csv"], 65, "/nonexistent/gemm.csv: no such file or folder"),
        (["validate", "--measured", "/dev/null"], 65, "the file's name says no family of measurements"),
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
