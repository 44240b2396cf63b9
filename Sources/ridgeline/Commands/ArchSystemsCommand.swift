import ArgumentParser
import Hardware
import Reports

struct ArchSystemsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "systems", abstract: "List server types: their devices, the links inside a server and between servers.",
        discussion: """
            Bandwidths in GB/s are per device and direction, latencies in µs of one hop; the last two columns are a device's share in the links
            between servers. The other formats name those links too and round less.
            `ridgeline arch show NAME` prints one of them with the source of each number.
            """)

    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingErrors {
            let systems = try library.library().serverSystems()
            try output.emit(output.format == .table ? ServerSystemListing.narrowTable(systems) : ServerSystemListing.table(systems))
        }
    }
}
