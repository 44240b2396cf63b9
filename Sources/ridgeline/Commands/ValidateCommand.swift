import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Reports
import Validation

/// `ridgeline validate`: projections against measurements.
struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Hold projections against measured times.",
        discussion: """
            Each row is paired with the architecture that its device column names, by id or alias, and with the measurement protocol of its
            source. Rows that cannot be projected are counted with the reason. Errors are in percent of the measured time.

            Examples:
              ridgeline validate --measured gemm.csv
              ridgeline validate --measured measured/ --format json --rows rows.csv
              ridgeline validate --measured mine.gemm.csv --on h100-sxm --max-mape 15
            """)

    @OptionGroup var input: MeasuredOptions

    @Option(
        help: ArgumentHelp(
            "Project on this architecture: rows of devices that no architecture claims count as it, rows of other devices are skipped.",
            valueName: "id"))
    var on: String?

    @OptionGroup var output: OutputOptions

    @Option(help: ArgumentHelp("Write each row with its projection, interval, bound and breakdown as CSV.", valueName: "file"))
    var rows: String?

    @Option(
        help: ArgumentHelp("Exit with status 1 if the mean absolute percentage error of any group exceeds this.", valueName: "percent"))
    var maxMape: Double?

    @Option(
        help: ArgumentHelp(
            "Write the P10 to P90 quantiles of the residuals as an interval file (Architectures/software/intervals/standard.yaml), and print their coverage on rows left out.",
            valueName: "file"))
    var writeIntervals: String?

    @Option(
        help: ArgumentHelp(
            "Write a report with baselines and worst rows: a page with charts for a name ending in .html, Markdown for .md. Repeatable: all are of one result.",
            valueName: "file"))
    var report: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also project without a mechanism (an id of Architectures/software/mechanisms/standard.yaml, or all), for the report's ablation table. Repeatable.",
            valueName: "id"))
    var without: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also project every row with constants that never saw it, fitted to other shapes (in this many folds) and to other devices, for the report. Takes minutes.",
            valueName: "folds"))
    var crossValidate: Int?

    @Flag(help: "Print the errors of the data-sheet roofline and of a three-constant roofline beside the model's.")
    var baselines = false

    func validate() throws {
        if let crossValidate, !(2...20).contains(crossValidate) { throw ValidationError("--cross-validate \(crossValidate): expected 2 to 20 folds") }
        if crossValidate != nil, report.isEmpty { throw ValidationError("--cross-validate is for the report: give --report FILE as well") }
        for (index, path) in report.enumerated() {
            guard ReportForm(path: path) != nil else { throw ValidationError("--report \(path): expected a name that ends in .html or .md") }
            guard !report[..<index].contains(path) else { throw ValidationError("--report \(path): given twice") }
        }
        if let maxMape, !(maxMape >= 0 && maxMape.isFinite) { throw ValidationError("--max-mape \(maxMape): expected a percentage of at least 0") }
    }

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        for path in report + [rows, writeIntervals, output.output].compactMap(\.self) { try OutputFile.check(path) }
        let library = try input.library()
        var validator = try input.validator(library)
        if let on { validator.only = try library.device(on) }
        let mechanisms = try chosenMechanisms(library)
        let data = try input.data()
        let result = try validator.validate(data)
        let needsSummary = baselines || !report.isEmpty
        let summary = needsSummary ? ValidationSummary(result) : nil
        let groups = summary?.groups ?? result.groups()
        let document = summary.map { ValidationDocument($0) } ?? ValidationDocument(result, groups: groups)
        switch output.format {
        case .table: try output.emit(document.text)
        case .markdown: try output.emit(document.markdown)
        case .json: try output.emit(document.json.rendered)
        case .csv:
            StandardError.write(document.headline + "\n")
            try output.emit(document.csvTable.csv)
        }
        if let rows { try OutputFile.write(ValidationRows(result).csv, to: rows) }
        if let writeIntervals { try write(IntervalCalibration(result), result, to: writeIntervals) }
        if !report.isEmpty, result.rows.isEmpty, !result.figures.isEmpty {
            let page = PublishedReport(result, remarks: try PublishedRemarks(beside: data.files), library: library.described(), command: reproduction)
            try writeReports(markdown: page.markdown, html: page.html)
        } else if !report.isEmpty, let summary {
            var ablations = try mechanisms.map { try Ablation($0, of: data, validator: validator) }
            let crossValidation = crossValidate.map { folds in
                var options = CrossValidation.Options()
                options.folds = folds
                return CrossValidation(validator, options: options)
            }
            let leftOut = try crossValidation?.run(on: result) { note in StandardError.write("\(note)\n") }
            if crossValidate != nil { try refit(&ablations, on: data, validator: validator) }
            let page = ValidationReport(summary, leftOut: leftOut, ablations: ablations, command: reproduction)
            try writeReports(markdown: page.markdown, html: page.html)
        }
        try check(groups)
    }

    private func refit(_ ablations: inout [Ablation], on data: MeasuredData, validator: Validator) throws {
        let crossValidation = CrossValidation(validator, options: .ablation)
        var whole: [MeasuredFamily: ErrorStatistics] = [:]
        for family in Set(ablations.flatMap(\.mechanism.families)).sorted() { whole[family] = try crossValidation.errors(of: family, on: data) }
        for index in ablations.indices {
            StandardError.write("without \(ablations[index].mechanism.id)\n")
            try ablations[index].refit(crossValidation, on: data, whole: whole)
        }
    }

    /// The mechanisms that `--without` names.
    private func chosenMechanisms(_ library: ArchitectureLibrary) throws -> [Mechanism] {
        guard !without.isEmpty else { return [] }
        guard !report.isEmpty else { throw ValidationError("--without is for the report's ablation table: give --report FILE as well, or --set for one run") }
        let known = try Mechanism.read(roots: library.roots)
        if without == ["all"] { return known }
        return try without.map { id in
            guard let mechanism = known.first(where: { $0.id == id }) else {
                let ids = known.map(\.id)
                throw ValidationError("--without \(id): there are \(ids.joined(separator: ", ")) and all\(Spelling.suggestion(for: id, in: ids))")
            }
            return mechanism
        }
    }

    /// The command as it was given, so that a reader can repeat it.
    private var reproduction: String {
        (["ridgeline"] + CommandLine.arguments.dropFirst().map { $0.contains(" ") ? "'\($0)'" : $0 }).joined(separator: " ")
    }

    /// The forms that a report's name may ask for.
    private enum ReportForm {
        case html, markdown

        init?(path: String) {
            let name = path.lowercased()
            if name.hasSuffix(".html") || name.hasSuffix(".htm") { self = .html } else if name.hasSuffix(".md") { self = .markdown } else { return nil }
        }
    }

    /// Every report asked for, each in the form of its name.
    private func writeReports(markdown: @autoclosure () -> String, html: @autoclosure () -> String) throws {
        for path in report {
            try OutputFile.write(ReportForm(path: path) == .markdown ? markdown() : html(), to: path)
            StandardError.write("wrote \(path)\n")
        }
    }

    private func write(_ calibration: IntervalCalibration, _ result: ValidationResult, to path: String) throws {
        let sources = Set(result.data.series.map(\.source)).sorted().joined(separator: ", ")
        let source = Source(.calibrated, "residuals of \(result.answered) rows of \(sources)")
        try OutputFile.write(calibration.table().yaml(source: source), to: path)
        StandardError.write(IntervalCoverageTable(calibration.coverage()).table.plain + "\n")
    }

    private func check(_ groups: [ErrorGroup]) throws {
        guard let maxMape else { return }
        guard !groups.isEmpty else {
            StandardError.write("no row was projected, so --max-mape cannot hold\n")
            throw RidgelineExit.checkFailed
        }
        let beyond = groups.filter { $0.statistics.meanAbsolute > maxMape }
        guard !beyond.isEmpty else { return }
        for group in beyond {
            let key = group.key
            StandardError.write(
                "\(key.family.rawValue) \(key.source) \(key.device) \(key.dtype) \(key.op): mean error "
                    + "\(percent(group.statistics.meanAbsolute)), at most \(percent(maxMape)) asked\n")
        }
        throw RidgelineExit.checkFailed
    }

    private func percent(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 1) + " %" }
}

extension ArchitectureLibrary {
    /// Every device of the library that can be projected, by id; names that explain are left out.
    fileprivate func described() -> [Architecture] { ids.compactMap { try? architecture(named: $0) } }
}
