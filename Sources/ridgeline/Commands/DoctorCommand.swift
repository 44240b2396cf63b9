import ArgumentParser
import Reports

/// `ridgeline doctor`: what this machine offers, what is missing, and why.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers for running and measuring models, what is missing, and why.",
        discussion: """
            Nothing that is missing stops projections, which need no hardware. Exit code 0 also with findings.

            Example: ridgeline doctor
            """)

    @Option(help: "table or json.")
    var format = TextOrData.table

    func run() throws {
        try reportingErrors {
            let examination = Examination(machine: try TopologyPresentation.ofThisMachine())
            try StandardOutput.write(format == .json ? examination.json.rendered + "\n" : examination.text)
        }
    }
}
