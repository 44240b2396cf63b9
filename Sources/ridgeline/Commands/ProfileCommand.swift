import ArgumentParser
import CPUExecutor
import CPUKernels
import ConfigurationFiles
import Foundation
import HostTopology
import Profiler
import Quantities
import Trace
import Workload

/// `ridgeline profile`: runs a model on this CPU and records what each operator took.
struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Run a model on this CPU and record the time and counters of every operator.",
        discussion: """
            A checkpoint's folder runs with its weights, a preset or a config.json with weights made from a seed. The trace opens in Perfetto and is
            replayed on other devices by `ridgeline project --trace` and `ridgeline compare --trace`.

            Example: ridgeline profile gpt2 --prompt 512 --generate 64 --threads 2 --output gpt2.json
            """)

    /// Formats of matrix products that the executor has.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case fp32, bf16, int8

        var product: ProductFormat {
            switch self {
            case .fp32: .f32
            case .bf16: .bf16
            case .int8: .s8s8
            }
        }
    }

    /// How the summary is printed.
    enum Summary: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    @Argument(help: "A preset (`ridgeline models list`), a Hugging Face config.json, or a checkpoint's folder.")
    var model: String

    @Option(help: "Sequences side by side.")
    var batch = 1

    @Option(name: [.customLong("prompt"), .customLong("isl")], help: "Prompt tokens of a sequence.")
    var prompt = 128

    @Option(name: [.customLong("generate"), .customLong("osl")], help: "Decode steps after the prefill.")
    var generate = 0

    @Option(help: "Format of matrix products; activations and attention are fp32.")
    var dtype = Format.fp32

    @Option(help: ArgumentHelp("Pinned workers; one a usable core where left out.", valueName: "n"))
    var threads: Int?

    @Option(help: "Timed runs; as many unobserved ones run in turn with them.")
    var repetitions = 5

    @Option(name: .customLong("warm-ups"), help: "Runs before those.")
    var warmUps = 1

    @Option(help: "Seed of made-up weights.")
    var seed: UInt64 = 0

    @Option(name: [.short, .long], help: "Trace file to write.")
    var output: String?

    @Option(help: "Form of the summary on standard output.")
    var format = Summary.table

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): expected 1 to 1024") }
    }

    func run() throws {
        try reportingErrors {
            if let output { try OutputFile.check(output) }
            let host = try HostTopology.discover()
            let profiler = try ModelProfiler(
                executor: try executor(host),
                request: ProfileRequest(batch: batch, promptTokens: prompt, decodeSteps: generate, repetitions: repetitions, warmUps: warmUps))
            let progress = TerminalProgress()
            let result = try profiler.run { progress.show("profiling: run \($0 + 1) of \($1)") }
            progress.end()
            if let output {
                try OutputFile.write(try result.trace.chromeTraceJSON(), to: output)
                StandardError.write("\(output): \(result.trace.events.count) events\n")
            }
            let presentation = ProfilePresentation(result: result)
            switch format {
            case .table: try StandardOutput.write(presentation.text)
            case .json: try StandardOutput.write(presentation.jsonText)
            case .csv: try StandardOutput.write(presentation.csv)
            }
        }
    }

    private func executor(_ host: HostTopology) throws -> TransformerExecutor {
        let configuration = try ModelLibrary.find(model)
        var isFolder: ObjCBool = false
        let hasFolder = FileManager.default.fileExists(atPath: model, isDirectory: &isFolder) && isFolder.boolValue
        let store = hasFolder ? try WeightStore(folder: model) : WeightStore(seed: seed)
        let binding = try ThreadBinding()
        let units = host.usableCores
        return try TransformerExecutor(
            model: configuration, weights: store, format: dtype.product, threads: threads ?? host.recommendedThreads,
            pin: { worker in
                // A machine that forbids pinning runs unpinned.
                if worker < units.count { try? binding.bindCurrentThread(toProcessingUnit: units[worker]) }
            })
    }
}
