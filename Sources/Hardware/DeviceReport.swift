import ConfigurationFiles

/// What a device says about itself, as `device.json` of the measuring kit (Benchmarks/gpu) holds it.
///
/// What is not there stays unknown; keys that say nothing about the hardware's numbers are passed over.
public struct DeviceReport: Hashable, Sendable {
    /// A number that the device reported, as the architecture file names it.
    public struct Number: Hashable, Sendable {
        public var section: [String]
        public var key: String
        public var value: Double
        /// The key in the report.
        public var reportedAs: String
    }

    /// Device name as the driver gives it.
    public var name: String
    public var numbers: [Number]

    /// Reads a report.
    ///
    /// - Throws: when the file is no `ridgeline-device` document, is of a later version, or a number of it is none.
    public init(document: ConfigurationDocument) throws(ConfigurationError) {
        let root = try document.mapping()
        let format = try root.required("format", as: ConfigurationValue.self)
        guard try format.decoded(as: String.self) == "ridgeline-device" else {
            throw ConfigurationError(format.location, "found \(format.foundDescription), the format of a device report is \"ridgeline-device\"")
        }
        let version = try root.required("version", as: ConfigurationValue.self)
        guard try version.decoded(as: Int.self) == 1 else {
            throw ConfigurationError(version.location, "found version \(try version.decoded(as: Int.self)), version 1 is read")
        }
        name = try root.required("name")
        var numbers: [Number] = []
        for meaning in Self.meanings {
            guard let entry = root.entry(meaning.reported), !entry.value.isNull else { continue }
            let value = try entry.value.decoded(as: Double.self) * meaning.scale
            guard value > 0 else {
                throw ConfigurationError(
                    entry.value.location, "'\(entry.key)': found \(entry.value.foundDescription), a positive number belongs here")
            }
            numbers.append(Number(section: meaning.section, key: meaning.key, value: value, reportedAs: entry.key))
        }
        self.numbers = numbers
    }

    /// Where a reported number belongs, and the factor to the unit of the architecture file.
    private static let meanings: [(reported: String, section: [String], key: String, scale: Double)] = [
        ("sm_count", ["compute"], "units", 1),
        ("max_sm_clock_mhz", ["compute"], "boost_clock_mhz", 1),
        ("memory_bytes", ["memory"], "capacity_gib", 1 / 1_073_741_824),
        ("memory_bus_width_bits", ["memory"], "bus_width_bits", 1),
        ("l2_cache_bytes", ["caches", "L2"], "capacity_mib", 1 / 1_048_576),
        ("warp_size", ["multiprocessor"], "threads_per_warp", 1),
        ("threads_per_sm", ["multiprocessor"], "maximum_threads", 1),
        // A register has four bytes.
        ("registers_per_sm", ["multiprocessor"], "register_file_kib", 4.0 / 1024),
        ("shared_memory_per_sm_bytes", ["multiprocessor"], "shared_memory_kib", 1.0 / 1024),
        ("power_limit_w", ["power"], "thermal_design_w", 1),
    ]
}

extension ArchitectureTemplate {
    /// A file for the device of a report: it extends a known device and states what the report says otherwise.
    ///
    /// Numbers that agree with the base to half a percent are left to it; a driver reserves some memory, so capacity to three percent.
    public static func from(_ report: DeviceReport, extending base: Architecture) -> String {
        var lines = [
            "# \(report.name), as the device reported itself; everything else as \(base.id).", "",
            "extends: \(base.id)", "name: \(report.name) (measured)",
            // Rows of the same run carry this name, so that a folder with this file claims them.
            "aliases: [\"\(report.name.replacing("\"", with: "'"))\"]",
        ]
        var open: [String] = []
        for number in report.numbers {
            let tolerance = number.key == "capacity_gib" ? 0.03 : 0.005
            if let known = known(number, of: base), abs(known / number.value - 1) <= tolerance { continue }
            var shared = 0
            while shared < min(open.count, number.section.count), open[shared] == number.section[shared] { shared += 1 }
            for depth in shared..<number.section.count { lines.append(indent(depth) + number.section[depth] + ":") }
            open = number.section
            lines.append(
                "\(indent(number.section.count))\(number.key): {value: \(plain(number.value)), source: \"measured: device report, \(number.reportedAs)\"}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func known(_ number: DeviceReport.Number, of base: Architecture) -> Double? {
        let inKibibytes = number.key == "capacity_mib"
        let key = inKibibytes ? "capacity_kib" : number.key
        return base.numbers.first { $0.section == number.section && $0.key == key }.map { inKibibytes ? $0.value / 1024 : $0.value }
    }
}
