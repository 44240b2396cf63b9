import Foundation
import Hardware
import Quantities
import Workload

/// Flash-style attention of a prompt or a chunk of it: a CTA owns a tile of queries of one head and walks the keys it may see.
struct PrefillAttention: Sendable {
    private let machine: GPUMachine
    private let residency: CacheResidency
    /// Cost of the operator beside the attention loop: launch of the pre-processing and attention kernels, pipeline fill, µs.
    private let fixed: Double
    /// Issue efficiency of the matrix pipe in the loop, by format of query and cache.
    private let efficiency: Double
    private let efficiencyNarrowCache: Double
    private let efficiencyNarrow: Double
    /// Cycles of a multiprocessor per score outside the matrix pipe, at 16 exponentials a clock.
    private let softmaxCycles: Double
    /// Share of the shorter of softmax and matrix work that hides behind the longer (0: in turns, 1: ping-pong of warp groups).
    private let softmaxOverlap: Double
    /// Prologue and epilogue of a CTA, cycles.
    private let ctaCycles: Double
    /// Bandwidth share of the bias, rotary and cache-append pass.
    private let passBandwidthShare: Double
    /// Share of masked tiles that the kernel computes all the same (0 for kernels that skip them).
    private let maskedShare: Double

    init(machine: GPUMachine, read: ConstantReader) {
        self.machine = machine
        let group = "attention.prefill"
        let generic = AttentionDefaults(machine.operandPath)
        fixed = read(group, "fixed_us", default: generic.prefillFixed)
        efficiency = read(group, "issue_efficiency", default: generic.issueEfficiency)
        efficiencyNarrowCache = read(group, "issue_efficiency_kv8", default: efficiency)
        efficiencyNarrow = read(group, "issue_efficiency_8bit", default: efficiency)
        softmaxCycles = read(group, "softmax_cycles_per_score", default: generic.softmaxCycles)
        softmaxOverlap = read(group, "softmax_overlap", default: generic.softmaxOverlap)
        ctaCycles = read(group, "cta_cycles", default: generic.prefillCTACycles)
        passBandwidthShare = read(group, "pass_bandwidth_share", default: 0.6)
        maskedShare = read(group, "masked_tile_share", default: 0)
        residency = CacheResidency(
            effectiveCapacity: read(group, "cache_share", default: 0.4) * machine.cacheCapacity, sharpness: 2.5)
    }

    /// A tile shape: rows of queries, columns of keys, cost factor of a smaller tile.
    private struct Tile {
        var queries: Int
        var keys: Int
        var penalty: Double
    }

    private static let tiles = [Tile(queries: 128, keys: 128, penalty: 1), Tile(queries: 64, keys: 64, penalty: 1.12)]

    func project(
        _ shape: Attention, rate: MatrixRates.Rate, conditions: ExecutionConditions, interval: ResidualInterval
    ) -> OperatorProjection {
        var best = cost(shape, tile: Self.tiles[0], rate: rate)
        for tile in Self.tiles.dropFirst() {
            let other = cost(shape, tile: tile, rate: rate)
            if other.total < best.total { best = other }
        }
        var breakdown = TimeBreakdown()
        if conditions.launch != .excluded { breakdown[.launch] += 0 }
        breakdown[.fill] += fixed
        let element = shape.query.bytesPerElement
        let newKeyValue = Double(shape.batch * shape.queryTokens * shape.keyValueHeads * (shape.headDimension + shape.valueHeadDimension))
        let queries = Double(shape.batch * shape.queryTokens * shape.heads * shape.headDimension)
        let traffic = shape.bytesRead.value + shape.bytesWritten.value
        let memory = traffic / machine.memoryBandwidth
        if best.total >= memory {
            breakdown[best.owner] += best.loop
            breakdown[.fill] += best.prologue
            breakdown[.tail] += best.tail
        } else {
            breakdown[.memoryBandwidth] += memory
        }
        // Bias, rotary embedding and cache append: every new query, key and value is read and written once.
        let passBytes = 2 * (queries + newKeyValue) * element
        let bandwidth = residency.hitShare(footprint: passBytes) > 0.5 ? machine.cacheBandwidth : machine.memoryBandwidth
        breakdown[.extraPasses] += passBytes / (bandwidth * passBandwidthShare)
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: interval.around(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: "flash attention \(best.tile.queries)x\(best.tile.keys)", time: time, gridSize: best.ctas,
                    waves: Double(best.ctas) / machine.units)
            ],
            operations: shape.operations, memoryTraffic: Bytes(traffic))
    }

    private struct Cost {
        var tile: Tile
        var ctas: Int
        /// Microseconds.
        var loop: Double
        var prologue: Double
        var tail: Double
        var owner: TimeOwner
        var total: Double { loop + prologue + tail }
    }

    private func cost(_ shape: Attention, tile: Tile, rate: MatrixRates.Rate) -> Cost {
        let (steps, longest) = Self.steps(shape, tile: tile, maskedShare: maskedShare)
        let scores = Double(tile.queries * tile.keys)
        // Forward: scores and values. Backward: scores again, dQ, dK over the query width; dP, dV over the value width.
        let depth = shape.isBackward
            ? Double(3 * shape.headDimension + 2 * shape.valueHeadDimension) : Double(shape.headDimension + shape.valueHeadDimension)
        let isNarrow = shape.query.bytesPerElement <= 1
        let issue = isNarrow ? efficiencyNarrow : shape.keyValue.bytesPerElement <= 1 ? efficiencyNarrowCache : efficiency
        let matrix = 2 * scores * depth / rate.operationsPerClock / issue * tile.penalty
        let softmax = scores * softmaxCycles * 16 / machine.specialFunctionsPerClock
        let step = max(matrix, softmax) + (1 - softmaxOverlap) * min(matrix, softmax)
        let queryTiles = (shape.queryTokens + tile.queries - 1) / tile.queries
        let ctas = shape.batch * shape.heads * queryTiles
        let groups = Double(shape.batch * shape.heads)
        let busy = groups * steps * step / machine.units
        let owner: TimeOwner = rate.engine == .matrix ? (matrix >= softmax ? .matrixPipe : .specialFunction) : .vectorPipe
        return Cost(
            tile: tile, ctas: ctas, loop: busy / rate.clock, prologue: Double(ctas) * ctaCycles / machine.units / rate.clock,
            tail: 0.5 * (longest * step + ctaCycles) / rate.clock, owner: owner)
    }

    /// Key tiles that all query tiles of one head visit together, and those that the longest query tile visits.
    private static func steps(_ shape: Attention, tile: Tile, maskedShare: Double) -> (total: Double, longest: Double) {
        let keys = shape.keyValueTokens
        let prefix = keys - shape.queryTokens
        var total = 0.0
        var longest = 0.0
        var first = 0
        while first < shape.queryTokens {
            let last = min(first + tile.queries, shape.queryTokens)
            let end = shape.isCausal ? min(prefix + last, keys) : keys
            let start = shape.window.map { max(0, prefix + first + 1 - $0) } ?? 0
            let seen = Double((end + tile.keys - 1) / tile.keys - start / tile.keys)
            let all = Double((keys + tile.keys - 1) / tile.keys)
            let visited = seen + maskedShare * (all - seen)
            total += visited
            longest = max(longest, visited)
            first = last
        }
        return (total, longest)
    }
}
