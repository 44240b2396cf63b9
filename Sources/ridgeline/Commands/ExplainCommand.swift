import ArgumentParser
import Hardware
import Quantities
import Reports
import Simulator
import Workload

/// `ridgeline explain`: where each microsecond of an operator goes.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say where each microsecond of an operator goes on an accelerator.",
        discussion: """
            With --gemm MxNxK a single product is explained; otherwise the operators of a model or trace whose place contains --operator,
            the most expensive ones first.

            Examples:
              ridgeline explain --gemm 4096x4096x4096 --dtype bf16 --on h100-sxm
              ridgeline explain --model llama-2-7b --prompt 2048 --dtype fp16 --operator attention --on a100-sxm-80gb
            """)

    @OptionGroup var source: SourceOptions
    @OptionGroup var device: DeviceOptions
    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("One matrix product, tokens x output features x input features.", valueName: "MxNxK"))
    var gemm: String?

    @Option(help: "Only operators whose place contains this text.")
    var `operator`: String?

    @Option(help: "Operators explained at most.")
    var limit = 5

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let stack = try device.softwareStack()
        var texts: [String] = []
        var documents: [JSONText] = []
        let makeModel = try device.modelMaker()
        for architecture in try device.devices() {
            for report in try reports(on: architecture, stack: stack, model: try makeModel(architecture, stack)) {
                texts.append(report.plain)
                documents.append(report.json)
            }
        }
        switch output.format {
        case .json: try output.emit(JSONText.array(documents).rendered)
        case .table, .markdown: try output.emit(texts.joined(separator: "\n\n"))
        case .csv: throw ValidationError("explain prints a table or JSON")
        }
    }

    private func reports(on architecture: Architecture, stack: SoftwareStack, model: any DeviceModel) throws -> [ExplainReport] {
        if let gemm {
            let shape = try product(gemm)
            let projection = try model.project(shape, under: device.conditions)
            return [ExplainReport(name: "gemm \(gemm)", device: architecture.name, shape: shape, projection: projection)]
        }
        var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model, conditions: device.conditions)
        var placed: [(phase: String, item: PlacedProjection, runs: Double)] = []
        for source in try source.sources() {
            for phase in try projector.project(source.workload).phases {
                for item in phase.operators where self.operator.map({ item.name.contains($0) }) ?? true {
                    placed.append((phase.kind.rawValue, item, Double(item.count * phase.repetitions)))
                }
            }
        }
        guard !placed.isEmpty else { throw ValidationError("no operator's place contains '\(self.operator ?? "")'") }
        return placed.sorted { $0.item.projection.time * $0.runs > $1.item.projection.time * $1.runs }.prefix(limit).map {
            ExplainReport(name: "\($0.phase) \($0.item.name)", device: architecture.name, shape: $0.item.shape, projection: $0.item.projection)
        }
    }

    private func product(_ text: String) throws -> Operator {
        let sizes = text.lowercased().split(separator: "x").map { Int($0) }
        guard sizes.count == 3, let m = sizes[0], let n = sizes[1], let k = sizes[2], m > 0, n > 0, k > 0 else {
            throw ValidationError("--gemm '\(text)': expected three positive sizes such as 4096x4096x1024")
        }
        return .matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: .uniform(source.request.dtype ?? .fp16)))
    }
}
