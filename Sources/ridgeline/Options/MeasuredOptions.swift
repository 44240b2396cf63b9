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
        let overrides = set.compactMap(ConstantOverride.init)
        if !overrides.isEmpty { try warn(of: overrides, in: library) }
        return validator.setting(overrides)
    }

    /// Says which constants no file states: a model may still have a default of that name, but mostly it is a slip that would change nothing.
    private func warn(of overrides: [ConstantOverride], in library: ArchitectureLibrary) throws {
        var groups: [ConstantGroup] = try Mechanism.read(roots: library.roots).flatMap(\.overrides).map { override in
            ConstantGroup(name: override.group, constants: [NamedConstant(name: override.name, number: Sourced(override.value, source: Source(.estimated, "")))])
        }
        for id in library.softwareStackIDs {
            let stack = try library.softwareStack(id)
            groups += stack.constants + stack.generationConstants.flatMap(\.constants)
        }
        for entry in try library.allEntries() { if case .device(let architecture) = entry { groups += architecture.constants } }
        let known = Set(groups.flatMap { group in group.constants.map { "\(group.name)/\($0.name)" } })
        for override in overrides {
            let isKnown = known.contains { path in
                path.hasSuffix("/\(override.name)") && (path.hasPrefix("\(override.group)/") || path.hasPrefix("\(override.group)."))
            }
            if isKnown { continue }
            let name = "\(override.group)/\(override.name)"
            StandardError.write("warning: --set \(name): no file states this constant\(Spelling.suggestion(for: name, in: known.sorted()))\n")
        }
    }
}

extension MeasuredHalf: ExpressibleByArgument {}
