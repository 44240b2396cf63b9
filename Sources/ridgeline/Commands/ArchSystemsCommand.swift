import ArgumentParser
import Hardware
import Reports

struct ArchSystemsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "systems", abstract: "List server types: their devices, the links inside a server and between servers.",
        discussion: "Bandwidths are per device and direction; the last column is the share of a device in the links between servers.")

    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingErrors { try output.emit(ServerSystemListing.table(try library.library().serverSystems())) }
    }
}
