import Hardware

/// Constants of classic shared-memory GEMM kernels (fp32 on general lanes; fp32 and fp64 matrix instructions of AMD).
struct SharedTileConstants: Sendable {
    /// Share of the multiply-add rate of an endless main loop, before operand feed and latency hiding.
    var issueShare: Double
    /// Cost of feeding operands from shared memory, per load instruction and multiply-add.
    var operandFeed: Double
    /// Cycles of a slab's barrier and loop, during which its multiprocessor multiplies for no other CTA.
    var slabOverhead: Double
    /// Share of the shared cache's rate that a kernel's loads reach.
    var cacheShare: Double
    /// Bytes a clock that one multiprocessor draws from the shared cache, for the misses that it keeps under way.
    var unitLoadRate: Double
    /// Microseconds from request to arrival of a slab, without load.
    var loadLatency: Double
    /// Slabs in flight beyond the one in use.
    var slabsInFlight: Double
    /// Microseconds of prologue and epilogue of a kernel.
    var prologue: Double
    /// Microseconds of a split's reduction, besides its bytes.
    var splitReduction: Double
    /// Share of pin bandwidth that a stream sustains.
    var bandwidthShare: Double
    /// Main-loop rate when both operands are contiguous along k, relative to the rate otherwise.
    var transposedShare: Double
    /// Rate of the kernel that guards its loads, element by element, relative to the one for whole tiles and vectors: libraries of before
    /// asynchronous copies keep both, and take the latter for single products only.
    var guardedShare: Double
    var residentShare: Double
    var residencySharpness: Double
    var kernelLatency: Double
    var picojoulesPerOperation: Double
    /// Row strides that are a multiple of this many bytes put every row of a slab on the same memory channels; 0 for never.
    var campingStride: Double
    /// Slow-down on such strides.
    var campingFactor: Double
    /// Bytes fetched per byte wanted when a line is evicted before the next slabs use the rest of it.
    var sectorOverfetch: Double
    /// Bytes of a page of memory: rows that are shorter share its activation.
    var memoryPage: Double
    /// Cost of writing rows that end within a sector, relative to whole sectors.
    var partialStore: Double
    /// Share of the cache that half-used lines may fill before they evict one another.
    var openLineShare: Double
    /// Bytes that address translation covers at once, and the slow-down of the main loop when a wave walks along rows that span far more.
    /// 0 bytes: translation costs nothing (caches with virtual addresses, from Volta on).
    var translationReach: Double
    var translationPenalty: Double
    /// Multiprocessors that share a cache of translations; infinite for all.
    var translationUnits: Double

    init(_ read: ConstantReader, group: String, path: Multiprocessor.OperandPath) {
        issueShare = read(group, "issue_share", default: 1.0)
        operandFeed = read(group, "operand_feed", default: 1.5)
        slabOverhead = read(group, "slab_overhead_cycles", default: 0)
        cacheShare = read(group, "cache_share", default: 0.6)
        unitLoadRate = read(group, "unit_load_bytes_per_clock", default: 64)
        loadLatency = read(group, "load_latency_us", default: 0.3)
        slabsInFlight = read(group, "slabs_in_flight", default: path == .registers ? 1.5 : 4)
        prologue = read(group, "prologue_us", default: 1.2)
        splitReduction = read(group, "split_reduction_us", default: 2.4)
        bandwidthShare = read(group, "bandwidth_share", default: 0.85)
        transposedShare = read(group, "transposed_share", default: 0.92)
        guardedShare = read(group, "guarded_share", default: 1)
        residentShare = read(group, "resident_cache_share", default: 0.7)
        residencySharpness = read(group, "residency_sharpness", default: 1.3)
        kernelLatency = read(group, "kernel_latency_us", default: 1.4)
        picojoulesPerOperation = read(group, "pj_per_operation", default: 8)
        campingStride = read(group, "camping_stride_bytes", default: 0)
        campingFactor = read(group, "camping_factor", default: 2.5)
        sectorOverfetch = read(group, "sector_overfetch", default: path == .registers ? 2 : 1)
        memoryPage = read(group, "memory_page_bytes", default: 1024)
        partialStore = read(group, "partial_store_factor", default: 1)
        openLineShare = read(group, "open_line_share", default: 0.7)
        translationReach = read(group, "translation_reach_mib", default: 0) * 1_048_576
        translationPenalty = read(group, "translation_penalty", default: 0)
        translationUnits = read(group, "translation_units", default: .infinity)
    }

    /// Share of the multiply-add rate that operand loads leave a thread with so many accumulators: a square of them needs two sides of operands.
    func feedShare(accumulators: Double) -> Double { issueShare / (1 + operandFeed * 0.5 / accumulators.squareRoot()) }
}
