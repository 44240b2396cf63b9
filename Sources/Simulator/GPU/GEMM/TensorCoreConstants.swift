import Hardware

/// Constants of tensor-core GEMM kernels, each a physical quantity of a generation (PlausibleRange and source in its calibration file).
struct TensorCoreConstants: Sendable {
    /// Fixed latency of a kernel in microseconds: pipeline fill and drain at cache latency, block scheduling.
    var kernelLatency: Double
    /// Further microseconds when operands come from main memory: latency times dependent phases.
    var coldRamp: Double
    /// Share of pin bandwidth that a stream sustains.
    var bandwidthShare: Double
    /// Share of issue slots of the matrix pipe that a full main loop uses.
    var issueShare: Double
    /// Cycles of prologue and epilogue of a 128x128 tile that nothing hides.
    var epilogueCycles: Double
    /// Share of the cache that operands of earlier kernels can use, and sharpness of its edge.
    var residentShare: Double
    var residencySharpness: Double
    /// Share of the cache that panels reused between waves can use.
    var panelShare: Double
    /// Cycles from request to arrival of one slab of the contraction for a lone CTA, divided by the slabs in flight.
    var slabLatencyCycles: Double
    /// Share of the last partial wave that is paid: 1 hard quantisation, 0 perfectly spread.
    var waveQuantisation: Double
    /// Microseconds to reduce the partial sums of a split contraction, besides their bytes.
    var splitReduction: Double
    /// Bytes per clock that one multiprocessor draws from the shared cache.
    var cacheBytesPerClockPerUnit: Double
    /// Times a cache line serves several CTAs of a cluster.
    var multicast: Double
    /// Arithmetic instructions per converted weight, and per accumulator and 128-element slab to apply block scales.
    var conversionOperations: Double
    var promotionOperations: Double
    /// Picojoules per operation at full clock, operand delivery included.
    var picojoulesPerOperation: Double
    /// Slow-down of a library against the one calibrated on (older cuBLAS), 0 for none.
    var librarySlowdown: Double

    init(_ read: ConstantReader, group: String, path: Multiprocessor.OperandPath) {
        let base = Self.classDefaults(path)
        kernelLatency = read(group, "kernel_latency_us", default: base.kernelLatency)
        coldRamp = read(group, "cold_ramp_us", default: base.coldRamp)
        bandwidthShare = read(group, "bandwidth_share", default: base.bandwidthShare)
        issueShare = read(group, "issue_share", default: base.issueShare)
        epilogueCycles = read(group, "epilogue_cycles", default: base.epilogueCycles)
        residentShare = read(group, "resident_cache_share", default: base.residentShare)
        residencySharpness = read(group, "residency_sharpness", default: base.residencySharpness)
        panelShare = read(group, "panel_cache_share", default: base.panelShare)
        slabLatencyCycles = read(group, "slab_latency_cycles", default: base.slabLatencyCycles)
        waveQuantisation = read(group, "wave_quantisation", default: base.waveQuantisation)
        splitReduction = read(group, "split_reduction_us", default: base.splitReduction)
        cacheBytesPerClockPerUnit = read(group, "cache_bytes_per_clock_per_unit", default: base.cacheBytesPerClockPerUnit)
        multicast = read(group, "cluster_multicast", default: base.multicast)
        conversionOperations = read(group, "conversion_operations", default: base.conversionOperations)
        promotionOperations = read(group, "promotion_operations", default: base.promotionOperations)
        picojoulesPerOperation = read(group, "pj_per_operation", default: base.picojoulesPerOperation)
        librarySlowdown = read(group, "library_slowdown", default: base.librarySlowdown)
    }

    private init(
        kernelLatency: Double, coldRamp: Double, bandwidthShare: Double, issueShare: Double, epilogueCycles: Double, residentShare: Double,
        slabLatencyCycles: Double, waveQuantisation: Double, splitReduction: Double, cacheBytesPerClockPerUnit: Double, multicast: Double,
        promotionOperations: Double, picojoulesPerOperation: Double
    ) {
        self.kernelLatency = kernelLatency
        self.coldRamp = coldRamp
        self.bandwidthShare = bandwidthShare
        self.issueShare = issueShare
        self.epilogueCycles = epilogueCycles
        self.residentShare = residentShare
        self.residencySharpness = 5
        self.panelShare = 0.5
        self.slabLatencyCycles = slabLatencyCycles
        self.waveQuantisation = waveQuantisation
        self.splitReduction = splitReduction
        self.cacheBytesPerClockPerUnit = cacheBytesPerClockPerUnit
        self.multicast = multicast
        self.conversionOperations = 1.4
        self.promotionOperations = promotionOperations
        self.picojoulesPerOperation = picojoulesPerOperation
        self.librarySlowdown = 0
    }

    /// What holds for a way of feeding tensor cores where no calibration says otherwise: the values fitted on A100 (copies through
    /// registers and asynchronous copies), H100 and B200, the only parts of each kind with public sweeps.
    private static func classDefaults(_ path: Multiprocessor.OperandPath) -> Self {
        switch path {
        case .registers, .asynchronousCopy:
            Self(
                kernelLatency: 1.4, coldRamp: 1.4, bandwidthShare: 0.83, issueShare: 0.98, epilogueCycles: 4200, residentShare: 0.54,
                slabLatencyCycles: 440, waveQuantisation: 0.9, splitReduction: 1.9, cacheBytesPerClockPerUnit: 34, multicast: 1,
                promotionOperations: 20, picojoulesPerOperation: 0.60)
        case .bulkTensorCopy:
            Self(
                kernelLatency: 1.5, coldRamp: 0.55, bandwidthShare: 0.83, issueShare: 0.96, epilogueCycles: 2350, residentShare: 0.6,
                slabLatencyCycles: 117, waveQuantisation: 0.05, splitReduction: 2.6, cacheBytesPerClockPerUnit: 45, multicast: 1.5,
                promotionOperations: 2.8, picojoulesPerOperation: 0.68)
        case .tensorMemory:
            Self(
                kernelLatency: 1.0, coldRamp: 0.4, bandwidthShare: 0.75, issueShare: 0.87, epilogueCycles: 1380, residentShare: 0.43,
                slabLatencyCycles: 118, waveQuantisation: 0.17, splitReduction: 2.8, cacheBytesPerClockPerUnit: 72, multicast: 1.5,
                promotionOperations: 0.1, picojoulesPerOperation: 0.47)
        }
    }
}
