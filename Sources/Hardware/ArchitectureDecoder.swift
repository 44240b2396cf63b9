import ConfigurationFiles
import Quantities

/// Makes an `Architecture` of the files that describe a device: its own, then what it extends, then calibrated constants.
///
/// docs/architecture-files.md has the schema.
struct ArchitectureDecoder {
    static let keys = [
        "extends", "name", "vendor", "aliases", "class", "generation", "calibrated_as", "launch_year", "process", "notes", "see", "seen_as", "compute", "memory",
        "backing_memory", "caches", "multiprocessor", "matrix_array", "processor", "interconnect", "host", "power", "prices",
        "published_peaks_tera", "constants",
    ]

    let root: LayeredSection
    let problems: ProblemCollector
    let links: LinkCatalogue

    /// - Parameters:
    ///   - files: the device's file first, then what it extends, the most general last.
    ///   - calibrations: groups of calibrated constants, those of the device's own generation first.
    ///   - links: what the library knows of link technologies.
    static func decode(
        id: String, files: [ConfigurationMapping], calibrations: [Calibration], links: LinkCatalogue
    ) throws(ConfigurationError) -> Architecture {
        let problems = ProblemCollector()
        let decoder = ArchitectureDecoder(root: LayeredSection(files: files, problems: problems), problems: problems, links: links)
        let architecture = decoder.architecture(id: id, calibrations: calibrations)
        try problems.throwIfAny()
        guard let architecture else { throw ConfigurationError(decoder.root.location, "the device could not be decoded") }
        return architecture
    }

    private func architecture(id: String, calibrations: [Calibration]) -> Architecture? {
        root.allowOnly(Self.keys)
        let name = root.requiredText("name")
        let vendor = root.requiredText("vendor")
        let deviceClass = root.requiredChoice("class", of: Architecture.DeviceClass.self)
        let generation = root.requiredText("generation")
        let compute = root.requiredSection("compute").flatMap { self.compute($0) }
        let memory = root.requiredSection("memory").flatMap { self.memory($0) }
        let parts = self.parts()
        let constants = ConstantDecoding.groups(root, calibrations: calibrations, problems: problems)
        guard let name, let vendor, let deviceClass, let generation, let compute, let memory else { return nil }
        var architecture = Architecture(
            id: id, name: name, vendor: vendor, deviceClass: deviceClass, generation: generation, compute: compute, memory: memory)
        architecture.aliases = aliases()
        architecture.launchYear = root.value("launch_year")
        architecture.process = root.value("process")
        architecture.notes = root.value("notes")
        architecture.softwareDevice = softwareDevice()
        architecture.backingMemory = root.section("backing_memory").flatMap { self.memory($0) }
        architecture.caches = caches()
        architecture.multiprocessor = parts.multiprocessor
        architecture.matrixArray = parts.matrixArray
        architecture.processor = parts.processor
        architecture.interconnect = parts.interconnect
        architecture.host = parts.host
        architecture.power = parts.power
        architecture.prices = prices()
        architecture.publishedPeaks = publishedPeaks()
        architecture.constants = constants
        return architecture
    }

    /// Aliases belong to the device's own file: what it extends has other names.
    private func aliases() -> [String] {
        guard let value = root.layers[0].mapping["aliases"], !value.isNull else { return [] }
        return problems.collect { () throws(ConfigurationError) in try [String](configuration: value) } ?? []
    }

    /// One die of a board extends the board and is no board itself.
    private func softwareDevice() -> String? {
        guard let value = root.layers[0].mapping["seen_as"], !value.isNull else { return nil }
        return problems.collect { () throws(ConfigurationError) in try String(configuration: value) }
    }

    // MARK: - Compute

    private func compute(_ section: LayeredSection) -> Compute? {
        section.allowOnly([
            "unit_name", "units", "boost_clock_mhz", "base_clock_mhz", "matrix_clock_mhz", "special_functions_per_clock_per_unit",
            "operations_per_clock_per_unit",
        ])
        let unitName = section.requiredText("unit_name")
        let units = section.needed("units", section.integer("units"))
        let boost = section.needed("boost_clock_mhz", section.quantity("boost_clock_mhz", times: 1e6, as: Hertz.self))
        let rates = section.requiredSection("operations_per_clock_per_unit").map { perFormat($0) } ?? []
        guard let unitName, let units, let boost else { return nil }
        var compute = Compute(
            unitName: unitName, units: units, boostClock: boost,
            rates: rates.map { ComputeRate($0.engine, $0.format, operationsPerClock: $0.number) })
        compute.baseClock = section.quantity("base_clock_mhz", times: 1e6)
        compute.matrixClock = section.quantity("matrix_clock_mhz", times: 1e6)
        compute.specialFunctionsPerClockPerUnit = section.number("special_functions_per_clock_per_unit")
        return compute
    }

    /// A number for an engine and format, with the reason that stands beside it.
    private struct FormatNumber {
        var engine: ComputeEngine
        var format: NumberFormat
        var number: Sourced<Double>
        var reason: String?
    }

    /// `matrix:` and `vector:` sections of numbers by format, in the order of `NumberFormat`.
    private func perFormat(_ section: LayeredSection, alsoAllowed: [String] = []) -> [FormatNumber] {
        section.allowOnly(["matrix", "vector"] + alsoAllowed)
        let sectionReason: String? = alsoAllowed.contains("reason") ? section.value("reason") : nil
        var numbers: [FormatNumber] = []
        for engine in ComputeEngine.allCases {
            guard let byFormat = section.section(engine.rawValue) else { continue }
            let engineReason: String? = alsoAllowed.contains("reason") ? byFormat.value("reason") : nil
            var found: [FormatNumber] = []
            for key in byFormat.keys where key != "reason" || !alsoAllowed.contains("reason") {
                guard let (value, inherited) = byFormat.entry(key) else { continue }
                guard let format = NumberFormat(rawValue: key) else {
                    let names = NumberFormat.allCases.map(\.rawValue)
                    problems.add(
                        keyLocation(key, byFormat), "unknown number format '\(key)'\(Spelling.suggestion(for: key, in: names)), allowed are \(names.joined(separator: ", "))")
                    continue
                }
                let number = problems.collect { () throws(ConfigurationError) in
                    try LayeredSection.number(value, inherited: inherited, key: key, alsoAllowed: alsoAllowed)
                }
                guard let number else { continue }
                let own = alsoAllowed.contains("reason") ? (try? value.mapping())?["reason"] : nil
                let reason = own.flatMap { try? String(configuration: $0) } ?? engineReason ?? sectionReason
                found.append(FormatNumber(engine: engine, format: format, number: number, reason: reason))
            }
            numbers += found.sorted { $0.format < $1.format }
        }
        return numbers
    }

    private func keyLocation(_ key: String, _ section: LayeredSection) -> ConfigurationLocation {
        section.layers.lazy.compactMap { $0.mapping.entry(key)?.location }.first ?? section.location
    }

    private func publishedPeaks() -> [PublishedPeak] {
        guard let section = root.section("published_peaks_tera") else { return [] }
        return perFormat(section, alsoAllowed: ["reason"]).map { peak in
            let rate = Sourced(OperationsPerSecond(peak.number.value * 1e12), source: peak.number.source)
            return PublishedPeak(peak.engine, peak.format, rate: rate, reason: peak.reason)
        }
    }

    // MARK: - Memory and caches

    private func memory(_ section: LayeredSection) -> Memory? {
        section.allowOnly([
            "technology", "capacity_gib", "capacity_gb", "capacity_mib", "bandwidth_gb_per_s", "bus_width_bits", "data_rate_gbit_per_s_per_pin",
            "latency_ns", "achievable_bandwidth_gb_per_s",
        ])
        let capacityUnits = [("capacity_gib", 1_073_741_824.0), ("capacity_gb", 1e9), ("capacity_mib", 1_048_576.0)]
        let technology = section.requiredText("technology")
        let capacity = section.needed(
            anyOf: capacityUnits.map(\.0), section.quantity(anyOf: capacityUnits.map { (key: $0.0, scale: $0.1) }, as: Bytes.self))
        let bandwidth = section.needed("bandwidth_gb_per_s", section.quantity("bandwidth_gb_per_s", times: 1e9, as: BytesPerSecond.self))
        guard let technology, let capacity, let bandwidth else { return nil }
        var memory = Memory(technology: technology, capacity: capacity, bandwidth: bandwidth)
        memory.busWidthBits = section.number("bus_width_bits")
        memory.dataRatePerPin = section.number("data_rate_gbit_per_s_per_pin").map { Sourced($0.value * 1e9, source: $0.source) }
        memory.latency = section.quantity("latency_ns", times: 1e-9)
        memory.achievableBandwidth = section.quantity("achievable_bandwidth_gb_per_s", times: 1e9)
        return memory
    }

    private func caches() -> [Cache] {
        guard let section = root.section("caches") else { return [] }
        return section.keys.compactMap { name in section.section(name).flatMap { cache(name, $0) } }
    }

    private func cache(_ name: String, _ section: LayeredSection) -> Cache? {
        section.allowOnly([
            "scope", "capacity_kib", "capacity_mib", "capacity_gb", "bytes_per_clock", "bandwidth_gb_per_s", "achievable_bandwidth_gb_per_s",
            "latency_cycles", "far_latency_cycles", "line_bytes", "partitions",
        ])
        let capacityUnits = [("capacity_kib", 1024.0), ("capacity_mib", 1_048_576.0), ("capacity_gb", 1e9)]
        let scope = section.requiredChoice("scope", of: Cache.Scope.self)
        let capacity = section.needed(
            anyOf: capacityUnits.map(\.0), section.quantity(anyOf: capacityUnits.map { (key: $0.0, scale: $0.1) }, as: Bytes.self))
        guard let scope, let capacity else { return nil }
        var cache = Cache(name: name, scope: scope, capacity: capacity)
        cache.bytesPerClock = section.number("bytes_per_clock")
        cache.bandwidth = section.quantity("bandwidth_gb_per_s", times: 1e9)
        cache.achievableBandwidth = section.quantity("achievable_bandwidth_gb_per_s", times: 1e9)
        cache.latencyCycles = section.number("latency_cycles")
        cache.farLatencyCycles = section.number("far_latency_cycles")
        cache.lineBytes = section.integer("line_bytes")
        cache.partitions = section.integer("partitions")
        return cache
    }
}
