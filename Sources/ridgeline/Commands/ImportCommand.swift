import ArgumentParser
import ConfigurationFiles
import Foundation
import Quantities
import Reports
import Trace
import Workload

/// `ridgeline import`: what another tool's trace says, in our words.
struct ImportCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read a trace of PyTorch's profiler or execution-trace observer, and say what was understood.",
        discussion: """
            Shapes are there only if the trace was recorded with record_shapes=True. Nothing is left out silently: operators without a word
            here are listed with their count and time.

            Example: ridgeline import model.pt.trace.json --output trace.json && ridgeline project --trace trace.json --on h100-sxm
            """)

    @Argument(help: "The trace: Chrome trace-event JSON or execution-trace JSON.")
    var file: String

    @Option(name: [.short, .long], help: "Write the operators as a trace of our own.")
    var output: String?

    @Option(help: "Form of the result: table or json.")
    var format: Format = .table

    func run() throws {
        try reportingErrors {
            let document = try TraceReader.read(file)
            if let output { try OutputFile.write(try document.trace.chromeTraceJSON(), to: output) }
            switch format {
            case .table: try StandardOutput.write(Self.table(document))
            case .json: try StandardOutput.write(Self.json(document))
            }
        }
    }

    private static func table(_ document: TraceDocument) -> String {
        let trace = document.trace
        let operators = trace.events.filter { $0.shape != nil }
        var lines = ["\(document.importSummary?.format ?? "ridgeline trace (\(trace.origin.rawValue))"): \(trace.workload)"]
        if let summary = document.importSummary {
            lines.append(
                "\(summary.understood) of \(summary.total) calls understood as \(operators.count) operators, \(summary.bookkeeping) views and the like, "
                    + "\(summary.unknown.reduce(0) { $0 + $1.count }) unknown")
            if let share = summary.understoodShare { lines.append("\(FixedPoint.format(share * 100, fractionDigits: 1)) % of the time of operators is understood") }
        }
        lines.append("")
        lines.append(contentsOf: OperatorFamily.allCases.compactMap { family in
            let members = operators.filter { $0.shape?.family == family }
            guard !members.isEmpty else { return nil }
            let time = members.reduce(0.0) { $0 + ($1.durationMicroseconds ?? 0) }
            let work = members.reduce(Operations.zero) { $0 + ($1.shape?.operations ?? .zero) * Double($1.count) }
            let shown = time > 0 ? "  \(FixedPoint.format(time, fractionDigits: 1)) µs" : ""
            return "  \(family.rawValue): \(members.reduce(0) { $0 + $1.count }) operators, \(work)\(shown)"
        })
        for entry in document.importSummary?.unknown ?? [] {
            lines.append("  unknown \(entry.name): \(entry.count), \(FixedPoint.format(entry.microseconds, fractionDigits: 1)) µs")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func json(_ document: TraceDocument) -> String {
        let summary = document.importSummary
        let unknown = summary.map { summary in
            JSONText.array(summary.unknown.map {
                JSONText.object(["name": .string($0.name), "count": .integer($0.count), "microseconds": .number($0.microseconds)])
            })
        }
        return JSONText.object([
            "format": .string(summary?.format ?? "ridgeline trace"), "origin": .string(document.trace.origin.rawValue),
            "workload": .string(document.trace.workload), "operators": .integer(document.trace.events.filter { $0.shape != nil }.count),
            "total": summary.map { .integer($0.total) }, "understood": summary.map { .integer($0.understood) },
            "bookkeeping": summary.map { .integer($0.bookkeeping) }, "understood_time_share": .optional(summary?.understoodShare),
            "has_kernels": summary.map { .boolean($0.hasKernels) }, "unknown": unknown,
        ]).rendered + "\n"
    }
}
