import Hardware
import Quantities

/// The numbers of a SIMT GPU that kernel models read, flattened from an `Architecture` once.
///
/// Times are microseconds, sizes bytes, clocks cycles per microsecond, so that no unit is converted per kernel.
public struct GPUMachine: Sendable {
    /// Multiprocessors (SMs, compute units).
    public var units: Double
    /// Clock of the general pipeline under light load, cycles per microsecond.
    public var vectorClock: Double
    /// Clock of the matrix pipe, cycles per microsecond.
    public var matrixClock: Double
    /// Pin bandwidth of main memory, bytes per microsecond.
    public var memoryBandwidth: Double
    /// Capacity of the last shared cache (L2, with L3 or Infinity Cache where there is one), bytes.
    public var cacheCapacity: Double
    /// Bytes per clock of that cache, all units together.
    public var cacheBytesPerClock: Double
    /// Partitions of the shared cache that each keep a copy of far data.
    public var cachePartitions: Double
    /// Shared memory of one multiprocessor, bytes.
    public var sharedMemory: Double
    /// Shared-memory bytes per clock of one multiprocessor.
    public var sharedMemoryBytesPerClock: Double
    /// Registers of one multiprocessor, bytes.
    public var registerFile: Double
    /// Resident threads of one multiprocessor.
    public var maximumThreads: Double
    /// Resident CTAs of one multiprocessor.
    public var maximumCTAs: Double
    public var threadsPerWarp: Double
    /// Transcendental results per clock of one multiprocessor.
    public var specialFunctionsPerClock: Double
    /// Single-precision multiply-adds per clock of one multiprocessor: its general arithmetic lanes.
    public var lanes: Double
    /// Thermal design power in watts; nil where the files state none.
    public var thermalDesignWatts: Double?
    public var operandPath: Multiprocessor.OperandPath

    /// - Throws: `missingNumber` when the architecture lacks what every GPU model needs.
    public init(_ architecture: Architecture) throws(ProjectionError) {
        guard let multiprocessor = architecture.multiprocessor else {
            throw ProjectionError(.missingNumber, "\(architecture.id) describes no multiprocessor, which a GPU model needs")
        }
        guard let cache = architecture.caches.last(where: { $0.scope == .device }) else {
            throw ProjectionError(.missingNumber, "\(architecture.id) describes no shared cache, which a GPU model needs")
        }
        let multiprocessors = Double(architecture.compute.units.value)
        let generalClock = architecture.clock(of: .vector).cyclesPerMicrosecond
        units = multiprocessors
        vectorClock = generalClock
        matrixClock = architecture.clock(of: .matrix).cyclesPerMicrosecond
        memoryBandwidth = architecture.memory.bandwidth.value.bytesPerMicrosecond
        cacheCapacity = cache.capacity.value.value
        // Where no file states the rate: 32 B per clock for each multiprocessor, what half of every published NVIDIA and AMD L2 delivers.
        cacheBytesPerClock =
            cache.bytesPerClock?.value
            ?? cache.bandwidth.map { $0.value.bytesPerMicrosecond / generalClock }
            ?? 32 * multiprocessors
        cachePartitions = Double(cache.partitions?.value ?? 1)
        sharedMemory = multiprocessor.sharedMemory.value.value
        sharedMemoryBytesPerClock = multiprocessor.sharedMemoryBytesPerClock.value
        registerFile = multiprocessor.registerFile.value.value
        maximumThreads = Double(multiprocessor.maximumThreads.value)
        maximumCTAs = Double(multiprocessor.maximumCTAs.value)
        threadsPerWarp = Double(multiprocessor.threadsPerWarp.value)
        specialFunctionsPerClock = architecture.compute.specialFunctionsPerClockPerUnit?.value ?? 16
        let single = architecture.compute.rates.first { $0.engine == .vector && $0.format == .fp32 }
        lanes = (single?.operationsPerClock.value ?? 128) / 2
        thermalDesignWatts = architecture.power?.thermalDesign.value.value
        operandPath = multiprocessor.operandPath
        for number in [units, vectorClock, matrixClock, memoryBandwidth, cacheCapacity, cacheBytesPerClock, sharedMemory, registerFile]
        where !(number > 0 && number.isFinite) {
            throw ProjectionError(.missingNumber, "\(architecture.id) has a number that is not positive where a GPU model divides by it")
        }
    }

    /// CTAs of such a size that one multiprocessor holds at a time, at least 1.
    func residentCTAs(registerBytes: Double, sharedBytes: Double, threads: Double) -> Double {
        let fitting = min(registerFile / registerBytes, sharedMemory / sharedBytes, maximumThreads / threads, maximumCTAs)
        return max(1, fitting.rounded(.down))
    }

    /// Times that a multiprocessor's lanes work through a CTA's arithmetic when it holds `ctas` of them: `ctas` where they fill all four schedulers.
    ///
    /// A CTA of one or two warps leaves schedulers idle. Two that follow one another go to the same schedulers before others are used: on V100
    /// and T4 one to eight CTAs of two warps take 1, 2, 2, 2, 3, 4, 4, 4 times the time of one (measured batched products, docs/model.md).
    func turns(ctas: Double, warps: Double) -> Double {
        guard warps < 4 else { return ctas }
        // AMD's dispatcher takes the emptiest SIMD for each wave.
        guard threadsPerWarp == 32 else { return max(ctas, 4 / warps) }
        let groups = (4 / max(1, warps)).rounded()
        let full = (ctas / (groups * groups)).rounded(.down)
        return groups * (groups * full + min(groups, ctas - full * groups * groups))
    }

    /// Bandwidth of the shared cache, bytes per microsecond.
    public var cacheBandwidth: Double { cacheBytesPerClock * vectorClock }
}
