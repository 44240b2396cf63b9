import ArgumentParser
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
              ridgeline arch show dgx-h100
              ridgeline arch diff a100-sxm-80gb h100-sxm
              ridgeline arch new --like h100-sxm --name "My accelerator" > mine.yaml
              ridgeline arch check mine.yaml
            """,
        subcommands: [
            ArchListCommand.self, ArchShowCommand.self, ArchCheckCommand.self, ArchDiffCommand.self, ArchNewCommand.self, ArchSystemsCommand.self,
        ])
}

struct ArchShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print every number of an accelerator or server type with its source, peaks, ridge points and links.")

    @Argument(help: "Id, name or alias of an accelerator or server type, or the path of a file ending in .yaml.")
    var name: String

    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingErrors {
            let library = try library.library()
            if let system = try server(library) {
                try emit(ServerSystemSheet(system, device: try library.architecture(named: system.device)))
                return
            }
            let entry = name.hasSuffix(".yaml") ? try library.load(path: name) : try library.entry(named: name)
            switch entry {
            case .explained(let entry): try output.emit(explanation(entry))
            case .device(let device):
                let sheet = ArchitectureSheet(device)
                switch output.format {
                case .table: try output.emit(sheet.text)
                case .json: try output.emit(sheet.json.rendered)
                case .csv: try output.emit(sheet.numberTable.csv)
                case .markdown: try output.emit([sheet.peakTable.markdown, sheet.numberTable.markdown].joined(separator: "\n\n"))
                }
            }
        }
    }

    /// The server type of the name; nil where it names an accelerator, a file, or nothing.
    private func server(_ library: ArchitectureLibrary) throws(ArchitectureLibraryError) -> ServerSystem? {
        guard !name.hasSuffix(".yaml"), !library.names().contains(where: { Self.isSame($0.name, name) }) else { return nil }
        return try library.serverSystems().first { system in
            ([system.id, system.name] + system.aliases).contains { Self.isSame($0, name) }
        }
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        ArchitectureLibrary.normalized(a) == ArchitectureLibrary.normalized(b)
    }

    private func emit(_ sheet: ServerSystemSheet) throws {
        switch output.format {
        case .table: try output.emit(sheet.text)
        case .json: try output.emit(sheet.json.rendered)
        case .csv: try output.emit(sheet.numberTable.csv)
        case .markdown: try output.emit(sheet.numberTable.markdown)
        }
    }

    private func explanation(_ entry: ExplainedEntry) -> String {
        guard output.format != .json else {
            return JSONText.object([
                "id": .string(entry.id), "name": .string(entry.name), "class": .string("explained"),
                "explanation": .string(entry.explanation), "see": entry.nearest.map { .string($0) },
            ]).rendered
        }
        let nearest = entry.nearest.map { "\n\nNearest that can be: \($0)" } ?? ""
        return "\(entry.name) (\(entry.id)) cannot be projected.\n\n\(entry.explanation)\(nearest)"
    }
}

struct ArchDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "diff", abstract: "Print the numbers in which two accelerators differ.")

    @Argument(help: "Id, name or alias of the first accelerator, or a file ending in .yaml.") var left: String
    @Argument(help: "The second.") var right: String
    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingErrors {
            let library = try library.library()
            let difference = ArchitectureDifference(try library.device(left), try library.device(right))
            try output.emit(difference.table)
        }
    }
}

extension OutputOptions {
    /// A table in the chosen form; JSON is a list of objects keyed by the column titles.
    func emit(_ table: TextTable) throws {
        switch format {
        case .table: try emit(table.plain)
        case .csv: try emit(table.csv)
        case .markdown: try emit(table.markdown)
        case .json:
            let titles = table.columns.map(\.title)
            let rows = table.rows.map { row in
                JSONText.object(zip(titles, row).map { title, cell in JSONText.Member(title, Double(cell).map(JSONText.number) ?? .string(cell)) })
            }
            try emit(JSONText.array(rows).rendered)
        }
    }
}
