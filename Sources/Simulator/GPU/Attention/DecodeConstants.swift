import Hardware

/// Constants of decode kernels for one width of the KV cache; each a physical quantity of a generation or a policy of the library.
struct DecodeConstants: Sendable {
    /// One of the two kernels: all query heads of a KV head together on the matrix pipe, or one query head on the general lanes.
    struct Kernel: Sendable {
        /// Latency beside launch, µs.
        var fixed: Double
        /// More for heads of 64, µs (libraries that fuse the rotary embedding only into kernels for heads of 128).
        var head64Extra: Double
        /// Prologue and epilogue of a CTA, µs, and more per row of queries beyond the first tile of rows.
        var ctaTime: Double
        var rowTime: Double
        /// Bytes per µs that one CTA streams (bytes in flight over latency) and one multiprocessor consumes.
        var ctaStream: Double
        var unitStream: Double
        /// CTAs that one multiprocessor holds.
        var residentCTAs: Double
        /// Merging the parts of a split cache, µs.
        var reduction: Double
    }

    var grouped: Kernel
    var single: Kernel
    /// Share of the last partial wave that is paid.
    var waveQuantisation: Double
    var bandwidthShare: Double
    var cacheShare: Double
    var residencySharpness: Double
    /// Tokens of the smallest part of a split cache.
    var minimumChunk: Double
    /// Waves of CTAs that splitting aims at, and the factor r of its limit sqrt(r parts) that keeps the merge short (0: none).
    var targetWaves: Double
    var splitRoot: Double
    /// Whether the grouped kernel splits.
    var groupedSplits: Bool
    /// CTAs per multiprocessor below which the library prefers the single-head kernel.
    var groupedMinimumShare: Double
    /// Query heads per KV head up to which the grouped kernel exists.
    var largestGroup: Int
    /// Rows of queries of one matrix tile.
    var rowTile: Double
    var issueShare: Double
    var picojoulesPerOperation: Double

    init(_ read: ConstantReader, group: String, path: Multiprocessor.OperandPath, isNarrow: Bool) {
        let base = DecodeDefaults(path)
        func kernel(_ prefix: String, _ base: Kernel) -> Kernel {
            Kernel(
                fixed: read(group, prefix + "_latency_us", default: base.fixed),
                head64Extra: read(group, prefix + "_head64_us", default: 0),
                ctaTime: read(group, prefix + "_cta_us", default: base.ctaTime),
                rowTime: read(group, prefix + "_row_us", default: base.rowTime),
                ctaStream: 1e3 * read(group, prefix + "_cta_gb_per_second", default: base.ctaStream),
                unitStream: 1e3 * read(group, prefix + "_unit_gb_per_second", default: base.unitStream),
                residentCTAs: read(group, prefix + "_resident_ctas", default: base.residentCTAs),
                reduction: read(group, prefix + "_reduction_us", default: base.reduction))
        }
        grouped = kernel("grouped", base.grouped)
        single = kernel("single", base.single)
        waveQuantisation = read(group, "wave_quantisation", default: 0.8)
        bandwidthShare = read(group, "bandwidth_share", default: 0.87)
        cacheShare = read(group, "cache_share", default: path == .registers ? 0.6 : 0.35)
        residencySharpness = read(group, "residency_sharpness", default: 2)
        minimumChunk = read(group, "minimum_chunk_tokens", default: 128)
        targetWaves = read(group, "split_target_waves", default: 8)
        splitRoot = read(group, "split_root", default: 8)
        groupedSplits = read(group, "grouped_splits", default: 1) > 0.5
        let isHopperOrLater = path == .bulkTensorCopy || path == .tensorMemory
        groupedMinimumShare = read(group, "grouped_minimum_ctas_per_unit", default: isHopperOrLater && isNarrow ? 0 : 0.25)
        largestGroup = Int(read(group, "largest_group", default: 32))
        rowTile = read(group, "row_tile", default: 16)
        issueShare = read(group, "issue_share", default: 0.6)
        picojoulesPerOperation = read(group, "pj_per_operation", default: read("gemm", "pj_per_operation", default: 0.7))
    }
}

/// Defaults for a generation without a calibration, by the path from memory to the matrix units (TensorRT-LLM rows of aiconfigurator on
/// A100, H100, B200); the register path is estimated from A100's with fewer bytes in flight (no asynchronous copy).
private struct DecodeDefaults {
    var grouped: DecodeConstants.Kernel
    var single: DecodeConstants.Kernel

    init(_ path: Multiprocessor.OperandPath) {
        func kernel(_ fixed: Double, _ cta: Double, _ row: Double, _ stream: Double, _ unit: Double, _ resident: Double, _ reduction: Double)
            -> DecodeConstants.Kernel
        {
            .init(
                fixed: fixed, head64Extra: 0, ctaTime: cta, rowTime: row, ctaStream: stream, unitStream: unit, residentCTAs: resident,
                reduction: reduction)
        }
        switch path {
        case .registers: (grouped, single) = (kernel(4, 7, 0.18, 20, 40, 1, 4), kernel(3, 7, 0, 10, 40, 3, 1))
        case .asynchronousCopy: (grouped, single) = (kernel(4, 6, 0.17, 35, 150, 1, 3), kernel(3, 7, 0, 10, 60, 3, 1))
        case .bulkTensorCopy: (grouped, single) = (kernel(4, 4.8, 0.15, 75, 60, 1, 2.1), kernel(4, 3.3, 0, 20, 100, 3, 1))
        case .tensorMemory: (grouped, single) = (kernel(8, 1.5, 0.1, 245, 47, 1, 0.1), kernel(5.5, 4, 0, 38, 48, 3, 0.1))
        }
    }
}
