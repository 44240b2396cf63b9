import ArgumentParser

/// The command line: one file a verb under Commands/, options shared by several verbs under Options/.
@main
struct Ridgeline: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ridgeline",
        abstract: "What will my transformer workload do on that accelerator, why, how sure are you, and what does it cost?",
        version: "0.1.0",
        subcommands: [
            ArchCommand.self,
            CalibrateCommand.self,
            CompareCommand.self,
            DoctorCommand.self,
            ExplainCommand.self,
            FitCommand.self,
            ImportCommand.self,
            ModelsCommand.self,
            ProfileCommand.self,
            ProjectCommand.self,
            RankCommand.self,
            RunCommand.self,
            TopologyCommand.self,
            TraceCommand.self,
            ValidateCommand.self,
        ])

    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let complaint = CommandWords.complaint(about: arguments, root: Self.self) {
            StandardError.write(complaint)
            exit(withError: RidgelineExit.usage)
        }
        do {
            var command = try await asyncParseAsRoot(CommandWords.joiningNegativeNumbers(arguments))
            do {
                if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
            } catch let error as ValidationError {
                // Wrong usage that only the work could find out: the parser would print the usage of the root.
                exit(about: error, in: type(of: command))
            }
        } catch {
            exit(withError: error)
        }
    }

    private static func exit(about error: ValidationError, in command: any ParsableCommand.Type) -> Never {
        var text = "Error: \(message(for: error))\n"
        if let path = CommandWords.path(to: command, from: Self.self) {
            text += "Usage: \(usageString(for: command))\n  See '\(path) --help' for more information.\n"
        }
        StandardError.write(text)
        exit(withError: RidgelineExit.usage)
    }
}
