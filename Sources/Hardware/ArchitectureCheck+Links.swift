import Quantities

extension ArchitectureCheck {
    /// How much a link may differ from its technology's rate: printed rates are rounded.
    private static let linkTolerance = 0.05

    static func interconnect(_ device: Architecture, _ report: inout Report) {
        if let host = device.host {
            width(host.technology, host.bandwidthPerDirection.value, host.link, "host link", &report)
            plausible(host.latency, "host link", &report)
        }
        guard let link = device.interconnect else { return }
        total(link, "links", &report)
        if link.technology != "mesh", link.bandwidthPerDirection.value > device.memory.bandwidth.value {
            report.add(
                .interconnect, "links of \(link.bandwidthPerDirection.value) are faster than the memory behind them (\(device.memory.bandwidth.value))")
        }
    }

    /// All findings for a server type: its links against their technologies and against the device in it.
    public static func findings(_ system: ServerSystem, device: Architecture) -> [ArchitectureFinding] {
        var report = Report(id: system.id)
        total(system.scaleUp, "links inside", &report)
        if let out = system.scaleOut { total(out, "links between servers", &report) }
        if let own = device.interconnect, own.technology == system.scaleUp.technology,
            system.scaleUp.bandwidthPerDirection.value > own.bandwidthPerDirection.value * (1 + linkTolerance)
        {
            report.add(
                .interconnect,
                "links inside of \(system.scaleUp.bandwidthPerDirection.value) a device, \(device.id) has \(own.bandwidthPerDirection.value)")
        }
        if let power = system.power?.value, let each = device.power?.thermalDesign.value, power < each * Double(system.devices) {
            report.add(.power, "\(power) for \(system.devices) devices of \(each) each")
        }
        return report.findings
    }

    /// Links times rate against the sum that is stated; latency against what wires allow.
    private static func total(_ interconnect: Interconnect, _ what: String, _ report: inout Report) {
        plausible(interconnect.latency, what, &report)
        width(interconnect.technology, interconnect.bandwidthPerDirection.value, interconnect.link, what, &report)
        guard let links = interconnect.links?.value, let rate = interconnect.link?.bandwidthPerLink?.value.value,
            LinkTechnology.split(interconnect.technology).lanes == nil
        else { return }
        let slowest = interconnect.link?.slowestLink?.value.value ?? rate
        let all = interconnect.bandwidthPerDirection.value.value
        let each = all / Double(links)
        if each < slowest * (1 - linkTolerance) || each > rate * (1 + linkTolerance) {
            let range = slowest == rate ? gigabytes(rate) : "\(gigabytes(slowest)) to \(gigabytes(rate))"
            report.add(
                .interconnect,
                "\(gigabytes(all)) GB/s over \(links) \(what) are \(gigabytes(each)) GB/s each, \(interconnect.technology) has \(range)")
        }
    }

    /// A link named with its width (`PCIe 5.0 x16`) carries so many lanes.
    private static func width(
        _ technology: String, _ bandwidth: BytesPerSecond, _ link: LinkTechnology?, _ what: String, _ report: inout Report
    ) {
        guard let lanes = LinkTechnology.split(technology).lanes, let lane = link?.bandwidthPerLink?.value.value else { return }
        let expected = Double(lanes) * lane
        if abs(bandwidth.value / expected - 1) > linkTolerance {
            report.add(.interconnect, "\(what): \(technology) is stated with \(gigabytes(bandwidth.value)) GB/s, its lanes carry \(gigabytes(expected))")
        }
    }

    private static func plausible(_ latency: Sourced<Seconds>?, _ what: String, _ report: inout Report) {
        if let latency = latency?.value.microseconds, latency < 0.05 || latency > 200 {
            report.add(.interconnect, "\(what): a latency of \(latency) µs is implausible")
        }
    }

    private static func gigabytes(_ bytesPerSecond: Double) -> String { FixedPoint.format(bytesPerSecond / 1e9, fractionDigits: 1) }
}
