import Hardware
import Quantities
import Workload

/// The numbers of a CPU that its kernels are timed with: read once from the architecture; rates are per microsecond.
struct CPUMachine: Sendable {
    /// A level of memory: bytes per microsecond, a store's bytes counted once.
    struct Level: Sendable {
        /// Bytes in one core's reach; infinite for main memory.
        var capacity: Double
        /// Whether each core has one of its own.
        var isPerCore: Bool
        var readPerCore: Double
        var writePerCore: Double
        /// All cores together.
        var read: Double
        var write: Double
    }

    let id: String
    let cores: Double
    /// Cycles per microsecond.
    let clock: Double
    /// Operations per microsecond of one core by format, the faster of vector ports and matrix engine, widest format first.
    let rates: [(format: NumberFormat, perMicrosecond: Double)]
    /// Nearest first, main memory last.
    let levels: [Level]
    /// Microseconds from posting work to all pinned workers until all have answered.
    let dispatch: Double
    /// Microseconds of one call of the library of matrix products.
    let libraryCall: Double
    /// Share of the port peak that a large product with operands in cache reaches on one core.
    let productEfficiency: Double
    /// What all cores together reach of as many times one core's product rate: shared clock, power and siblings.
    let allCoreShare: Double
    /// Exponent of the norm that joins arithmetic and the stream of weights: 1 is one after the other, infinite perfect overlap.
    let overlapExponent: Double
    let kernels: CPUKernelCosts
    /// Load-to-use time of main memory in microseconds.
    let memoryLatency: Double
    /// Watts under load, nil where unknown.
    let power: Double?

    init(_ architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let read = ConstantReader(DeviceConstants(architecture: architecture, stack: stack))
        id = architecture.id
        cores = Double(architecture.compute.units.value)
        clock = architecture.compute.boostClock.value.cyclesPerMicrosecond
        let known = architecture.compute.rates.map {
            (format: $0.format, perMicrosecond: $0.operationsPerClock.value * architecture.clock(of: $0.engine).cyclesPerMicrosecond)
        }
        rates = NumberFormat.allCases.compactMap { format in
            known.filter { $0.format == format }.map(\.perMicrosecond).max().map { (format: format, perMicrosecond: $0) }
        }
        guard let single = rates.first(where: { $0.format == .fp32 }) else {
            throw ProjectionError(.missingNumber, "\(architecture.id) states no fp32 rate, which every kernel of a CPU needs")
        }
        levels = Self.levels(architecture, read, cores: cores, clock: clock)
        let latency = architecture.memory.latency?.value.microseconds
        // 0.1 µs: DDR behind a server's mesh, where no file states it (Zen 4 and Sapphire Rapids measure 0.1 to 0.13, Chips and Cheese 2022, 2023).
        memoryLatency = latency ?? 0.1
        // Two cache lines go to each worker and back: some ten transfers between cores of about a memory latency each.
        dispatch = architecture.processor?.dispatchLatency?.value.microseconds ?? 10 * memoryLatency
        libraryCall = read("cpu", "library_call_us", default: 1)
        productEfficiency = min(1, read("cpu", "product_efficiency", default: 0.9))
        allCoreShare = min(1, read("cpu", "all_core_share", default: 1))
        // No overlap is what was measured on Zen 4 and Zen 5 (`ridgeline calibrate`): few rows leave no room in the window of the core.
        overlapExponent = max(1, read("cpu", "overlap_exponent", default: 1))
        // A vector instruction works on all lanes of fp32; the ports that multiply also add, convert and select.
        kernels = CPUKernelCosts(read, elementsPerCycle: single.perMicrosecond / clock / 2)
        power = architecture.power?.thermalDesign.value.value
    }

    private static func levels(_ architecture: Architecture, _ read: ConstantReader, cores: Double, clock: Double) -> [Level] {
        var levels: [Level] = []
        for cache in architecture.caches {
            guard let stated = cache.bandwidth?.value.bytesPerMicrosecond ?? cache.bytesPerClock.map({ $0.value * clock }) else { continue }
            let name = cache.name.lowercased()
            func constant(_ what: String) -> Double? { read.stated("cpu", "\(name)_\(what)").map { $0 * 1e3 } }
            let isPerCore = cache.scope == .unit
            let total = isPerCore ? stated * cores : stated
            let perCore = isPerCore ? stated : min(total, constant("read_gb_per_s_per_core") ?? levels.last.map { min($0.readPerCore, total / cores) } ?? total / cores)
            // Stores go at half the rate of loads on cores with two load ports and one store port, where no file states it.
            let write = constant("write_gb_per_s_per_core") ?? perCore / 2
            let capacity = cache.capacity.value.value
            levels.append(Level(
                capacity: capacity, isPerCore: isPerCore, readPerCore: perCore, writePerCore: write, read: total,
                write: isPerCore ? write * cores : constant("write_gb_per_s") ?? total / 2))
        }
        let total = (architecture.memory.achievableBandwidth ?? architecture.memory.bandwidth).value.bytesPerMicrosecond
        let perCore = architecture.processor?.bandwidthPerCore?.value.bytesPerMicrosecond ?? total
        func constant(_ what: String) -> Double? { read.stated("cpu", "memory_\(what)").map { $0 * 1e3 } }
        // A store reads its line first, so it costs two transfers where no file states it.
        levels.append(Level(
            capacity: .infinity, isPerCore: false, readPerCore: min(total, perCore),
            writePerCore: constant("write_gb_per_s_per_core") ?? min(total, perCore) / 2, read: total, write: constant("write_gb_per_s") ?? total / 2))
        return levels
    }

    /// Operations per microsecond of one core in a format.
    ///
    /// - Throws: when the CPU lacks it, naming the nearest that works.
    func operationsPerMicrosecond(_ format: NumberFormat) throws(ProjectionError) -> Double {
        if let rate = rates.first(where: { $0.format == format }) { return rate.perMicrosecond }
        let names = rates.map(\.format.rawValue).joined(separator: ", ")
        let nearest = rates.last { $0.format.bitsPerElement >= format.bitsPerElement } ?? rates.last
        let advice = nearest.map { "; nearest that works: \($0.format.rawValue)" } ?? ""
        throw ProjectionError(.unsupportedFormat, "\(id) has no \(format.rawValue) arithmetic (it has \(names))\(advice)")
    }

    /// The nearest level that holds a working set spread evenly over some cores.
    func level(holding bytes: Double, cores inUse: Double) -> Level {
        levels.first { $0.capacity >= ($0.isPerCore ? bytes / inUse : bytes) } ?? levels[levels.count - 1]
    }

    /// Main memory.
    var memory: Level { levels[levels.count - 1] }
}

extension CPUMachine.Level {
    func readRate(cores: Double) -> Double { Swift.min(cores * readPerCore, read) }
    func writeRate(cores: Double) -> Double { Swift.min(cores * writePerCore, write) }
    /// Whether this is main memory.
    var isMemory: Bool { capacity == .infinity }
}
