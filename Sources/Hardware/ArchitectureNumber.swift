import Quantities

/// A number of an architecture as its file writes it: section, key with unit, value in that unit, source.
public struct ArchitectureNumber: Hashable, Sendable {
    /// Path of the section, for example `["caches", "L2"]`.
    public var section: [String]
    /// Key in the file, unit included, for example `bandwidth_gb_per_s`.
    public var key: String
    /// Value in the unit of the key.
    public var value: Double
    public var source: Source

    /// Section and key joined by dots.
    public var path: String { (section + [key]).joined(separator: ".") }
}

extension Architecture {
    /// Every number of the device in the order of the schema: what `arch show`, `arch diff` and `arch new` print.
    ///
    /// - Complexity: linear in the count of numbers.
    public var numbers: [ArchitectureNumber] {
        var list = NumberList()
        list.add(["compute"], "units", compute.units)
        list.add(["compute"], "boost_clock_mhz", compute.boostClock, 1e6)
        list.add(["compute"], "base_clock_mhz", compute.baseClock, 1e6)
        list.add(["compute"], "matrix_clock_mhz", compute.matrixClock, 1e6)
        list.add(["compute"], "special_functions_per_clock_per_unit", compute.specialFunctionsPerClockPerUnit)
        for rate in compute.rates {
            list.add(["compute", "operations_per_clock_per_unit", rate.engine.rawValue], rate.format.rawValue, rate.operationsPerClock)
        }
        list.add("memory", memory)
        if let backingMemory { list.add("backing_memory", backingMemory) }
        for cache in caches { list.add(cache) }
        if let multiprocessor { list.add(multiprocessor) }
        if let matrixArray { list.add(matrixArray) }
        if let processor { list.add(processor) }
        if let interconnect { list.add("interconnect", interconnect) }
        list.add(["host"], "bandwidth_per_direction_gb_per_s", host?.bandwidthPerDirection, 1e9)
        list.add(["host"], "latency_us", host?.latency, 1e-6)
        list.add(["power"], "thermal_design_w", power?.thermalDesign, 1)
        list.add(["power"], "idle_w", power?.idle, 1)
        for peak in publishedPeaks { list.add(["published_peaks_tera", peak.engine.rawValue], peak.format.rawValue, peak.rate, 1e12) }
        for group in constants {
            for constant in group.constants { list.add(["constants", group.name], constant.name, constant.number) }
        }
        for price in prices { list.add(["prices", price.provider], "dollars_per_hour", price.dollarsPerHour, 1) }
        return list.numbers
    }

    /// How the numbers of the device are founded: how many come from documents, from measurements and from judgement.
    public var sourceQuality: SourceQuality {
        var quality = SourceQuality()
        for number in numbers { quality.count(number.source.kind) }
        return quality
    }
}

/// Counts of numbers by how they are founded.
public struct SourceQuality: Hashable, Sendable {
    /// Datasheets, whitepapers, documentation, papers.
    public var documented = 0
    /// Microbenchmarks, calibration, own measurement.
    public var measured = 0
    /// Databases and press.
    public var secondHand = 0
    /// Computed from other numbers.
    public var derived = 0
    public var estimated = 0

    public init() {}

    public var total: Int { documented + measured + secondHand + derived + estimated }

    mutating func count(_ kind: Source.Kind) {
        switch kind {
        case .datasheet, .whitepaper, .documentation, .paper: documented += 1
        case .microbenchmark, .calibrated, .measured: measured += 1
        case .database, .press: secondHand += 1
        case .derived: derived += 1
        case .estimated: estimated += 1
        }
    }
}

/// Collects numbers in the units of their keys.
struct NumberList {
    var numbers: [ArchitectureNumber] = []

    mutating func add(_ section: [String], _ key: String, value: Double?, _ source: Source?) {
        guard let value, let source else { return }
        numbers.append(ArchitectureNumber(section: section, key: key, value: Self.rounded(value), source: source))
    }

    mutating func add(_ section: [String], _ key: String, _ number: Sourced<Int>?) {
        add(section, key, value: number.map { Double($0.value) }, number?.source)
    }

    mutating func add(_ section: [String], _ key: String, _ number: Sourced<Double>?, _ scale: Double = 1) {
        add(section, key, value: number.map { $0.value / scale }, number?.source)
    }

    mutating func add<Value: Quantity>(_ section: [String], _ key: String, _ number: Sourced<Value>?, _ scale: Double) {
        add(section, key, value: number.map { $0.value.value / scale }, number?.source)
    }

    /// Twelve significant digits: what conversion between units may add in the last places is dropped.
    private static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        var scale = 1.0
        var magnitude = abs(value)
        while magnitude < 1e11 { magnitude *= 10; scale *= 10 }
        return (value * scale).rounded() / scale
    }

    mutating func add(_ section: String, _ interconnect: Interconnect) {
        add([section], "links", interconnect.links)
        add([section], "bandwidth_per_direction_gb_per_s", interconnect.bandwidthPerDirection, 1e9)
        add([section], "latency_us", interconnect.latency, 1e-6)
    }

    mutating func add(_ section: String, _ memory: Memory) {
        add([section], "capacity_gib", memory.capacity, 1_073_741_824)
        add([section], "bandwidth_gb_per_s", memory.bandwidth, 1e9)
        add([section], "bus_width_bits", memory.busWidthBits)
        add([section], "data_rate_gbit_per_s_per_pin", memory.dataRatePerPin, 1e9)
        add([section], "latency_ns", memory.latency, 1e-9)
        add([section], "achievable_bandwidth_gb_per_s", memory.achievableBandwidth, 1e9)
    }

    mutating func add(_ cache: Cache) {
        let section = ["caches", cache.name]
        add(section, "capacity_kib", cache.capacity, 1024)
        add(section, "bytes_per_clock", cache.bytesPerClock)
        add(section, "bandwidth_gb_per_s", cache.bandwidth, 1e9)
        add(section, "achievable_bandwidth_gb_per_s", cache.achievableBandwidth, 1e9)
        add(section, "latency_cycles", cache.latencyCycles)
        add(section, "far_latency_cycles", cache.farLatencyCycles)
        add(section, "line_bytes", cache.lineBytes)
        add(section, "partitions", cache.partitions)
    }

    mutating func add(_ multiprocessor: Multiprocessor) {
        let section = ["multiprocessor"]
        add(section, "threads_per_warp", multiprocessor.threadsPerWarp)
        add(section, "maximum_threads", multiprocessor.maximumThreads)
        add(section, "maximum_ctas", multiprocessor.maximumCTAs)
        add(section, "register_file_kib", multiprocessor.registerFile, 1024)
        add(section, "shared_memory_kib", multiprocessor.sharedMemory, 1024)
        add(section, "shared_memory_per_cta_kib", multiprocessor.sharedMemoryPerCTA, 1024)
        add(section, "shared_memory_bytes_per_clock", multiprocessor.sharedMemoryBytesPerClock)
        add(section, "shared_memory_latency_cycles", multiprocessor.sharedMemoryLatencyCycles)
        add(section, "matrix_issue_cycles", multiprocessor.matrixIssueCycles)
    }

    mutating func add(_ array: MatrixArray) {
        let section = ["matrix_array"]
        add(section, "rows", array.rows)
        add(section, "columns", array.columns)
        add(section, "arrays_per_unit", array.arraysPerUnit)
        add(section, "padding_rows", array.paddingRows)
        add(section, "padding_columns", array.paddingColumns)
    }

    mutating func add(_ processor: Processor) {
        let section = ["processor"]
        add(section, "vector_bits", processor.vectorBits)
        add(section, "vector_ports", processor.vectorPorts)
        add(section, "sockets", processor.sockets)
        add(section, "dispatch_latency_us", processor.dispatchLatency, 1e-6)
        add(section, "bandwidth_per_core_gb_per_s", processor.bandwidthPerCore, 1e9)
    }
}
