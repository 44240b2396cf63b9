import ArgumentParser
import ConfigurationFiles
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

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit \(limit): expected at least 1") }
        guard output.format != .csv else { throw ValidationError("--format csv: explain prints a table, markdown or json") }
        if gemm != nil, source.request.model != nil || !source.trace.isEmpty { throw ValidationError("give --gemm or a model or trace, not both") }
        if let gemm { _ = try product(gemm) }
    }

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let stack = try device.softwareStack()
        var texts: [String] = []
        var documents: [JSONText] = []
        let makeModel = try device.modelMaker()
        let selection = try device.selection()
        var refusals = selection.refusals.map { "\($0.device): not explained: \($0.reason)\n" }
        var first: (any Error)?
        for architecture in selection.architectures {
            do {
                for report in try reports(on: architecture, stack: stack, model: try makeModel(architecture, stack)) {
                    texts.append(report.plain)
                    documents.append(report.json)
                }
            } catch let error as ProjectionError {
                first = first ?? error
                refusals.append("\(architecture.id): not explained: \(error)\n")
            }
        }
        if texts.isEmpty, let first { throw first }
        StandardError.write(refusals.joined())
        switch output.format {
        case .json: try output.emit(JSONText.array(documents).rendered)
        case .table, .markdown, .csv: try output.emit(texts.joined(separator: "\n\n"))
        }
    }

    private func reports(on architecture: Architecture, stack: SoftwareStack, model: any DeviceModel) throws -> [ExplainReport] {
        if let gemm {
            let shape = try product(gemm)
            let projection = try model.project(shape, under: device.conditions)
            return [
                ExplainReport(
                    name: "gemm \(gemm)", device: architecture.name, shape: shape, projection: projection, memory: architecture.memory.capacity.value)
            ]
        }
        var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model, conditions: device.conditions)
        var placed: [(phase: String, item: PlacedProjection, part: ExplainReport.Part)] = []
        var places: [String] = []
        for source in try source.sources() {
            let workload = try projector.project(source.workload)
            for phase in workload.phases {
                for item in phase.operators {
                    guard self.operator.map({ item.name.contains($0) }) ?? true else {
                        if !places.contains(item.name) { places.append(item.name) }
                        continue
                    }
                    placed.append((phase.kind.rawValue, item, .init(runs: item.count * phase.repetitions, whole: workload.time)))
                }
            }
        }
        guard !placed.isEmpty else {
            let wanted = self.operator ?? ""
            throw ValidationError("no operator's place contains '\(wanted)'; there are \(places.joined(separator: ", "))\(Spelling.suggestion(for: wanted, in: places))")
        }
        func total(_ found: (phase: String, item: PlacedProjection, part: ExplainReport.Part)) -> Seconds {
            found.item.projection.time * Double(found.part.runs)
        }
        return placed.sorted { total($0) > total($1) }.prefix(limit).map {
            ExplainReport(name: "\($0.phase) \($0.item.name)", device: architecture.name, shape: $0.item.shape, projection: $0.item.projection, part: $0.part)
        }
    }

    /// Sizes up to what the 32-bit arguments of BLAS libraries hold.
    private static let allowedSizes = 1...Int(Int32.max)

    private func product(_ text: String) throws -> Operator {
        let sizes = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard sizes.count == 3, let m = sizes[0], let n = sizes[1], let k = sizes[2], [m, n, k].allSatisfy(Self.allowedSizes.contains) else {
            throw ValidationError("--gemm '\(text)': expected three sizes of 1 to \(Self.allowedSizes.upperBound) such as 4096x4096x1024")
        }
        return .matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: .uniform(source.request.dtype ?? .fp16)))
    }
}
