import Hardware

/// Constants of a prefill kernel; each a physical quantity of a generation or a property of the library.
struct PrefillConstants: Sendable {
    /// Latency of the operator's kernels beside launch: pipeline fill and drain, first loads, µs. Calibrated with the pass beside the
    /// kernel; a stack without it saves the pass's own latency.
    var fixed: Double
    /// Share of the matrix pipe's issue slots that the loop uses.
    var issueShare: Double
    /// Cycles of a multiprocessor per score outside the matrix pipe at 16 exponentials a clock (1/16 is the exponential alone).
    var softmaxCycles: Double
    /// Share of the shorter of softmax and matrix work that hides behind the longer (0 in turns, 1 ping-pong of warp groups).
    var softmaxOverlap: Double
    /// Cycles of prologue and epilogue of a CTA, and more per row of queries with heads of 128.
    var ctaCycles: Double
    var rowCycles: Double
    /// Share of the longest CTA that stands out after the mean multiprocessor has finished.
    var tailShare: Double
    /// Slow-down of a query tile half the size, relative.
    var smallTilePenalty: Double
    /// Largest tiles of the library.
    var queryTile: Int
    var keyTile: Int
    /// Bias, rotary and cache-append passes beside the kernel (1 fused op of a serving library, 0 a bare kernel).
    var passes: Double
    /// Share of pin bandwidth of that pass.
    var passBandwidthShare: Double
    /// Share of the cache that holds what that pass wrote, and sharpness of its edge.
    var cacheShare: Double
    var residencySharpness: Double
    /// Share of masked tiles computed all the same (0 where the library skips them).
    var maskedShare: Double
    /// Waves that split-KV fills when query tiles alone leave multiprocessors idle; 0 where the library does not split.
    var splitWaves: Double
    /// Kernels that merge the parts.
    var splitReductionKernels: Double
    /// Energy of one operation at full clock, operands delivered.
    var picojoulesPerOperation: Double

    init(_ read: ConstantReader, group: String, path: Multiprocessor.OperandPath) {
        let base = PrefillDefaults(path)
        passes = read(group, "passes", default: 1)
        let saved = passes > 0 ? 0 : read(group, "pass_latency_us", default: 4)
        fixed = max(1, read(group, "kernel_latency_us", default: base.fixed) - saved)
        issueShare = read(group, "issue_share", default: base.issueShare)
        softmaxCycles = read(group, "softmax_cycles_per_score", default: base.softmaxCycles)
        softmaxOverlap = read(group, "softmax_overlap", default: base.softmaxOverlap)
        ctaCycles = read(group, "cta_cycles", default: base.ctaCycles)
        rowCycles = read(group, "row_cycles", default: base.rowCycles)
        tailShare = read(group, "tail_share", default: 0.5)
        smallTilePenalty = read(group, "small_tile_penalty", default: base.smallTilePenalty)
        queryTile = Int(read(group, "query_tile", default: path == .tensorMemory ? 256 : 128))
        keyTile = Int(read(group, "key_tile", default: 128))
        passBandwidthShare = read(group, "pass_bandwidth_share", default: 0.85)
        cacheShare = read(group, "pass_cache_share", default: 0.5)
        residencySharpness = read(group, "residency_sharpness", default: 2)
        maskedShare = read(group, "masked_tile_share", default: 0)
        splitWaves = read(group, "split_waves", default: 0)
        splitReductionKernels = splitWaves > 0 ? 1 : 0
        // An 8-bit product takes 0.56 to 0.69 of the energy of a 16-bit one (L40S, H100, B200 under their power limits).
        let wide = read("gemm", "pj_per_operation", default: base.picojoules)
        picojoulesPerOperation = read(group, "pj_per_operation", default: group.contains("fp8") ? 0.6 * wide : wide)
    }
}

/// Defaults for a generation without a calibration: those of the calibrated one with the same path from memory to the matrix units
/// (TensorRT-LLM rows of aiconfigurator). The register path (Volta, Turing, AMD) is estimated: softmax and matrix work in turns, the
/// exponential alone as floor of a score, an issue share between published FlashAttention-2 rates on such parts (35 to 50 %).
private struct PrefillDefaults {
    var fixed: Double
    var issueShare: Double
    var softmaxCycles: Double
    var softmaxOverlap: Double
    var ctaCycles: Double
    var rowCycles: Double
    var smallTilePenalty: Double
    var picojoules: Double

    init(_ path: Multiprocessor.OperandPath) {
        switch path {
        case .registers:
            self.init(fixed: 9, issueShare: 0.45, softmaxCycles: 0.0625, softmaxOverlap: 0.3, ctaCycles: 3000, rowCycles: 40, small: 0.45, 1.5)
        case .asynchronousCopy:
            self.init(fixed: 9, issueShare: 0.5, softmaxCycles: 0.0625, softmaxOverlap: 0.7, ctaCycles: 2800, rowCycles: 40, small: 0.45, 0.7)
        case .bulkTensorCopy:
            self.init(fixed: 10, issueShare: 0.7, softmaxCycles: 0.09, softmaxOverlap: 0.7, ctaCycles: 6300, rowCycles: 23, small: 0.05, 0.68)
        case .tensorMemory:
            self.init(fixed: 10, issueShare: 0.8, softmaxCycles: 0.073, softmaxOverlap: 0.75, ctaCycles: 5300, rowCycles: 50, small: 0.5, 0.47)
        }
    }

    private init(
        fixed: Double, issueShare: Double, softmaxCycles: Double, softmaxOverlap: Double, ctaCycles: Double, rowCycles: Double,
        small: Double, _ picojoules: Double
    ) {
        self.fixed = fixed
        self.issueShare = issueShare
        self.softmaxCycles = softmaxCycles
        self.softmaxOverlap = softmaxOverlap
        self.ctaCycles = ctaCycles
        self.rowCycles = rowCycles
        smallTilePenalty = small
        self.picojoules = picojoules
    }
}
