import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware
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

    @Flag(help: "Print the errors of the data-sheet roofline and of a three-constant roofline beside the model's.")
    var baselines = false

    func validate() throws {
        if let maxMape, !(maxMape >= 0 && maxMape.isFinite) { throw ArgumentParser.ValidationError("--max-mape \(maxMape): expected a percentage of at least 0") }
    }

    func run() throws {
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
            FileHandle.standardError.write(Data((document.headline + "\n").utf8))
            print(document.csvTable.csv)
        }
        if let rows {
            try TemporaryOutput.write(to: rows) { file in
                try ValidationRows(result).write { try file.write(contentsOf: Data($0.utf8)) }
            }
        }
        try check(groups)
    }

    private func check(_ groups: [ErrorGroup]) throws {
        guard let maxMape else { return }
        guard !groups.isEmpty else {
            FileHandle.standardError.write(Data("no row was projected, so --max-mape cannot hold\n".utf8))
            throw ExitCode(1)
        }
        let beyond = groups.filter { $0.statistics.meanAbsolute > maxMape }
        guard !beyond.isEmpty else { return }
        for group in beyond {
            let key = group.key
            let line = "\(key.family.rawValue) \(key.source) \(key.device) \(key.dtype) \(key.op): "
                + "mean error \(FixedDigits.one(group.statistics.meanAbsolute)) %, at most \(FixedDigits.one(maxMape)) % asked\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
        throw ExitCode(1)
    }
}
