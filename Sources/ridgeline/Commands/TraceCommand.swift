import ArgumentParser
import ConfigurationFiles
import Trace
import Workload

/// `ridgeline trace`: what would run, without running it.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Write the trace of a model's operators without running them.",
        discussion: """
            The trace opens in Perfetto (https://ui.perfetto.dev) and is replayed by `ridgeline project --trace`.

            Example: ridgeline trace gpt3-175b --batch 8 --prompt 1024 --generate 64 --tp 8 --dtype fp16 --output gpt3.json
            """)

    @Argument(help: "A preset (`ridgeline models list`), a Hugging Face config.json, or a folder that holds one.")
    var name: String?

    @OptionGroup var workload: WorkloadOptions

    @Option(name: [.short, .long], help: "File to write; standard output where left out.")
    var output: String?

    func run() throws {
        try reportingErrors {
            let workload = try workload.workload(model: name)
            let bytes = try OperatorTrace(planning: workload).chromeTraceJSON()
            guard let output else { return try StandardOutput.write(bytes) }
            try OutputFile.write(bytes, to: output)
            let operators = workload.phases.reduce(0) { $0 + $1.operators.count }
            StandardError.write("\(output): \(workload.name): \(workload.phases.count) phases, \(operators) distinct operators\n")
        }
    }
}
