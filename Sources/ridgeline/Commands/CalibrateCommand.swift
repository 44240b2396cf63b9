import ArgumentParser
import ConfigurationFiles
import Foundation
import HostTopology
import Profiler
import Quantities
import Reports

/// `ridgeline calibrate`: measures this CPU and describes it as an architecture.
struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measure this CPU and write it as an architecture file.",
        discussion: """
            Peak arithmetic, bandwidth and latency of every level of memory, cost of handing work to threads, sustained clock, and the cost of each
            kernel with its operands at hand. Nothing of a model runs: projections made with the file are predictions.

            Example: ridgeline calibrate --output this-cpu.yaml && ridgeline profile gpt2 --output gpt2.json && ridgeline compare --trace gpt2.json --on this-cpu.yaml
            """)

    @Option(name: [.short, .long], help: "Architecture file to write; standard output where left out.")
    var output: String?

    @Flag(help: "Fewer points and repetitions: under 20 seconds instead of under 60.")
    var quick = false

    @Option(help: ArgumentHelp("Workers of the measurements with all threads; one a usable core where left out.", valueName: "n"))
    var threads: Int?

    @Option(help: "What goes to standard output besides the file: a table of levels, or json.")
    var format = TextOrData.table

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): expected 1 to 1024") }
    }

    func run() throws {
        try reportingErrors {
            if let output { try OutputFile.check(output) }
            let host = try HostTopology.discover()
            let plan = CalibrationPlan(lastCacheBytes: host.caches.map(\.sizeBytes).max(), isQuick: quick)
            let progress = TerminalProgress()
            let calibration = try Calibrator(host: host, plan: plan, threads: threads).run { progress.show("calibrating: \($0.rawValue)") }
            progress.end()
            guard let output else { return try StandardOutput.write(calibration.architectureFile) }
            try OutputFile.write(Array(calibration.architectureFile.utf8), to: output)
            let presentation = CalibrationPresentation(calibration: calibration)
            try StandardOutput.write(format == .json ? presentation.json.rendered + "\n" : presentation.text)
            StandardError.write("\(output): written in \(FixedPoint.format(calibration.elapsedSeconds, fractionDigits: 1)) s\n")
        }
    }
}

/// One line on standard error that is written over; nothing where that is no terminal.
struct TerminalProgress {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func show(_ text: String) { if isTerminal { StandardError.write("\r\u{1B}[K\(text)") } }
    func end() { if isTerminal { StandardError.write("\r\u{1B}[K") } }
}
