import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Reports
import Validation

/// `ridgeline validate`: projections against measurements.
struct ValidateCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json, csv }

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

    @Option(help: "Form of the result: table, json or csv.")
    var format: Format = .table

    @Option(help: ArgumentHelp("Write each row with its projection, interval, bound and breakdown as CSV.", valueName: "file"))
    var rows: String?

    @Option(
        help: ArgumentHelp("Exit with status 1 if the mean absolute percentage error of any group exceeds this.", valueName: "percent"))
    var maxMape: Double?

    @Option(
        help: ArgumentHelp(
            "Write the P10 to P90 quantiles of the residuals as an interval file (Architectures/software/intervals.yaml), and print their coverage on rows left out.",
            valueName: "file"))
    var writeIntervals: String?

    @Flag(help: "Print the errors of the data-sheet roofline and of a three-constant roofline beside the model's.")
    var baselines = false

    func validate() throws {
        if let maxMape, !(maxMape >= 0 && maxMape.isFinite) { throw ValidationError("--max-mape \(maxMape): expected a percentage of at least 0") }
    }

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        let library = try input.library()
        var validator = try input.validator(library)
        if let on { validator.only = try library.architecture(named: on) }
        let result = try validator.validate(input.data())
        let groups = result.groups()
        let document = ValidationDocument(result, groups: groups, withBaselines: baselines)
        switch format {
        case .table: print(document.text)
        case .json: print(document.json.rendered)
        case .csv:
            StandardError.write(document.headline + "\n")
            print(document.csvTable.csv)
        }
        if let rows {
            try OutputFile.write(ValidationRows(result).csv, to: rows)
        }
        if let writeIntervals { try write(IntervalCalibration(result), result, to: writeIntervals) }
        try check(groups)
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
