import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware

struct ArchNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Write an architecture file to start a design from.",
        discussion: """
            --like writes a file that extends a device, with every number of it as a comment. The file projects at once; change what differs.
            --from writes a file for the device that a report of the measuring kit (device.json of Benchmarks/gpu) describes: it extends the
            accelerator of that name, or the one given by --like, and states what the device reported otherwise.
            """)

    @Option(help: ArgumentHelp("The accelerator to start from, by id, name or alias.", valueName: "id"))
    var like: String?

    @Option(name: .customLong("from"), help: ArgumentHelp("A device report, device.json of the measuring kit.", valueName: "file"))
    var report: String?

    @Option(help: "Name of the new accelerator.")
    var name: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to this file instead of standard output; an existing file is not replaced.", valueName: "file"))
    var output: String?

    @OptionGroup var library: LibraryOptions

    func validate() throws {
        if like == nil, report == nil { throw ValidationError("Give --like ID, --from device.json, or both") }
    }

    func run() throws {
        try reportingErrors {
            let text = try text(library.library())
            guard let output else {
                try StandardOutput.write(text)
                return
            }
            guard !FileManager.default.fileExists(atPath: output) else {
                throw ArchitectureLibraryError(.invalidFile, "\(output): the file exists and is not replaced")
            }
            try OutputFile.write(text, to: output)
        }
    }

    private func text(_ library: ArchitectureLibrary) throws -> String {
        if let report {
            let report = try DeviceReport(document: ConfigurationDocument.read(report, format: .json))
            do {
                return ArchitectureTemplate.from(report, extending: try library.device(like ?? report.name))
            } catch let error as ArchitectureLibraryError where like == nil && error.code == .unknownName {
                throw ValidationError("\(error.description)\nA device that the library lacks starts from its nearest relative: give --like ID (`ridgeline arch list` prints all)")
            }
        }
        let device = try library.device(like ?? "")
        return ArchitectureTemplate.extending(device, name: name ?? "\(device.name), changed")
    }
}
