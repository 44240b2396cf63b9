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
}
