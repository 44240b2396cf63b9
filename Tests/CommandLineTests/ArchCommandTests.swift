import Foundation
import Testing

@Suite struct ArchCommandTests {
    /// What a run of `ridgeline` printed and how it ended.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The executable that was built beside the test bundle.
    static let executable: URL? = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appendingPathComponent("ridgeline")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        return nil
    }()

    /// Runs the executable in a folder that is not the checkout, so that the library must be found from the executable.
    func ridgeline(_ arguments: String..., environment: [String: String] = [:]) throws -> Outcome {
        let process = Process()
        let executable: URL = try #require(Self.executable, "the ridgeline executable is not beside the tests")
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["out", "err"].map { folder.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: try String(contentsOf: files[0], encoding: .utf8),
            errors: try String(contentsOf: files[1], encoding: .utf8))
    }

    @Test func checkIsCleanOverTheLibrary() throws {
        let outcome = try ridgeline("arch", "check")
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("files checked, 0 findings"))
    }

    @Test func listFiltersAndSorts() throws {
        let outcome = try ridgeline("arch", "list", "--vendor", "nvidia", "--dtype", "fp8", "--since", "2022", "--until", "2022", "--sort", "bandwidth", "--descending", "--format", "csv")
        #expect(outcome.status == 0)
        let rows = outcome.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        #expect(rows[0][0] == "id" && rows[0][7] == "bandwidth_gb_per_s")
        let bandwidths = rows.dropFirst().compactMap { Double($0[7]) }
        #expect(bandwidths.count == rows.count - 1 && bandwidths.count > 5)
        #expect(bandwidths == bandwidths.sorted(by: >))
        #expect(rows.dropFirst().allSatisfy { $0[5] == "2022" })
    }

    @Test func tablesFitIntoAHundredColumns() throws {
        for arguments in [["list"], ["show", "b200"], ["systems"]] {
            let outcome = arguments.count == 1 ? try ridgeline("arch", arguments[0]) : try ridgeline("arch", arguments[0], arguments[1])
            let table = outcome.output.split(separator: "\n").prefix { !$0.hasPrefix("[1]") }.drop { !$0.contains("----") && !$0.hasPrefix("accelerator") }
            #expect(table.allSatisfy { $0.count <= 100 })
            #expect(table.count > 5)
        }
    }

    @Test func showPrintsTheLinksOfDevicesAndServers() throws {
        let device = try ridgeline("arch", "show", "h100").output
        #expect(device.contains("NVLink 4, nvswitch, 18 links x 25 = 450 GB/s a direction, 0.87 µs a hop"))
        let server = try ridgeline("arch", "show", "DGX H100")
        #expect(server.status == 0)
        for part in ["8 x ", "(h100-sxm)", "450 GB/s a direction, 0.87 µs a hop", "InfiniBand NDR", "power_w"] { #expect(server.output.contains(part), "\(part)") }
        let rows = try ridgeline("arch", "show", "dgx-h100", "--format", "csv").output.split(separator: "\n")
        #expect(rows.count > 5)
        #expect(rows.contains { $0.hasPrefix("scale_up.latency_us,") })
        let listed = try ridgeline("arch", "systems", "--format", "csv").output
        #expect(listed.contains("dgx-h100,8,h100-sxm,NVLink 4,nvswitch,18,450,0.87,InfiniBand NDR,50,1.90"))
        #expect(try ridgeline("arch", "show", "dgx-h1000").status == 65)
    }

    @Test func unknownNamesAreBadInputWithASuggestion() throws {
        let outcome = try ridgeline("arch", "show", "h100-smx")
        #expect(outcome.status == 65)
        #expect(outcome.output == "")
        #expect(outcome.errors == "ridgeline: no accelerator is called 'h100-smx'; did you mean 'h100-sxm'?\n")
    }

    @Test func wrongUsageIsStatus64() throws {
        #expect(try ridgeline("arch", "list", "--sort", "nonsense").status == 64)
        #expect(try ridgeline("arch", "list", "--dtype", "fp9").status == 64)
    }

    @Test func showPrintsEachNumberWithItsSource() throws {
        let outcome = try ridgeline("arch", "show", "h100", "--format", "json")
        #expect(outcome.status == 0)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect(object["id"] as? String == "h100-sxm")
        let numbers = try #require(object["numbers"] as? [[String: Any]])
        #expect(numbers.count > 30)
        #expect(numbers.allSatisfy { ($0["source"] as? String)?.isEmpty == false })
    }

    @Test func explainedNamesAnswerWithWhatIsKnown() throws {
        let outcome = try ridgeline("arch", "show", "tensor g3")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("cannot be projected"))
    }

    @Test func aDesignCanBeStartedCheckedAndCompared() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString).yaml").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try ridgeline("arch", "new", "--like", "h100", "--name", "Mine", "--output", file).status == 0)
        #expect(try ridgeline("arch", "check", file).status == 0)
        // An existing file is kept.
        #expect(try ridgeline("arch", "new", "--like", "a100", "--output", file).status == 65)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // A clock that the published peaks contradict.
        let changed = text.replacing("# compute:", with: "compute:").replacing(
            "#   matrix_clock_mhz: {value: 1830,", with: "  matrix_clock_mhz: {value: 1200,")
        #expect(changed != text)
        let unexplained = changed + "published_peaks_tera:\n  reason: null\n"
        try Data(unexplained.utf8).write(to: URL(fileURLWithPath: file))
        let checked = try ridgeline("arch", "check", file)
        #expect(checked.status == 1)
        #expect(checked.output.contains("give a reason"))
        let difference = try ridgeline("arch", "diff", "h100", file, "--format", "csv")
        #expect(difference.output.contains("compute.matrix_clock_mhz,1830,1200,0.656"))
    }

    @Test func theEnvironmentAddsAFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = "extends: h100-sxm\nname: Envy\naliases: [envy-1]\n"
        try Data(text.utf8).write(to: folder.appendingPathComponent("envious.yaml"))
        let outcome = try ridgeline("arch", "show", "envy 1", environment: ["RIDGELINE_ARCHITECTURES": folder.path])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("Envy (envious)"))
        #expect(try ridgeline("arch", "show", "envy 1").status == 65)
    }
}
