import ArgumentParser
import Foundation
import Hardware
import Reports

struct ArchSystemsCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, csv, markdown }

    static let configuration = CommandConfiguration(
        commandName: "systems", abstract: "List server types: their devices, the links inside a server and between servers.",
        discussion: "Bandwidths are per device and direction.")

    @OptionGroup var options: ArchitectureOptions
    @Option(help: "Form of the result: table, csv or markdown.") var format: Format = .table

    func run() throws {
        try ArchFailure.reported {
            let table = ServerSystemListing.table(try options.library().serverSystems())
            switch format {
            case .table: print(table.plain)
            case .csv: print(table.csv)
            case .markdown: print(table.markdown)
            }
        }
    }
}
