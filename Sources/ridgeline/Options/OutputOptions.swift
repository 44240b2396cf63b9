import ArgumentParser
import ConfigurationFiles

/// The form of a result.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument { case table, json, csv, markdown }

/// Where a result goes and in which form.
struct OutputOptions: ParsableArguments {
    @Option(help: "Form of the result.")
    var format: OutputFormat = .table

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
    var output: String?

    /// Prints the text, or writes the file as a whole.
    func emit(_ text: String) throws {
        guard let output else {
            try StandardOutput.write(text + "\n")
            return
        }
        try OutputFile.write(text + "\n", to: output)
        StandardError.write("wrote \(output)\n")
    }
}
