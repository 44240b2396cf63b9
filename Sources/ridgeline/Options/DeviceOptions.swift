import ArgumentParser
import ConfigurationFiles
import Hardware
import Quantities
import Simulator
import Validation

/// Where architecture files are found; shared by every command that names a device.
struct LibraryOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("A folder of architecture files searched before the library that ships.", valueName: "dir"))
    var architectures: [String] = []

    func library() throws -> ArchitectureLibrary { try ArchitectureLibrary.standard(additional: architectures) }
}

/// The devices to project on, and the software assumed on them.
struct DeviceOptions: ParsableArguments {
    @OptionGroup var library: LibraryOptions

    @Option(
        name: [.long, .customLong("hardware"), .customLong("system")],
        help: ArgumentHelp("Accelerators: ids, aliases or YAML files, separated by commas; 'all' for the whole library.", valueName: "id[,id…]"))
    var on: String

    @Option(help: "Software stack whose kernels and launches are assumed (see Architectures/software).")
    var stack = "neutral"

    @Option(help: "How kernels reach the device: graph (captured), eager (a host call each), excluded (kernel time alone).")
    var launch: ExecutionConditions.Launch = .graph

    @Option(
        help: ArgumentHelp(
            "Type of server whose links and network carry collectives (see Architectures/systems); without it the device's own links.",
            valueName: "id"))
    var server: String?

    @Option(
        name: .customLong("network-gb-per-s"),
        help: ArgumentHelp("Network bandwidth of one device towards other nodes, one direction; needed when a group spans nodes.", valueName: "rate"))
    var network: Double?

    @Option(
        help: ArgumentHelp(
            "Dollars of a device-hour instead of the architecture file's first price: one number for all, or id=number, separated by commas.",
            valueName: "dollars"))
    var price: String?

    func validate() throws {
        if let price { _ = try HourlyPrices(price) }
        if let network, !(network > 0 && network.isFinite) { throw ArgumentParser.ValidationError("--network-gb-per-s \(network): expected a positive rate") }
    }

    /// The wiring that collectives of a device run over, nil for the device's own links.
    func topology(_ architecture: Architecture) throws -> LinkTopology? {
        guard server != nil || network != nil else { return nil }
        var topology = try server.map { name in
            try LinkTopology(system: try library.library().serverSystem(named: name), architecture: architecture)
        } ?? LinkTopology(architecture: architecture)
        if let network { topology.networkBandwidth = BytesPerSecond(network * 1e9) }
        return topology
    }

    /// Makes the model of a device under the options; the interval table is read once for all of them.
    func modelMaker() throws -> (Architecture, SoftwareStack) throws -> any DeviceModel {
        let intervals = try IntervalTable.read(roots: try library.library().roots)
        return { architecture, stack in
            try DeviceModels.model(for: architecture, stack: stack, topology: try topology(architecture), intervals: intervals)
        }
    }

    /// The devices named, in the order given (`all` is every device of the library, by id), and the names that explain instead of describing.
    struct Selection {
        var architectures: [Architecture] = []
        var refusals: [(device: String, reason: String)] = []
    }

    /// - Throws: for unknown names, files that are wrong, and when every name explains.
    func selection() throws -> Selection {
        let library = try library.library()
        let given = on.split(separator: ",").map { $0.trimmingPrefix(" ") }.filter { !$0.isEmpty }.map(String.init)
        guard !given.isEmpty else { throw ArgumentParser.ValidationError("--on names no accelerator") }
        let names = given == ["all"] ? library.ids : given
        var selection = Selection()
        var prices = try price.map(HourlyPrices.init)
        for name in names {
            do {
                var architecture = try library.device(name)
                if let given = prices?.price(of: architecture.id, called: name) { architecture.prices = [given] }
                selection.architectures.append(architecture)
            } catch let error as ArchitectureLibraryError where error.code == .explained && names.count > 1 {
                selection.refusals.append((name, error.description))
            }
        }
        if let unused = prices?.unused { throw ArgumentParser.ValidationError("--price names '\(unused)', which --on does not") }
        return selection
    }

    /// The architectures named; a path to a YAML file is read as it is.
    func devices() throws -> [Architecture] { try selection().architectures }

    /// The stack named.
    func softwareStack() throws -> SoftwareStack { try library.library().softwareStack(stack) }

    var conditions: ExecutionConditions { ExecutionConditions(launch: launch) }
}

extension ExecutionConditions.Launch: ExpressibleByArgument {}

extension ArchitectureLibrary {
    /// The device of a name, or of a YAML file's path.
    func device(_ name: String) throws -> Architecture {
        guard name.hasSuffix(".yaml") else { return try architecture(named: name) }
        switch try load(path: name) {
        case .device(let architecture): return architecture
        case .explained(let entry): throw ArchitectureLibraryError(.explained, "\(entry.name) cannot be projected: \(entry.explanation)")
        }
    }
}
