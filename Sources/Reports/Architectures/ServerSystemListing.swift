import Hardware
import Quantities

/// Server types as a table.
public enum ServerSystemListing {
    /// One row a server type; bandwidths per device and direction.
    public static func table(_ systems: [ServerSystem]) -> TextTable {
        TextTable(
            columns: [
                .text("system"), .number("devices"), .text("device"), .text("inside"), .text("topology"), .number("GB/s"), .number("out GB/s"),
            ],
            rows: systems.map { system in
                [
                    system.id, String(system.devices), system.device, system.scaleUp.technology, system.scaleUp.topology,
                    ArchitectureListing.number(system.scaleUp.bandwidthPerDirection.value.value / 1e9),
                    ArchitectureListing.number(system.scaleOut.map { $0.bandwidthPerDirection.value.value / 1e9 }),
                ]
            })
    }
}
