import ConfigurationFiles
import Quantities

/// A type of server (or pod slice): which devices it holds, how they are linked inside it, and how it is linked to others.
///
/// Files live under `Architectures/systems`.
public struct ServerSystem: Hashable, Sendable {
    /// File name without extension, for example `dgx-h100`.
    public var id: String
    public var name: String
    /// Other names, among them the node kinds of measured data (`a100_dgx`).
    public var aliases: [String]
    /// Id of the devices in it.
    public var device: String
    public var devices: Int
    /// Links among the devices of one server; bandwidths are per device.
    public var scaleUp: Interconnect
    /// Links between servers, nil where the system stands alone; bandwidths are per device.
    public var scaleOut: Interconnect?
    /// Highest power of the whole server.
    public var power: Sourced<Watts>?
    /// Price of the whole server.
    public var prices: [Price]
    public var notes: String?

    /// Decodes `Architectures/systems/<id>.yaml`.
    ///
    /// - Parameter links: what the library knows of link technologies.
    /// - Throws: every problem of the file.
    public init(id: String, document: ConfigurationDocument, links: LinkCatalogue = LinkCatalogue()) throws(ConfigurationError) {
        let problems = ProblemCollector()
        let root = LayeredSection(files: [try document.mapping()], problems: problems)
        root.allowOnly(["name", "aliases", "device", "devices", "scale_up", "scale_out", "power_w", "prices", "notes"])
        let name = root.requiredText("name"), device = root.requiredText("device")
        let count = root.value("devices", as: Int.self)
        if root.entry("devices") == nil { problems.add(root.location, "'devices' is missing") }
        if let count, count < 1 { problems.add(root.location, "'devices' is \(count), a positive number belongs here") }
        let scaleUp = root.requiredSection("scale_up").flatMap { ArchitectureDecoder.interconnect($0, links: links) }
        let scaleOut = root.section("scale_out").flatMap { ArchitectureDecoder.interconnect($0, links: links) }
        let power = root.quantity("power_w", times: 1, as: Watts.self)
        let prices = ArchitectureDecoder(root: root, problems: problems, links: links).prices()
        let aliases = root.value("aliases", as: [String].self) ?? []
        let notes: String? = root.value("notes")
        try problems.throwIfAny()
        guard let name, let device, let count, let scaleUp else {
            throw ConfigurationError(root.location, "the server could not be decoded")
        }
        self.id = id
        self.name = name
        self.aliases = aliases
        self.device = device
        self.devices = count
        self.scaleUp = scaleUp
        self.scaleOut = scaleOut
        self.power = power
        self.prices = prices
        self.notes = notes
    }
}

extension ServerSystem {
    /// Every number of the server in the order of its file.
    public var numbers: [ArchitectureNumber] {
        var list = NumberList()
        list.add("scale_up", scaleUp)
        if let scaleOut { list.add("scale_out", scaleOut) }
        list.add([], "power_w", power, 1)
        for price in prices { list.add(["prices", price.provider], "dollars_per_hour", price.dollarsPerHour, 1) }
        return list.numbers
    }
}

extension ArchitectureLibrary {
    /// Ids of the server types, sorted.
    public var serverSystemIDs: [String] { Set(roots.flatMap { Self.yamlNames(in: "\($0)/systems") }).sorted() }

    /// The server type of an id or alias.
    ///
    /// - Throws: when there is none (with the nearest) or its file is wrong.
    public func serverSystem(named name: String) throws(ArchitectureLibraryError) -> ServerSystem {
        let wanted = Self.normalized(name)
        var known: [String] = []
        for system in try serverSystems() {
            let names = [system.id, system.name] + system.aliases
            if names.contains(where: { Self.normalized($0) == wanted }) { return system }
            known += names
        }
        throw ArchitectureLibraryError(.unknownName, "no server is called '\(name)'\(Spelling.suggestion(for: name, in: known))")
    }

    /// All server types, by id; the first root that has an id decides.
    public func serverSystems() throws(ArchitectureLibraryError) -> [ServerSystem] {
        var systems: [ServerSystem] = []
        for root in roots {
            for id in Self.yamlNames(in: "\(root)/systems") where !systems.contains(where: { $0.id == id }) {
                do throws(ConfigurationError) {
                    systems.append(try ServerSystem(id: id, document: ConfigurationDocument.read("\(root)/systems/\(id).yaml"), links: links))
                } catch {
                    throw ArchitectureLibraryError(.invalidFile, error.description)
                }
            }
        }
        return systems.sorted { $0.id < $1.id }
    }
}
