import ArgumentParser
import ConfigurationFiles
import Hardware
import Quantities
import Reports
import Simulator
import Workload

/// `ridgeline rank`: one layer of a model on many accelerators, fastest first.
struct RankCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rank",
        abstract: "Rank accelerators by one layer (decoder block) of a model: prefill, and decode at several batches.",
        discussion: """
            The layer is projected inside its whole model, so that the answer says whether the model with its KV cache fits one device, streams from
            backing memory, or takes several devices one after another. A device that streams is listed a second time with devices in series.

            Example:
              ridgeline rank --model llama-2-7b --context 2048 --batch 1,64 --dtype bf16,fp16 --on all
            """)

    /// What devices are sorted by.
    enum Key: String, CaseIterable, ExpressibleByArgument { case prefill, decode, batch }

    @Option(help: ArgumentHelp("A preset (`ridgeline models list`), a Hugging Face config.json, or a folder that holds one.", valueName: "model"))
    var model: String

    @Option(help: "Prompt tokens of the prefill, and tokens attended by the decode steps.")
    var context = 2048

    @Option(help: ArgumentHelp("Sequences of the decode steps, separated by commas; the prefill is one sequence.", valueName: "n[,n…]"))
    var batch = "1,64"

    @Option(help: ArgumentHelp("Formats to try in this order; a device is ranked with the first one that it computes in.", valueName: "dtype[,dtype…]"))
    var dtype = "bf16,fp16"

    @Option(help: "Sort by prefill, by decode at the first batch, or by decode at the last batch.")
    var sort = Key.decode

    @OptionGroup var device: DeviceOptions
    @OptionGroup var output: OutputOptions

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let configuration = try ModelLibrary.find(model)
        let scenarios = try scenarios()
        let formats = try formats()
        guard configuration.structure == .decoder, configuration.generates else {
            throw ValidationError("\(configuration.name) has no decoder that generates, and rank compares prefill and decode; `ridgeline project` takes it")
        }
        let workloads = try formats.map { format in try scenarios.map { try $0.workload(configuration, format) } }
        let selection = try device.selection()
        let stack = try device.softwareStack()
        let makeModel = try device.modelMaker()
        var rows: [RankingReport.Row] = []
        var refusals = selection.refusals
        for architecture in selection.architectures {
            do {
                let model = try makeModel(architecture, stack)
                var row = try self.row(architecture, model, stack, scenarios, formats, workloads, layers: configuration.layers)
                rows.append(row)
                guard row.backing != nil else { continue }
                var alone = architecture
                alone.backingMemory = nil
                row = try self.row(alone, try makeModel(alone, stack), stack, scenarios, formats, workloads, layers: configuration.layers)
                row.device += " in series"
                rows.append(row)
            } catch {
                refusals.append((architecture.id, "\(error)"))
            }
        }
        guard !rows.isEmpty else { throw ValidationError("no accelerator could be ranked: " + refusals.map { "\($0.device): \($0.reason)" }.joined(separator: "; ")) }
        let column = switch sort {
        case .prefill: 0
        case .decode: 1
        case .batch: scenarios.count - 1
        }
        let report = RankingReport(
            scenarios.map { .init(title: $0.title, tokens: $0.tokens) }, rows: rows, sortedBy: column, layers: configuration.layers,
            command: reproduction, refusals: refusals)
        switch output.format {
        case .table: try output.emit(report.plain)
        case .markdown: try output.emit(report.markdown)
        case .csv: try output.emit(report.csv)
        case .json: try output.emit(report.json.rendered)
        }
    }

    /// The command that repeats the report: the options that decide about numbers.
    private var reproduction: String {
        var words = ["ridgeline rank --model \(model) --context \(context) --batch \(batch) --dtype \(dtype) --on \(device.on) --sort \(sort.rawValue)"]
        if device.stack != "neutral" { words.append("--stack \(device.stack)") }
        if let price = device.price { words.append("--price \(price)") }
        if device.launch != .graph { words.append("--launch \(device.launch.rawValue)") }
        return (words + ["--format markdown"]).joined(separator: " ")
    }

    /// A pass of the model that is ranked.
    private struct Scenario {
        var title: String
        var kind: WorkloadPhase.Kind
        var batch: Int
        var prompt: Int
        var generated: Int
        var tokens: Int

        func workload(_ model: ModelConfiguration, _ format: NumberFormat) throws -> Workload {
            func request(prompt: Int) -> WorkloadRequest {
                WorkloadRequest(batch: batch, promptTokens: prompt, generatedTokens: generated, format: format)
            }
            var workload = try model.workload(for: request(prompt: prompt))
            // A server fills the cache of many sequences piece by piece: while they decode, only a step's activations are alive.
            if kind == .decode { workload.memory.activations = try model.workload(for: request(prompt: 1)).memory.activations }
            return workload
        }
    }

    private func scenarios() throws -> [Scenario] {
        guard context > 1 else { throw ValidationError("--context \(context): at least 2 tokens are needed") }
        let batches = try Self.list(batch, "--batch", allowed: "whole numbers of at least 1") { text in Int(text).flatMap { $0 > 0 ? $0 : nil } }
        return [Scenario(title: "prefill", kind: .prefill, batch: 1, prompt: context, generated: 0, tokens: context)]
            // The new token is one of those that are attended to.
            + batches.map { Scenario(title: "decode b\($0)", kind: .decode, batch: $0, prompt: context - 1, generated: 1, tokens: $0) }
    }

    private func formats() throws -> [NumberFormat] {
        let names = NumberFormat.allCases.map(\.rawValue)
        return try Self.list(dtype, "--dtype", allowed: names.joined(separator: ", "), names: names) { NumberFormat(name: $0) }
    }

    private static func list<Value>(
        _ text: String, _ option: String, allowed: String, names: [String] = [], _ parse: (String) -> Value?
    ) throws -> [Value] {
        let values = try text.split(separator: ",").map { part in
            guard let value = parse(String(part)) else { 
                throw ValidationError("\(option) \(text): '\(part)' is none, allowed are \(allowed)\(Spelling.suggestion(for: String(part), in: names))")
            }
            return value
        }
        guard !values.isEmpty else { throw ValidationError("\(option) is empty, allowed are \(allowed)") }
        return values
    }

    /// The device in the first format that it computes in.
    private func row(
        _ architecture: Architecture, _ model: any DeviceModel, _ stack: SoftwareStack, _ scenarios: [Scenario], _ formats: [NumberFormat],
        _ workloads: [[Workload]], layers: Int
    ) throws -> RankingReport.Row {
        var refusal: ProjectionError?
        for (format, passes) in zip(formats, workloads) {
            do throws(ProjectionError) {
                var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model, conditions: device.conditions)
                var cells: [RankingReport.Cell] = []
                for (scenario, workload) in zip(scenarios, passes) {
                    let projection = try projector.project(workload)
                    guard let layer = projection.layer(of: scenario.kind, layers: layers, on: architecture) else {
                        throw ProjectionError(.unsupportedOperator, "the model has no \(scenario.kind.rawValue) phase")
                    }
                    cells.append(.init(layer: layer, placement: projection.placement))
                }
                let streams = cells.contains { $0.placement.streamedShare > 0 }
                return RankingReport.Row(
                    device: architecture.id, deviceClass: architecture.deviceClass, format: format,
                    backing: streams ? architecture.backingMemory?.technology : nil,
                    price: architecture.prices.first, cells: cells)
            } catch {
                refusal = refusal ?? error
                guard error.code == .unsupportedFormat else { throw error }
            }
        }
        throw refusal ?? ProjectionError(.unsupportedFormat, "no format given")
    }
}
