import ArgumentParser
import Hardware

struct ArchCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check architecture files: form, sources, and whether the numbers agree with each other.",
        discussion: """
            Without arguments the whole library is checked. Exit status: 0 clean, 1 numbers that do not add up, 65 a file that cannot be decoded.
            """)

    @Argument(help: "Ids, names or files ending in .yaml; all of the library if none is given.")
    var names: [String] = []

    @OptionGroup var library: LibraryOptions

    func run() throws {
        try reportingErrors {
            let library = try library.library()
            var findings: [String] = []
            let entries = try entries(library)
            for case .device(let device) in entries {
                findings += (ArchitectureCheck.findings(device) + library.partFindings(device)).map(\.description)
            }
            if names.isEmpty {
                findings += library.sharedNames().map(\.description)
                for system in try library.serverSystems() {
                    let device = try library.architecture(named: system.device)
                    findings += ArchitectureCheck.findings(system, device: device).map(\.description)
                }
                for stack in library.softwareStackIDs { _ = try library.softwareStack(stack) }
            }
            StandardError.write("\(entries.count) \(entries.count == 1 ? "file" : "files") checked, \(findings.count) \(findings.count == 1 ? "finding" : "findings")\n")
            for finding in findings { try StandardOutput.write(finding + "\n") }
            if !findings.isEmpty { throw RidgelineExit.checkFailed }
        }
    }

    private func entries(_ library: ArchitectureLibrary) throws -> [LibraryEntry] {
        guard !names.isEmpty else { return try library.allEntries() }
        return try names.map { $0.hasSuffix(".yaml") ? try library.load(path: $0) : try library.entry(named: $0) }
    }
}
