import ArgumentParser
import ConfigurationFiles
import Foundation
import Hardware

struct ArchNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Write an architecture file to start a design from.",
        discussion: """
            --like writes a file that extends a device, with every number of it as a comment. The file projects at once; change what differs.
            """)

    @Option(help: ArgumentHelp("The accelerator to start from, by id, name or alias.", valueName: "id"))
    var like: String

    @Option(help: "Name of the new accelerator.")
    var name: String?

    @Option(help: ArgumentHelp("Write to this file instead of standard output; an existing file is not replaced.", valueName: "file"))
    var output: String?

    @OptionGroup var options: ArchitectureOptions

    func run() throws {
        try ArchFailure.reported {
            let device = try options.library().architecture(named: like)
            let text = ArchitectureTemplate.extending(device, name: name ?? "\(device.name), changed")
            guard let output else {
                print(text, terminator: "")
                return
            }
            guard !FileManager.default.fileExists(atPath: output) else {
                throw ArchitectureLibraryError(.invalidFile, "\(output): the file exists and is not replaced")
            }
            try OutputFile.write(text, to: output)
        }
    }
}
