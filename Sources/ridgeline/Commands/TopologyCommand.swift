import ArgumentParser
import Reports

/// How results that are no traces are printed.
enum TextOrData: String, ExpressibleByArgument, CaseIterable { case table, json }

/// `ridgeline topology`: what this machine has.
struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Print this machine's caches, cores, memory nodes and vector instructions, and which counters are live.",
        discussion: "Example: ridgeline topology --format json")

    @Option(help: "table or json.")
    var format = TextOrData.table

    func run() throws {
        try reportingErrors {
            let machine = try TopologyPresentation.ofThisMachine()
            try StandardOutput.write(format == .json ? machine.json.rendered + "\n" : machine.text)
        }
    }
}
