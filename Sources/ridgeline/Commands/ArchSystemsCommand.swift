import ArgumentParser
import Hardware
import Reports

struct ArchSystemsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "systems", abstract: "List server types: their devices, the links inside a server and between servers.",
        discussion: """
            Bandwidths are per device and direction, latencies of one hop; the last columns are a device's share in the links between servers.
            `ridgeline arch show NAME` prints one of them with the source of each number.
            """)

    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingErrors { try output.emit(ServerSystemListing.table(try library.library().serverSystems())) }
    }
}
