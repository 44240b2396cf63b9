import ArgumentParser
import ConfigurationFiles
import Hardware
import Quantities
import Reports

struct ArchListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the accelerators of the library.",
        discussion: "Filters combine. Peaks are dense; see `ridgeline arch show` for the source of each number.")

    @OptionGroup var library: LibraryOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Only this vendor, for example nvidia.") var vendor: String?
    @Option(help: "Only this generation, for example hopper.") var generation: String?
    @Option(name: .customLong("class"), help: "Only this class, for example simt-gpu or systolic-array.") var deviceClass: String?
    @Option(help: "Only devices that compute in this format, for example fp8.") var dtype: String?
    @Option(help: ArgumentHelp("Only devices with at least this much memory.", valueName: "GiB")) var minMemory: Double?
    @Option(help: ArgumentHelp("Only devices launched in or after this year.", valueName: "year")) var since: Int?
    @Option(help: ArgumentHelp("Only devices launched in or before this year.", valueName: "year")) var until: Int?
    @Option(help: "Sort by id, vendor, generation, class, year, memory, bandwidth, fp32, fp16, fp8, int8, ridge, power or price.")
    var sort: ArchitectureListing.SortKey = .id
    @Flag(help: "Largest first.") var descending = false

    func validate() throws {
        if let deviceClass, Architecture.DeviceClass(rawValue: deviceClass) == nil {
            let allowed = Architecture.DeviceClass.allCases.map(\.rawValue).joined(separator: ", ")
            let names = Architecture.DeviceClass.allCases.map(\.rawValue)
            throw ValidationError("--class \(deviceClass): allowed are \(allowed)\(Spelling.suggestion(for: deviceClass, in: names))")
        }
        if let dtype, NumberFormat(name: dtype) == nil {
            let allowed = NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--dtype \(dtype): allowed are \(allowed)\(Spelling.suggestion(for: dtype, in: NumberFormat.allCases.map(\.rawValue)))")
        }
    }

    func run() throws {
        try reportingErrors {
            let entries = try library.library().allEntries()
            var listing = ArchitectureListing(entries: entries)
            try check("--vendor", vendor, among: listing.rows.map(\.vendor))
            try check("--generation", generation, among: listing.rows.map(\.generation))
            listing.rows.removeAll { !isWanted($0) }
            listing.sort(by: sort, descending: descending)
            switch output.format {
            case .table:
                try output.emit(listing.table.plain)
                let explained = listing.rows.count { $0.deviceClass == .explained }
                StandardError.write(
                    "\n\(listing.rows.count - explained) accelerators, \(explained) names that explain.\n\(ArchitectureListing.legend)\n")
            case .json: try output.emit(listing.json.rendered)
            case .csv: try output.emit(listing.wideTable.csv)
            case .markdown:
                let shown = Set(listing.rows.map(\.id))
                let explanations = entries.compactMap { entry -> ExplainedEntry? in
                    guard case .explained(let explained) = entry, shown.contains(explained.id) else { return nil }
                    return explained
                }
                try output.emit(listing.markdownReport(explanations: explanations, command: "ridgeline arch list --format markdown"))
            }
        }
    }

    /// A filter by a word that no file has is a slip, not an empty answer.
    private func check(_ option: String, _ wanted: String?, among words: [String]) throws {
        guard let wanted, !words.contains(where: { $0.lowercased() == wanted.lowercased() }) else { return }
        let known = Set(words.filter { !$0.isEmpty }).sorted()
        throw ValidationError("\(option) \(wanted): there are \(known.joined(separator: ", "))\(Spelling.suggestion(for: wanted, in: known))")
    }

    private func isWanted(_ row: ArchitectureListing.Row) -> Bool {
        if let vendor, row.vendor.lowercased() != vendor.lowercased() { return false }
        if let generation, row.generation.lowercased() != generation.lowercased() { return false }
        if let deviceClass, row.deviceClass.rawValue != deviceClass { return false }
        if let dtype, let format = NumberFormat(name: dtype), row.peak(format) == nil { return false }
        if let minMemory, !((row.memoryGiB ?? 0) >= minMemory) { return false }
        if let since, !((row.year ?? Int.min) >= since) { return false }
        if let until, !((row.year ?? Int.max) <= until) { return false }
        return true
    }
}

extension ArchitectureListing.SortKey: ExpressibleByArgument {}
