import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware
import Reports
import Validation

/// `ridgeline fit`: calibrates the constants of a generation on measurements.
struct FitCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit a generation's physical constants to measured times, inside their plausible ranges.",
        discussion: """
            The constants are those of the generation's calibration file (or of --start) that state a plausible range. Each is moved inside its
            range only, pulled towards where it starts; errors are reported on the rows of the fit, on shapes left out and on devices left out.
            The file written is read as <vendor>/calibrations/<generation>.yaml of a folder given with --architectures.

            Examples:
              ridgeline fit --measured measured/ --family gemm --generation ampere --dtype bf16,fp16 --output ampere.yaml
              ridgeline fit --measured mine.gemm.csv --family gemm --generation hopper --constant 'gemm/*_us' --folds 0
            """)

    @OptionGroup var input: MeasuredOptions

    @Option(help: "Family of the rows: gemm, rowwise, elementwise, attention, collective or moe.")
    var family: String

    @Option(help: "Generation whose constants are fitted, as architecture files name it (ampere, hopper, …).")
    var generation: String

    @Option(help: ArgumentHelp("Calibration file to start from; without it the generation's own constants.", valueName: "file"))
    var start: String?

    @Option(
        help: ArgumentHelp(
            "Fit this software stack's own constants for the generation instead; rows that ran another stack are left out. --output writes the stack's entry.",
            valueName: "id"))
    var stack: String?

    @Option(help: ArgumentHelp("Constants that may move, as group/name with * for any text; repeatable. Default: all of the family's groups.", valueName: "pattern"))
    var constant: [String] = []

    @Option(help: ArgumentHelp("Only rows of these sources, separated by commas; * stands for any text.", valueName: "pattern"))
    var source: String?

    @Option(help: ArgumentHelp("Only rows of these dtypes.", valueName: "pattern"))
    var dtype: String?

    @Option(help: ArgumentHelp("Only rows of these operators.", valueName: "pattern"))
    var op: String?

    @Option(help: ArgumentHelp("Keep this architecture out of the fit and report it apart; repeatable.", valueName: "id"))
    var leaveOut: [String] = []

    @Option(help: ArgumentHelp("Folds of whole shapes for cross-validation; 0 for none.", valueName: "k"))
    var folds = 5

    @Flag(help: "Do not leave each device out in turn.")
    var keepDevices = false

    @Option(help: ArgumentHelp("Rows of one series (source, device, dtype, operator) at most, evenly spread; 0 for all.", valueName: "n"))
    var sample = 600

    @Option(help: ArgumentHelp("Evaluations of all rows per fit.", valueName: "n"))
    var evaluations = 400

    @Option(help: ArgumentHelp("Cost of moving a constant over its whole range, in units of mean relative error.", valueName: "x"))
    var pull = 0.01

    @Flag(help: "Start each constant from the middle of its plausible range: nothing that was fitted before reaches the fit.")
    var blind = false

    @Option(help: ArgumentHelp("Date for the source of the constants, as YYYY-MM-DD.", valueName: "date"))
    var date: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Calibration file to write; constants that were not fitted stay as they were.", valueName: "file"))
    var output: String?

    @Option(help: "Form of the report: table or json.")
    var format: Format = .table

    func validate() throws {
        guard MeasuredFamily(rawValue: family) != nil else {
            let names = MeasuredFamily.allCases.map(\.rawValue)
            throw ValidationError("--family '\(family)': expected one of \(names.joined(separator: ", "))\(Spelling.suggestion(for: family, in: names))")
        }
        guard input.half != .judge else { throw ValidationError("--half judge is what `ridgeline validate` judges with; a fit takes --half fit") }
        if let date, date.wholeMatch(of: /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/) == nil {
            throw ValidationError("--date \(date): expected YYYY-MM-DD, for example 2026-01-31")
        }
        guard folds >= 0, folds <= 100, sample >= 0, evaluations >= 1, pull >= 0, pull.isFinite else {
            throw ValidationError("--folds must be 0 to 100, --sample and --pull at least 0, --evaluations at least 1")
        }
    }

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        if let output { try OutputFile.check(output) }
        let library = try input.library()
        guard let family = MeasuredFamily(rawValue: family) else { return }
        var selection = FitProblem.Selection(family: family, generation: generation)
        selection.sources = Self.list(source)
        selection.dtypes = Self.list(dtype)
        selection.ops = Self.list(op)
        selection.sample = sample == 0 ? nil : sample
        selection.stack = stack
        let problem = try FitProblem(input.data(), selection: selection, validator: input.validator(library))
        guard problem.count > 0 else { throw FitRefusal("no measured row of family \(family.rawValue) is of generation '\(generation)'\(generations(library))") }
        var file = try CalibrationFile(groups: startGroups(library, problem))
        var variables = FitVariable.variables(of: file.groups, family: family, patterns: constant, stack: stack)
        if blind { variables = variables.map(\.fromTheMiddle) }
        guard !variables.isEmpty else {
            throw FitRefusal(
                "no constant of generation '\(generation)' \(constant.isEmpty ? "in a group named \(family.rawValue)" : "that matches '\(constant.joined(separator: "', '"))'") states a plausible range; give --start FILE with {value, plausible, source} for each")
        }
        var options = CalibrationFit.Options()
        options.folds = folds
        options.leavesDevicesOut = !keepDevices
        options.leftOut = leaveOut
        options.evaluations = evaluations
        options.pull = pull
        let outcome = CalibrationFit(problem, variables: variables, options: options).run { note in
            StandardError.write("\(note)\n")
        }
        if let output {
            file.set(outcome.variables, to: outcome.values, source: outcome.provenance(family: family, date: date))
            if start == nil { file.keepGroups(of: variables) }
            file.comment = ["Constants of \(stack.map { "\($0) on " } ?? "")\(generation). Group \(family.rawValue): fitted by `ridgeline fit`; each stays inside its plausible range."]
            try OutputFile.write(file.yaml(under: stack == nil ? [] : ["generations", generation]), to: output)
        }
        switch format {
        case .table: try StandardOutput.write(FitDocument(outcome).text + "\n")
        case .json: try StandardOutput.write(FitDocument(outcome).json.rendered + "\n")
        }
    }

    private func startGroups(_ library: ArchitectureLibrary, _ problem: FitProblem) throws -> [ConstantGroup] {
        if let start { return try ConstantGroup.groups(in: ConfigurationDocument.read(start)) }
        if let stack {
            let stack = try library.softwareStack(stack)
            return stack.constants + stack.generationConstants.filter { $0.generation == generation }.flatMap(\.constants)
        }
        guard let device = problem.devices.first else { return [] }
        return try library.architecture(named: device).constants
    }

    /// What else the library has, for a generation that it has not.
    private func generations(_ library: ArchitectureLibrary) -> String {
        var known: [String] = []
        for id in library.ids {
            if let generation = try? library.architecture(named: id).generation, !known.contains(generation) { known.append(generation) }
        }
        return known.contains(generation) ? "" : "\(Spelling.suggestion(for: generation, in: known)) (there are \(known.sorted().joined(separator: ", ")))"
    }

    private static func list(_ text: String?) -> [String] { text.map { $0.split(separator: ",").map(String.init) } ?? [] }
}

/// Why a fit cannot start.
struct FitRefusal: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
