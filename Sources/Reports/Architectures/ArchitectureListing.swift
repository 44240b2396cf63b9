import Hardware
import Quantities

/// The accelerators of a library as a table: peaks, bandwidth, ridge point, power, and how well the numbers are founded.
public struct ArchitectureListing: Sendable {
    /// One device or explained name.
    public struct Row: Hashable, Sendable {
        public var id: String
        public var name: String
        public var vendor: String
        public var generation: String
        public var deviceClass: Architecture.DeviceClass
        public var year: Int?
        public var memoryGiB: Double?
        public var bandwidth: Double?
        /// Dense peaks by format, in 10^12 operations per second, in the order of `NumberFormat`.
        public var peaks: [(format: NumberFormat, tera: Double)]
        public var watts: Double?
        public var dollarsPerHour: Double?
        public var quality: SourceQuality

        public static func == (left: Row, right: Row) -> Bool { left.id == right.id }
        public func hash(into hasher: inout Hasher) { hasher.combine(id) }

        public func peak(_ format: NumberFormat) -> Double? { peaks.first { $0.format == format }?.tera }

        /// Peak of 16-bit arithmetic: bf16 where the device has it, else fp16.
        public var peak16: Double? { peak(.bf16) ?? peak(.fp16) }

        /// Operations per byte at which 16-bit arithmetic takes as long as reading memory.
        public var ridge16: Double? {
            guard let peak16, let bandwidth else { return nil }
            return peak16 * 1e12 / bandwidth
        }
    }

    /// A column that rows can be sorted by.
    public enum SortKey: String, CaseIterable, Sendable {
        case id, vendor, generation, `class`, year, memory, bandwidth, fp32, fp16, fp8, int8, ridge, power, price
    }

    public var rows: [Row]

    public init(entries: [LibraryEntry]) { rows = entries.map(Row.init) }

    init(rows: [Row]) { self.rows = rows }

    /// Sorts by a column, ascending; rows without the number come last, equal rows keep the order of ids.
    public mutating func sort(by key: SortKey, descending: Bool) {
        func text(_ row: Row) -> String? {
            switch key {
            case .id: row.id
            case .vendor: row.vendor.lowercased()
            case .generation: row.generation
            case .class: row.deviceClass.rawValue
            default: nil
            }
        }
        func number(_ row: Row) -> Double? {
            switch key {
            case .year: row.year.map(Double.init)
            case .memory: row.memoryGiB
            case .bandwidth: row.bandwidth
            case .fp32: row.peak(.fp32)
            case .fp16: row.peak16
            case .fp8: row.peak(.fp8e4m3)
            case .int8: row.peak(.int8)
            case .ridge: row.ridge16
            case .power: row.watts
            case .price: row.dollarsPerHour
            default: nil
            }
        }
        rows.sort { left, right in
            if let a = text(left), let b = text(right), a != b { return descending ? a > b : a < b }
            switch (number(left), number(right)) {
            case (let a?, let b?) where a != b: return descending ? a > b : a < b
            case (_?, nil): return true
            case (nil, _?): return false
            default: return left.id < right.id
            }
        }
    }

    // MARK: - Forms

    /// At most 100 columns wide: for terminals and Markdown.
    public var table: TextTable {
        TextTable(
            columns: [
                .text("accelerator"), .number("year"), .number("GiB"), .number("TB/s"), .number("fp32"), .number("bf16"), .number("fp8"),
                .number("int8"), .number("ridge"), .number("W"), .number("$/h"), .number("doc/est"),
            ],
            rows: rows.map { row in
                guard row.deviceClass != .explained else {
                    return [row.id, row.year.map(String.init) ?? "", "explains"] + Array(repeating: "", count: 9)
                }
                return [
                    row.id, row.year.map(String.init) ?? "", Self.number(row.memoryGiB), Self.number(row.bandwidth.map { $0 / 1e12 }),
                    Self.number(row.peak(.fp32)), Self.number(row.peak16), Self.number(row.peak(.fp8e4m3)), Self.number(row.peak(.int8)),
                    Self.number(row.ridge16), Self.number(row.watts), Self.number(row.dollarsPerHour), Self.shares(row.quality),
                ]
            })
    }

    /// What the columns of `table` mean.
    public static let legend = """
        Dense peaks in TFLOP/s or TOPS, of the matrix engine where there is one; bf16 is fp16 where a device has no bf16. Ridge: operations
        per byte of memory traffic at that peak. $/h: first price of the file. doc/est: percent of numbers from
        documents and papers, and percent estimated.
        """

    /// A Markdown document: how it was made, the table with generations, and what the names that cannot be projected stand for.
    public func markdownReport(explanations: [ExplainedEntry], command: String) -> String {
        let devices = rows.filter { $0.deviceClass != .explained }
        var wide = Self(rows: devices).table
        wide.columns.insert(.text("generation"), at: 1)
        wide.columns.insert(.text("class"), at: 2)
        for index in wide.rows.indices {
            wide.rows[index].insert(devices[index].generation, at: 1)
            wide.rows[index].insert(devices[index].deviceClass.rawValue, at: 2)
        }
        var parts = [
            "# Accelerators of the library",
            "\(devices.count) accelerators, \(explanations.count) names that explain. Made by `\(command)`; do not edit.",
            Self.legend, wide.markdown,
        ]
        if !explanations.isEmpty {
            parts.append("## Names that cannot be projected")
            parts.append(
                explanations.map { "- **\($0.name)** (`\($0.id)`): \($0.explanation)\($0.nearest.map { " See `\($0)`." } ?? "")" }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n")
    }

    /// Every column, for CSV.
    public var wideTable: TextTable {
        let formats = NumberFormat.allCases
        return TextTable(
            columns: [
                .text("id"), .text("name"), .text("vendor"), .text("generation"), .text("class"), .number("year"), .number("memory_gib"),
                .number("bandwidth_gb_per_s"), .number("thermal_design_w"), .number("dollars_per_hour"), .number("ridge_16bit_op_per_byte"),
            ] + formats.map { .number("peak_\($0.rawValue)_tera") } + [
                .number("numbers"), .number("documented"), .number("measured"), .number("second_hand"), .number("derived"), .number("estimated"),
            ],
            rows: rows.map { row in
                [
                    row.id, row.name, row.vendor, row.generation, row.deviceClass.rawValue, row.year.map(String.init) ?? "",
                    Self.exact(row.memoryGiB), Self.exact(row.bandwidth.map { $0 / 1e9 }), Self.exact(row.watts), Self.exact(row.dollarsPerHour),
                    Self.exact(row.ridge16),
                ] + formats.map { Self.exact(row.peak($0)) }
                    + [row.quality.total, row.quality.documented, row.quality.measured, row.quality.secondHand, row.quality.derived, row.quality.estimated]
                    .map(String.init)
            })
    }

    public var json: JSONText { .object(["accelerators": .array(rows.map(\.json))]) }

    /// About three digits for reading.
    static func number(_ value: Double?) -> String {
        guard let value else { return "" }
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
        return FixedPoint.format(value, fractionDigits: value == value.rounded() ? 0 : digits)
    }

    static func exact(_ value: Double?) -> String {
        guard let value else { return "" }
        return value == value.rounded() ? FixedPoint.format(value, fractionDigits: 0) : FixedPoint.format(value, fractionDigits: 3)
    }

    static func shares(_ quality: SourceQuality) -> String {
        guard quality.total > 0 else { return "" }
        func percent(_ count: Int) -> Int { Int((Double(count) / Double(quality.total) * 100).rounded()) }
        return "\(percent(quality.documented))/\(percent(quality.estimated))"
    }
}

extension ArchitectureListing.Row {
    init(_ entry: LibraryEntry) {
        switch entry {
        case .explained(let entry):
            self.init(
                id: entry.id, name: entry.name, vendor: entry.vendor, generation: "", deviceClass: .explained, year: entry.launchYear,
                peaks: [], quality: SourceQuality())
        case .device(let device):
            self.init(
                id: device.id, name: device.name, vendor: device.vendor, generation: device.generation, deviceClass: device.deviceClass,
                year: device.launchYear, memoryGiB: device.memory.capacity.value.value / 1_073_741_824,
                bandwidth: device.memory.bandwidth.value.value,
                peaks: NumberFormat.allCases.compactMap { format in device.peak(format).map { (format, $0.value / 1e12) } },
                watts: device.power?.thermalDesign.value.value, dollarsPerHour: device.prices.first?.dollarsPerHour.value.value,
                quality: device.sourceQuality)
        }
    }

    var json: JSONText {
        .object([
            "id": .string(id), "name": .string(name), "vendor": .string(vendor), "generation": generation.isEmpty ? nil : .string(generation),
            "class": .string(deviceClass.rawValue), "year": year.map { .integer($0) }, "memory_gib": .optional(memoryGiB),
            "bandwidth_gb_per_s": .optional(bandwidth.map { $0 / 1e9 }), "thermal_design_w": .optional(watts),
            "dollars_per_hour": .optional(dollarsPerHour), "ridge_16bit_op_per_byte": .optional(ridge16),
            "peaks_tera": .object(peaks.map { JSONText.Member($0.format.rawValue, .number($0.tera)) }),
            "numbers": .object([
                "documented": .integer(quality.documented), "measured": .integer(quality.measured), "second_hand": .integer(quality.secondHand),
                "derived": .integer(quality.derived), "estimated": .integer(quality.estimated),
            ]),
        ])
    }
}
