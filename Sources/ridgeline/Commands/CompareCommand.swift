import ArgumentParser
import ConfigurationFiles
import Hardware
import Quantities
import Reports
import Simulator
import Trace
import Validation
import Workload

/// `ridgeline compare`: the HTML report of workloads side by side on several accelerators.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Write an HTML report of one or several workloads side by side on several accelerators.",
        discussion: """
            Examples:
              ridgeline compare --model llama-2-7b --prompt 2048 --generate 128 --dtype fp16 --on v100-sxm2-32gb,a100-sxm-80gb,h100-sxm -o report.html
              ridgeline compare --trace gpt2.trace.json --measured-on this-cpu.yaml --dtype fp16 --on a100-sxm-80gb -o report.html
            """)

    @OptionGroup var source: SourceOptions
    @OptionGroup var device: DeviceOptions

    @Option(help: ArgumentHelp("Architecture of the device that the traces were measured on, by id or file: adds projected against measured.", valueName: "id"))
    var measuredOn: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The report.", valueName: "file"))
    var output = "report.html"

    @Option(help: "Title of the report.")
    var title: String?

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let sources = try source.sources()
        let selection = try device.selection()
        let stack = try device.softwareStack()
        let host = try measuredOn.map(hostProjector)
        let makeModel = try device.modelMaker()
        var refusal: (any Error)?
        let entries = sources.map { source in
            let outcome = Projections([source.workload], on: selection.architectures, stack: stack, conditions: device.conditions, model: makeModel)
            if outcome.projections.isEmpty { refusal = refusal ?? outcome.refusal }
            let measured = source.trace.flatMap { trace in
                trace.origin == .measured ? host.map { TraceComparison(measured: trace, projector: $0) } : nil
            }
            return ComparisonReport.Entry(projections: outcome.projections, refusals: outcome.refusals + selection.refusals, measured: measured)
        }
        if let refusal, entries.allSatisfy(\.projections.isEmpty) { throw refusal }
        let report = ComparisonReport(
            title: title ?? sources.map(\.workload.name).joined(separator: " and ") + ": projected",
            entries: entries, assumptions: assumptions(stack), command: reproduction)
        try OutputFile.write(report.html, to: output)
        for entry in entries {
            try StandardOutput.write(ProjectionReport(entry.projections, refusals: entry.refusals).plain + "\n\n")
            if let measured = entry.measured { try StandardOutput.write(MeasuredSummary(measured).plain + "\n\n") }
        }
        try StandardOutput.write("report: \(output)\n")
    }

    private func hostProjector(_ name: String) throws -> WorkloadProjector {
        let library = try device.library.library()
        let architecture = try library.device(name)
        let stack = try device.softwareStack()
        return WorkloadProjector(
            architecture: architecture, stack: stack.id, model: try DeviceModels.model(for: architecture, stack: stack),
            conditions: ExecutionConditions(launch: .excluded))
    }

    private func assumptions(_ stack: SoftwareStack) -> [String] {
        var lines = [
            "Software: \(stack.name)." + (stack.notes.map { " \($0)" } ?? ""),
            "Launch: \(device.launch.rawValue). Devices run alone, at the limit of their power, with the operators in order and nothing between them.",
            "What one operator wrote is found on chip by the next if it fits half of the last shared cache; weights stay only if all of a pass fit.",
            "Peaks are dense. Intervals are P10 to P90; over a workload their ends are summed, as if all operators erred together.",
        ]
        if let format = source.request.dtype, !source.trace.isEmpty {
            lines.insert("Traces were recorded in the format of the run and are replayed on accelerators in \(format.rawValue).", at: 0)
        }
        return lines
    }

    /// The command as it was given, so that a reader can repeat it.
    private var reproduction: String {
        let words = CommandLine.arguments.dropFirst().map { $0.contains(" ") ? "'\($0)'" : $0 }
        return (["ridgeline"] + words).joined(separator: " ")
    }
}
