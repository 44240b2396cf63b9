import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware
import Reports

/// `ridgeline arch`: the library of accelerators.
struct ArchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arch",
        abstract: "List, show, check, compare and write architecture files.",
        discussion: """
            Examples:
              ridgeline arch list --vendor nvidia --dtype fp8 --sort bandwidth
              ridgeline arch show h100-sxm
              ridgeline arch diff a100-sxm-80gb h100-sxm
              ridgeline arch new --like h100-sxm --name "My accelerator" > mine.yaml
              ridgeline arch check mine.yaml
            """,
        subcommands: [
            ArchListCommand.self, ArchShowCommand.self, ArchCheckCommand.self, ArchDiffCommand.self, ArchNewCommand.self, ArchSystemsCommand.self,
        ])
}

/// Where devices are looked up; shared by the verbs of `arch`.
struct ArchitectureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder of architecture files searched before the library that ships. Repeatable.", valueName: "dir"))
    var architectures: [String] = []

    func library() throws(ArchitectureLibraryError) -> ArchitectureLibrary { try ArchitectureLibrary.standard(additional: architectures) }
}

/// Bad input ends a verb of `arch` with status 65 and a message on stderr, one problem a line.
enum ArchFailure {
    static func reported<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as ArchitectureLibraryError {
            FileHandle.standardError.write(Data("ridgeline: \(error.description)\n".utf8))
            throw ExitCode(65)
        } catch let error as ConfigurationError {
            FileHandle.standardError.write(Data("\(error.description)\n".utf8))
            throw ExitCode(65)
        }
    }
}

struct ArchShowCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json, csv }

    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print every number of an accelerator with its source, its peaks and ridge points.")

    @Argument(help: "Id, name or alias of an accelerator, or the path of a file ending in .yaml.")
    var name: String

    @OptionGroup var options: ArchitectureOptions

    @Option(help: "Form of the result: table, json or csv (numbers only).")
    var format: Format = .table

    func run() throws {
        try ArchFailure.reported {
            let library = try options.library()
            let entry = name.hasSuffix(".yaml") ? try library.load(path: name) : try library.entry(named: name)
            switch entry {
            case .explained(let entry): showExplanation(entry)
            case .device(let device):
                let sheet = ArchitectureSheet(device)
                switch format {
                case .table: print(sheet.text)
                case .json: print(sheet.json.rendered)
                case .csv: print(sheet.numberTable.csv)
                }
            }
        }
    }

    private func showExplanation(_ entry: ExplainedEntry) {
        guard format != .json else {
            print(
                JSONText.object([
                    "id": .string(entry.id), "name": .string(entry.name), "class": .string("explained"),
                    "explanation": .string(entry.explanation), "see": entry.nearest.map { .string($0) },
                ]).rendered)
            return
        }
        print("\(entry.name) (\(entry.id)) cannot be projected.\n\n\(entry.explanation)")
        if let nearest = entry.nearest { print("\nNearest that can be: \(nearest)") }
    }
}

struct ArchDiffCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, csv, markdown }

    static let configuration = CommandConfiguration(commandName: "diff", abstract: "Print the numbers in which two accelerators differ.")

    @Argument(help: "Id, name or alias of the first accelerator.") var left: String
    @Argument(help: "Id, name or alias of the second.") var right: String
    @OptionGroup var options: ArchitectureOptions
    @Option(help: "Form of the result: table, csv or markdown.") var format: Format = .table

    func run() throws {
        try ArchFailure.reported {
            let library = try options.library()
            let table = ArchitectureDifference(try library.architecture(named: left), try library.architecture(named: right)).table
            switch format {
            case .table: print(table.plain)
            case .csv: print(table.csv)
            case .markdown: print(table.markdown)
            }
        }
    }
}
