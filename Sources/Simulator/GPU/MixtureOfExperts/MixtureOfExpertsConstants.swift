import Hardware
import Quantities
import Workload

/// Constants of a fused mixture-of-experts layer in one scheme of formats.
struct MixtureOfExpertsConstants: Sendable {
    /// Latency of the chain of kernels beside launch: sort, permutation, two products, activation, weighted sum, µs.
    var chainLatency: Double
    /// Kernels of the chain.
    var kernels: Double
    var issueShare: Double
    var bandwidthShare: Double
    /// Cycles of a 128x128 output tile that nothing hides.
    var epilogueCycles: Double
    /// Cycles of one 128-byte slab of the contraction for a lone CTA, and relative growth for a tile of 128 rows.
    var slabCycles: Double
    var slabRowGrowth: Double
    /// Bandwidth share of the permutation, activation and weighted-sum passes, and how their time shrinks in the cache.
    var passBandwidthShare: Double
    var passCacheFactor: Double
    /// Routing work on each (token, expert) pair of the whole batch, ns.
    var nanosecondsPerPair: Double
    /// Share of the cache for weights left by an earlier repetition, and sharpness of its edge.
    var cacheShare: Double
    var residencySharpness: Double
    /// Overlap quality of arithmetic and weight streaming.
    var overlapExponent: Double
    var waveQuantisation: Double
    /// Rows below which a tile costs no less.
    var minimumRows: Double
    var largestTileRows: Int
    /// Whether the library picks the tile's rows from the pairs it expects per expert instead of the fastest.
    var takesTileFromMean: Bool
    /// Time of a CTA that finds no work and exits, µs; nil where the grid is sized by the real load.
    var emptyCTA: Double?
    var picojoulesPerOperation: Double

    init(_ read: ConstantReader, group: String, path: Multiprocessor.OperandPath) {
        let isLate = path == .bulkTensorCopy || path == .tensorMemory
        chainLatency = read(group, "chain_latency_us", default: 16)
        kernels = read(group, "kernels", default: 5)
        issueShare = read(group, "issue_share", default: isLate ? 0.85 : 0.5)
        bandwidthShare = read(group, "bandwidth_share", default: 0.8)
        epilogueCycles = read(group, "epilogue_cycles", default: 5000)
        slabCycles = read(group, "slab_cycles", default: isLate ? 150 : 700)
        slabRowGrowth = read(group, "slab_row_growth", default: 0.5)
        passBandwidthShare = read(group, "pass_bandwidth_share", default: 0.9)
        passCacheFactor = read(group, "pass_cache_factor", default: 0.5)
        nanosecondsPerPair = read(group, "ns_per_pair", default: 0.5)
        cacheShare = read(group, "cache_share", default: 0.4)
        residencySharpness = read(group, "residency_sharpness", default: 2)
        overlapExponent = read(group, "overlap_exponent", default: 2)
        waveQuantisation = read(group, "wave_quantisation", default: 0.8)
        minimumRows = read(group, "minimum_rows", default: path == .bulkTensorCopy ? 64 : 16)
        largestTileRows = Int(read(group, "largest_tile_rows", default: isLate ? 256 : 128))
        takesTileFromMean = read(group, "tile_from_mean", default: 0) > 0.5
        let empty = read(group, "empty_cta_us", default: 0)
        emptyCTA = empty > 0 ? empty : nil
        picojoulesPerOperation = read(group, "pj_per_operation", default: read("gemm", "pj_per_operation", default: 0.7))
    }

    /// Schemes with kernels of their own, and the constant group of each.
    enum Kind: Int, CaseIterable, Sendable {
        case wide, fp8, fp8Block, mxfp4WideActivation, mxfp4NarrowActivation, nvfp4, int8, weightOnly

        var group: String {
            switch self {
            case .wide: "moe"
            case .fp8: "moe.fp8"
            case .fp8Block: "moe.fp8_block"
            case .mxfp4WideActivation: "moe.mxfp4_a16"
            case .mxfp4NarrowActivation: "moe.mxfp4_mxfp8"
            // The same kernel generator as for MXFP4, with the fp4 rate.
            case .nvfp4: "moe.mxfp4_mxfp8.nvfp4"
            case .int8: "moe.int8"
            case .weightOnly: "moe.weight_only"
            }
        }

        init(_ scheme: MatrixMultiplyScheme) {
            switch (scheme.weight, scheme.compute) {
            case (.mxfp4, .bf16), (.mxfp4, .fp16): self = .mxfp4WideActivation
            case (.mxfp4, _): self = .mxfp4NarrowActivation
            case (.nvfp4, _): self = .nvfp4
            case (_, .int8): self = .int8
            case (_, .fp8e4m3), (_, .fp8e5m2), (_, .mxfp8): self = scheme.quantisation == .blockScaled ? .fp8Block : .fp8
            case (let weight, let compute) where weight.bitsPerElement < compute.bitsPerElement: self = .weightOnly
            default: self = .wide
            }
        }
    }
}
