import Hardware
import Quantities

/// One device in full: every number with its source, derived peaks and ridge points.
public struct ArchitectureSheet: Sendable {
    public var device: Architecture

    public init(_ device: Architecture) { self.device = device }

    /// For a terminal.
    public var text: String {
        var parts = [heading, peakTable.plain]
        parts += [sourced.referenced.plain, sourced.sourceList]
        if let notes = device.notes { parts.append("Notes: \(notes)") }
        let quality = device.sourceQuality
        parts.append(
            "\(quality.total) numbers: \(quality.documented) from documents and papers, \(quality.measured) measured or calibrated, "
                + "\(quality.secondHand) second-hand, \(quality.derived) derived, \(quality.estimated) estimated.")
        return parts.joined(separator: "\n\n")
    }

    private var heading: String {
        var lines = ["\(device.name) (\(device.id))"]
        lines.append(
            [device.vendor, device.generation, device.deviceClass.rawValue, device.launchYear.map(String.init), device.process]
                .compactMap { $0 }.joined(separator: ", "))
        if !device.aliases.isEmpty { lines.append("also: \(device.aliases.joined(separator: ", "))") }
        lines.append("memory: \(device.memory.technology); compute unit: \(device.compute.unitName)")
        if let part = device.softwareDevice { lines.append("software sees parts of it: measured kernels ran on one \(part)") }
        if let link = device.interconnect { lines.append("interconnect: \(LinkDescription.text(link))") }
        if let host = device.host { lines.append("host: \(LinkDescription.text(host))") }
        return lines.joined(separator: "\n")
    }

    /// Peak, published peak and ridge point of each engine and format.
    public var peakTable: TextTable {
        TextTable(
            columns: [
                .text("engine"), .text("format"), .number("op/clock/unit"), .number("peak T/s"), .number("published T/s"), .number("ridge op/B"),
            ],
            rows: device.compute.rates.compactMap { rate in
                guard let peak = device.peak(rate.engine, rate.format) else { return nil }
                let published = device.publishedPeaks.first { $0.engine == rate.engine && $0.format == rate.format }
                return [
                    rate.engine.rawValue, rate.format.rawValue, ArchitectureListing.number(rate.operationsPerClock.value),
                    ArchitectureListing.number(peak.value / 1e12), ArchitectureListing.number(published.map { $0.rate.value.value / 1e12 }),
                    ArchitectureListing.number(peak / device.memory.bandwidth.value),
                ]
            })
    }

    private var sourced: SourcedNumberTable { SourcedNumberTable(device.numbers) }

    /// Every number under the key that the file uses, with its source.
    public var numberTable: TextTable { sourced.full }

    /// At most six significant digits, no exponent.
    static func plain(_ value: Double) -> String { SourcedNumberTable.plain(value) }

    public var json: JSONText {
        .object([
            "id": .string(device.id), "name": .string(device.name), "vendor": .string(device.vendor), "generation": .string(device.generation),
            "class": .string(device.deviceClass.rawValue), "aliases": .array(device.aliases.map(JSONText.string)),
            "year": device.launchYear.map { .integer($0) }, "process": device.process.map { .string($0) }, "notes": device.notes.map { .string($0) },
            "seen_as": device.softwareDevice.map { .string($0) },
            "memory_technology": .string(device.memory.technology), "unit_name": .string(device.compute.unitName),
            "interconnect": device.interconnect.map(LinkDescription.json),
            "peaks": .array(
                device.compute.rates.compactMap { rate in
                    device.peak(rate.engine, rate.format).map { peak in
                        .object([
                            "engine": .string(rate.engine.rawValue), "format": .string(rate.format.rawValue), "tera": .number(peak.value / 1e12),
                            "ridge_op_per_byte": .number(peak / device.memory.bandwidth.value),
                        ])
                    }
                }),
            "numbers": sourced.json,
        ])
    }
}

/// What differs between two devices, number by number.
public struct ArchitectureDifference: Sendable {
    public var left: Architecture
    public var right: Architecture

    public init(_ left: Architecture, _ right: Architecture) {
        self.left = left
        self.right = right
    }

    /// Rows whose values differ or that one side lacks; prices left out, because they have no order.
    public var table: TextTable {
        let before = left.numbers.filter { $0.section.first != "prices" }, after = right.numbers.filter { $0.section.first != "prices" }
        var paths = before.map(\.path)
        for number in after where !paths.contains(number.path) { paths.append(number.path) }
        let peaks = NumberFormat.allCases.compactMap { format -> [String]? in
            let a = left.peak(format)?.value, b = right.peak(format)?.value
            guard a != b else { return nil }
            return row("peak \(format.rawValue), T/s", a.map { $0 / 1e12 }, b.map { $0 / 1e12 })
        }
        let numbers = paths.compactMap { path -> [String]? in
            let a = before.first { $0.path == path }?.value, b = after.first { $0.path == path }?.value
            return a == b ? nil : row(path, a, b)
        }
        return TextTable(columns: [.text("number"), .number(left.id), .number(right.id), .number("ratio")], rows: peaks + numbers)
    }

    private func row(_ name: String, _ a: Double?, _ b: Double?) -> [String] {
        var ratio = ""
        if let a, let b, a != 0 { ratio = FixedPoint.format(b / a, fractionDigits: 3) }
        return [name, a.map(ArchitectureSheet.plain) ?? "", b.map(ArchitectureSheet.plain) ?? "", ratio]
    }
}
