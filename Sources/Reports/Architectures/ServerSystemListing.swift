import Hardware
import Quantities

/// Server types as a table.
public enum ServerSystemListing {
    /// One row a server type; bandwidths per device and direction, latencies of one hop.
    public static func table(_ systems: [ServerSystem]) -> TextTable {
        TextTable(
            columns: [
                .text("system"), .number("devices"), .text("device"), .text("inside"), .text("topology"), .number("links"), .number("GB/s"),
                .number("µs"), .text("between"), .number("out GB/s"), .number("out µs"),
            ],
            rows: systems.map { system in
                [system.id, String(system.devices), system.device, system.scaleUp.technology, system.scaleUp.topology]
                    + [system.scaleUp.links.map { String($0.value) } ?? ""] + cells(system.scaleUp) + [system.scaleOut?.technology ?? ""]
                    + (system.scaleOut.map(cells) ?? ["", ""])
            })
    }

    private static func cells(_ links: Interconnect) -> [String] {
        [
            ArchitectureListing.number(links.bandwidthPerDirection.value.value / 1e9),
            ArchitectureListing.number(links.latency?.value.microseconds),
        ]
    }
}

/// One server type in full: its devices, the links inside and between servers, every number with its source.
public struct ServerSystemSheet: Sendable {
    public var system: ServerSystem
    /// The device in it, for its host link.
    public var device: Architecture

    public init(_ system: ServerSystem, device: Architecture) {
        self.system = system
        self.device = device
    }

    private var sourced: SourcedNumberTable { SourcedNumberTable(system.numbers) }

    /// For a terminal.
    public var text: String {
        var lines = ["\(system.name) (\(system.id))", "\(system.devices) x \(device.name) (\(device.id))"]
        if !system.aliases.isEmpty { lines.append("also: \(system.aliases.joined(separator: ", "))") }
        lines.append("inside, per device: \(LinkDescription.text(system.scaleUp))")
        lines.append("between servers, per device: \(system.scaleOut.map(LinkDescription.text) ?? "none stated")")
        if let host = device.host { lines.append("host, per device: \(LinkDescription.text(host))") }
        var parts = [lines.joined(separator: "\n"), sourced.referenced.plain, sourced.sourceList]
        if let notes = system.notes { parts.append("Notes: \(notes)") }
        return parts.joined(separator: "\n\n")
    }

    /// Every number under the key that the file uses, with its source.
    public var numberTable: TextTable { sourced.full }

    public var json: JSONText {
        .object([
            "id": .string(system.id), "name": .string(system.name), "class": .string("server"), "device": .string(device.id),
            "devices": .integer(system.devices), "aliases": .array(system.aliases.map(JSONText.string)),
            "scale_up": LinkDescription.json(system.scaleUp), "scale_out": system.scaleOut.map(LinkDescription.json),
            "notes": system.notes.map { .string($0) }, "numbers": sourced.json,
        ])
    }
}

/// Links in words: technology, topology, how many, how fast, how soon.
enum LinkDescription {
    static func text(_ interconnect: Interconnect) -> String {
        var parts = ["\(interconnect.technology), \(interconnect.topology)"]
        let all = interconnect.bandwidthPerDirection.value.value / 1e9
        if let links = interconnect.links?.value, links > 1 {
            parts.append("\(links) links x \(ArchitectureListing.number(all / Double(links))) = \(ArchitectureListing.number(all)) GB/s a direction")
        } else {
            parts.append("\(ArchitectureListing.number(all)) GB/s a direction")
        }
        if let latency = interconnect.latency?.value.microseconds { parts.append("\(ArchitectureListing.number(latency)) µs a hop") }
        return parts.joined(separator: ", ")
    }

    static func text(_ host: HostLink) -> String {
        let latency = host.latency.map { ", \(ArchitectureListing.number($0.value.microseconds)) µs" } ?? ""
        return "\(host.technology), \(ArchitectureListing.number(host.bandwidthPerDirection.value.value / 1e9)) GB/s a direction\(latency)"
    }

    static func json(_ interconnect: Interconnect) -> JSONText {
        .object([
            "technology": .string(interconnect.technology), "topology": .string(interconnect.topology),
            "links": interconnect.links.map { .integer($0.value) },
            "gb_per_s_per_direction": .number(interconnect.bandwidthPerDirection.value.value / 1e9),
            "latency_us": interconnect.latency.map { .number($0.value.microseconds) },
        ])
    }
}
