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

    @OptionGroup var libraryOptions: LibraryOptions

    @Option(help: ArgumentHelp("Set a constant of the models for this run, as group/name=value. Repeatable.", valueName: "constant"))
    var set: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take half of the rows, by shape: fit constants with 'fit', judge them with 'judge'. A shape is in the same half in every command and file.",
            valueName: "fit|judge"))
    var half: MeasuredHalf?

    @Option(help: ArgumentHelp("Threads that project rows; results do not depend on it.", valueName: "n"))
    var threads = 2

    func validate() throws {
        guard !measured.isEmpty else { throw ValidationError("Missing expected argument '--measured <path>'") }
        for text in set where ConstantOverride(text) == nil { throw ValidationError("--set \(text): expected group/name=value with a number") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads \(threads): expected 1 to 256") }
    }

    func library() throws -> ArchitectureLibrary { try libraryOptions.library() }

    func data() throws -> MeasuredData {
        let data = try MeasuredFolder.read(measured)
        return half.map { data.half($0) } ?? data
    }

    func validator(_ library: ArchitectureLibrary) throws -> Validator {
        var validator = try Validator(library: library, model: DeviceModels.model(for:stack:))
        validator.threads = threads
        validator.intervals = try IntervalTable.read(roots: library.roots)
        return validator.setting(set.compactMap(ConstantOverride.init))
    }
}

extension MeasuredHalf: ExpressibleByArgument {}
