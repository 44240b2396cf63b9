import ArgumentParser
import Hardware
import Reports
import Simulator
import Workload

/// `ridgeline project`: a workload on modelled accelerators.
struct ProjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project",
        abstract: "Project a workload on modelled accelerators.",
        discussion: """
            Examples:
              ridgeline project --model llama-2-7b --prompt 2048 --generate 128 --dtype fp16 --on a100-sxm-80gb,h100-sxm
              ridgeline project --model gpt3-175b --gpus 8 --tp 8 --batch 4 --prompt 1024 --generate 100 --on h100-sxm --format json
              ridgeline project --trace minilm.trace.json --dtype fp16 --on v100-sxm2-32gb
            """)

    @OptionGroup var source: SourceOptions
    @OptionGroup var device: DeviceOptions
    @OptionGroup var output: OutputOptions

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let sources = try source.sources()
        let stack = try device.softwareStack()
        let selection = try device.selection()
        let outcome = Projections(sources.map(\.workload), on: selection.architectures, stack: stack, conditions: device.conditions, model: try device.modelMaker())
        guard !outcome.projections.isEmpty else { throw outcome.refusal }
        let report = ProjectionReport(outcome.projections, refusals: outcome.refusals + selection.refusals)
        switch output.format {
        case .table: try output.emit(report.plain)
        case .markdown: try output.emit(report.markdown)
        case .csv: try output.emit(report.csv)
        case .json: try output.emit(report.json.rendered)
        }
    }
}

/// Every workload on every device; devices that refuse are kept with the reason.
struct Projections {
    private(set) var projections: [WorkloadProjection] = []
    private(set) var refusals: [(device: String, reason: String)] = []
    private var firstError: (any Error)?

    init(
        _ workloads: [Workload], on devices: [Architecture], stack: SoftwareStack, conditions: ExecutionConditions,
        model makeModel: (Architecture, SoftwareStack) throws -> any DeviceModel
    ) {
        for architecture in devices {
            do {
                let model = try makeModel(architecture, stack)
                var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model, conditions: conditions)
                for workload in workloads { projections.append(try projector.project(workload)) }
            } catch {
                firstError = firstError ?? error
                refusals.append((architecture.id, "\(error)"))
            }
        }
    }

    /// What to throw when no device could run anything.
    var refusal: any Error { firstError ?? ValidationError("nothing to project") }
}
