import Foundation
import Testing

/// A busy machine lengthens what it measures; whoever reads a comparison must learn of it.
@Suite struct MeasuredLoadTests {
    /// One measured product, with the load average of its machine where given.
    private static func trace(load: String?) -> String {
        let properties = load.map { #"["load_average_before","\#($0)"]"# } ?? ""
        return #"{"schemaVersion":1,"displayTimeUnit":"ms","traceName":"one","#
            + #""ridgeline":{"formatVersion":1,"origin":"measured","workload":"one","device":"epyc-9654","properties":[\#(properties)]},"#
            + #""traceEvents":[{"ph":"X","cat":"cpu_op","name":"layer 0 attention.output","pid":0,"tid":0,"ts":0,"dur":120.5,"args":{"#
            + #""ridgeline.operator":{"kind":"matrix_multiply","batch":1,"m":512,"n":768,"k":768,"activation":"fp32","weight":"fp32","output":"fp32","#
            + #""compute":"fp32","bias":true},"ridgeline.phase":"prefill"}}]}"#
    }

    @Test(arguments: [("2.45", true), ("0.50", false), (nil, false)])
    func theComparisonSaysThatTheMachineWasBusy(load: String?, isSaid: Bool) throws {
        let folder = try TemporaryFolder()
        try Data(Self.trace(load: load).utf8).write(to: URL(fileURLWithPath: folder.file("t.json")))
        let run = try ProcessRun([
            "compare", "--trace", folder.file("t.json"), "--measured-on", "epyc-9654", "--on", "h100-sxm", "-o", folder.file("r.html"),
        ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("Projected against measured, one on epyc-9654"))
        let sentence = "Load average \(load ?? "") before the first run"
        #expect(run.output.contains(sentence) == isSaid)
        let page = try String(contentsOfFile: folder.file("r.html"), encoding: .utf8)
        #expect(page.contains("Projected against measured") && page.contains(sentence) == isSaid)
    }
}
