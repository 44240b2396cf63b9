import ArgumentParser
import ConfigurationFiles
import Hardware
import Simulator
import Validation

/// Measured files and how they are held against projections; shared by `validate` and `fit`.
struct MeasuredOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A CSV file of measurements (gemm.csv, rowwise.csv, elementwise.csv, attention.csv, collective.csv, moe.csv, …), or a folder searched for them. Repeatable.",
            valueName: "path"))
    var measured: [String] = []

    @Option(name: .long, help: ArgumentHelp("A folder of architecture files searched before the library that ships.", valueName: "dir"))
    var architectures: [String] = []

    @Option(help: ArgumentHelp("Threads that project rows; results do not depend on it.", valueName: "n"))
    var threads = 2

    func validate() throws {
        guard !measured.isEmpty else { throw ValidationError("Missing expected argument '--measured <path>'") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads \(threads): expected 1 to 256") }
    }

    func library() throws -> ArchitectureLibrary { try ArchitectureLibrary.standard(additional: architectures) }

    func data() throws -> MeasuredData { try MeasuredFolder.read(measured) }

    func validator(_ library: ArchitectureLibrary) throws -> Validator {
        var validator = try Validator(library: library, model: DeviceModels.model(for:stack:))
        validator.threads = threads
        validator.intervals = try IntervalTable.read(roots: library.roots)
        return validator
    }
}
