import Hardware

/// Constants of kernels that stream data through a GPU.
struct StreamingConstants: Sendable {
    /// Share of pin bandwidth that a stream of reads and writes sustains.
    var bandwidthShare: Double
    /// Share of the shared cache's stated rate that a stream sustains.
    var cacheShare: Double
    /// Share of the cache that survives from one kernel to the next, and sharpness of its edge.
    var residentShare: Double
    var residencySharpness: Double
    /// Fixed latency of a kernel, microseconds.
    var kernelLatency: Double
    /// Bytes that one thread keeps in flight in kernels with narrow accesses.
    var narrowBytesPerThread: Double
    /// Load-to-use latency of main memory under load, microseconds.
    var loadedLatency: Double
    /// Load-to-use latency of main memory with few loads under way, microseconds.
    var unloadedLatency: Double
    /// Latency of the cache over that of memory, both under load.
    var cachedLatencyRatio: Double
    /// Further microseconds of a kernel with narrow accesses: index arithmetic and the first dependent load.
    var narrowStart: Double
    /// Instructions issued per stated arithmetic step.
    var instructionScale: Double

    init(_ read: ConstantReader, group: String) {
        bandwidthShare = read(group, "bandwidth_share", default: 0.88)
        cacheShare = read(group, "cache_share", default: 0.6)
        residentShare = read(group, "resident_cache_share", default: 0.7)
        residencySharpness = read(group, "residency_sharpness", default: 1.5)
        kernelLatency = read(group, "kernel_latency_us", default: 1.5)
        narrowBytesPerThread = read(group, "narrow_bytes_per_thread", default: 4)
        loadedLatency = read(group, "loaded_latency_us", default: 1.0)
        // 470 to 850 cycles of pointer chases, and the arithmetic of a step.
        unloadedLatency = read(group, "unloaded_latency_us", default: 0.55)
        // Pointer chases: 290 of 850 cycles on H100, 210 of 570 on A100; queues in front of the cache narrow the gap.
        cachedLatencyRatio = read(group, "cached_latency_ratio", default: 0.6)
        narrowStart = read(group, "narrow_start_us", default: 0.8)
        instructionScale = read(group, "instruction_scale", default: 1)
    }

    /// Latency over that of memory when `hot` of the data come from the cache.
    func latencyShare(hot: Double) -> Double { 1 - hot * (1 - cachedLatencyRatio) }
}
