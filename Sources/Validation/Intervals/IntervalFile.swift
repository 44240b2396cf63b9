import ConfigurationFiles
import Hardware
import Simulator
import Workload

extension IntervalTable {
    /// Reads `software/intervals/standard.yaml` of the first root that has one; nil where none has.
    ///
    /// - Throws: every problem of the file.
    public static func read(roots: [String]) throws(ConfigurationError) -> IntervalTable? {
        for root in roots {
            let path = "\(root)/software/intervals/standard.yaml"
            guard MeasuredFolder.isFile(path) else { continue }
            return try IntervalTable(ConfigurationDocument.read(path))
        }
        return nil
    }

    /// Decodes a file of intervals: `intervals`, a list of populations with `p10` and `p90` of measured over projected.
    ///
    /// - Throws: every problem of the file.
    public init(_ document: ConfigurationDocument) throws(ConfigurationError) {
        let root = try document.mapping()
        try root.requireKeys(in: ["source", "intervals"])
        let problems = ProblemCollector()
        let list = try root.required("intervals", as: ConfigurationValue.self).sequence()
        let entries = list.compactMap { value in problems.collect { () throws(ConfigurationError) in try Entry(value) } }
        try problems.throwIfAny()
        self.init(entries)
    }

    /// The file as YAML, one line a population.
    ///
    /// - Parameter source: what the residuals were measured on.
    public func yaml(source: Source) -> String {
        var lines = [
            "# P10 and P90 of measured over projected time, by population of residuals. An empty format or regime is the pool of all.",
            "# Written by `ridgeline validate --write-intervals`.", "",
            "source: {kind: \(source.kind.rawValue), text: \(CalibrationFile.quoted(source.text))}", "", "intervals:",
        ]
        for entry in entries {
            lines.append(
                "  - {family: \(entry.family.rawValue), vendor: \(CalibrationFile.quoted(entry.vendor)), generation: \(CalibrationFile.quoted(entry.generation)), "
                    + "format: \(CalibrationFile.quoted(entry.format)), regime: \(CalibrationFile.quoted(entry.regime)), p10: \(entry.low), "
                    + "p90: \(entry.high), rows: \(entry.rows), devices: [\(entry.devices.joined(separator: ", "))]}")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension IntervalTable.Entry {
    fileprivate init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: ["family", "vendor", "generation", "format", "regime", "p10", "p90", "rows", "devices"])
        let low = try mapping.required("p10", as: Double.self)
        let high = try mapping.required("p90", as: Double.self)
        guard low > 0, high >= low else {
            throw ConfigurationError(value.location, "'p10' is \(low) and 'p90' \(high); both must be positive and in this order")
        }
        let regime = try mapping.optional("regime", as: String.self) ?? ""
        guard regime.isEmpty || Operator.Regime(rawValue: regime) != nil else {
            let allowed = Operator.Regime.allCases.map(\.rawValue)
            throw ConfigurationError(value.location, "unknown regime '\(regime)', allowed are \(allowed.joined(separator: ", "))\(Spelling.suggestion(for: regime, in: allowed))")
        }
        self.init(
            family: try mapping.required("family", as: ConfigurationValue.self).choice(), vendor: try mapping.required("vendor"),
            generation: try mapping.required("generation"), format: try mapping.optional("format") ?? "", regime: regime, low: low, high: high,
            rows: try mapping.required("rows"), devices: try mapping.optional("devices") ?? [])
    }
}
