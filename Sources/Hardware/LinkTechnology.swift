import ConfigurationFiles
import Quantities

/// What all links of one technology share (NVLink 4, PCIe 5.0, InfiniBand NDR, ICI), stated once for the devices and servers that have them.
public struct LinkTechnology: Hashable, Sendable {
    /// As `technology:` of a device or server names it, the width (`x16`) left out.
    public var name: String
    /// One link in one direction; one lane where names carry a width.
    public var bandwidthPerLink: Sourced<BytesPerSecond>?
    /// The slowest link of a device that has slower ones than `bandwidthPerLink`.
    public var slowestLink: Sourced<BytesPerSecond>?
    /// From a store or a transfer of a few bytes in one device until its neighbour sees it, no switch between them.
    public var latency: Sourced<Seconds>?
    /// What a switch on the way adds.
    public var switchLatency: Sourced<Seconds>?
    /// Whether a compiled program sends over the link by itself, without launch and rendezvous of a library.
    public var programSends: Bool

    public init(name: String) {
        self.name = name
        programSends = false
    }

    /// Latency of one hop in a topology, nil where unknown.
    ///
    /// Between servers, in switched boxes and in PCIe trees one switch lies on the way; everywhere else neighbours are wired to each other.
    public func hopLatency(topology: String) -> Sourced<Seconds>? {
        guard let latency else { return nil }
        guard Self.switchedTopologies.contains(topology), let added = switchLatency else { return latency }
        let parts = "\(latency.value.microseconds) us of the link (\(latency.source.kind.rawValue): \(latency.source.text)) and "
            + "\(added.value.microseconds) us of a switch (\(added.source.kind.rawValue): \(added.source.text))"
        return Sourced(Seconds(latency.value.value + added.value.value), source: Source(.derived, parts))
    }

    static let switchedTopologies: Set<String> = ["nvswitch", "switched", "fat-tree", "pcie-tree", "network"]

    /// The name without its width, and the width: `PCIe 5.0 x16` is sixteen of `PCIe 5.0`.
    static func split(_ technology: String) -> (name: String, lanes: Int?) {
        guard let space = technology.lastIndex(of: " ") else { return (technology, nil) }
        let last = technology[technology.index(after: space)...]
        guard last.first == "x", let lanes = Int(last.dropFirst()), lanes > 0 else { return (technology, nil) }
        return (String(technology[..<space]), lanes)
    }

    init(name: String, section: LayeredSection) {
        section.allowOnly(["bandwidth_per_link_gb_per_s", "slowest_link_gb_per_s", "latency_us", "switch_latency_us", "program_sends"])
        self.name = name
        bandwidthPerLink = section.quantity("bandwidth_per_link_gb_per_s", times: 1e9)
        slowestLink = section.quantity("slowest_link_gb_per_s", times: 1e9)
        latency = section.quantity("latency_us", times: 1e-6)
        switchLatency = section.quantity("switch_latency_us", times: 1e-6)
        programSends = section.value("program_sends") ?? false
    }
}

/// The link technologies of a library: `links/<family>.yaml` of every root, each with `technologies` by name.
public struct LinkCatalogue: Hashable, Sendable {
    /// In the order of roots and files.
    public private(set) var technologies: [LinkTechnology] = []

    public init() {}

    /// Adds the technologies of a file; a name that is known already stays with the file read before, so that a user's folder wins.
    ///
    /// - Throws: every problem of the file, a name that occurs in it twice included.
    mutating func add(_ document: ConfigurationDocument) throws(ConfigurationError) {
        let problems = ProblemCollector()
        let root = LayeredSection(files: [try document.mapping()], problems: problems)
        root.allowOnly(["name", "notes", "technologies"])
        _ = root.requiredText("name")
        let section = root.requiredSection("technologies")
        var found: [LinkTechnology] = []
        for name in section?.keys ?? [] {
            guard let entry = section?.section(name) else { continue }
            let technology = LinkTechnology(name: name, section: entry)
            if found.contains(where: { Self.isSame($0.name, name) }) { problems.add(entry.location, "'\(name)' is there twice") }
            found.append(technology)
        }
        try problems.throwIfAny()
        technologies += found.filter { self.technology(named: $0.name) == nil }
    }

    /// The technology that a device or server names, with or without a width; nil where no file describes it.
    public func technology(named name: String) -> LinkTechnology? {
        let wanted = LinkTechnology.split(name).name
        return technologies.first { Self.isSame($0.name, wanted) }
    }

    private static func isSame(_ a: String, _ b: String) -> Bool {
        ArchitectureLibrary.normalized(a) == ArchitectureLibrary.normalized(b)
    }
}
