import Quantities
import Workload

/// Attention by tiles of queries and keys with a running maximum (Dao et al., "FlashAttention", 2022), pieces of 64 queries of one head handed
/// to whichever worker is free.
extension CPUMachine {
    private static var queryTile: Double { 16 }
    private static var keyTile: Double { 64 }
    private static var queriesPerPiece: Double { 64 }

    func cost(of attention: Attention, _ surroundings: CPUSurroundings) throws(ProjectionError) -> CPUCost {
        for format in [attention.query, attention.keyValue] where ![.fp32, .bf16, .fp16].contains(format) {
            throw ProjectionError(.unsupportedFormat, "\(id) runs attention on fp32, bf16 or fp16 tensors, not on \(format.rawValue)")
        }
        guard attention.batch > 0, attention.queryTokens > 0, attention.heads > 0, attention.keyValueTokens > 0 else {
            throw ProjectionError(.invalidShape, "attention over nothing")
        }
        let queries = Double(attention.queryTokens)
        let heads = Double(attention.batch) * Double(attention.heads)
        let pieces = heads * (queries / Self.queriesPerPiece).rounded(.up)
        let workers = min(surroundings.cores, pieces)
        var cost = CPUCost("attention, \(Int(pieces)) pieces of \(Int(min(queries, Self.queriesPerPiece))) queries on \(Int(workers)) workers")
        cost.pieces = Int(pieces)
        cost.waves = pieces / workers
        cost.dispatches = 1

        let isDecode = queries < 4 && !attention.isBackward
        // Two multiply-adds for each pair and element of a mean head; backward five, three of them over the query width (scores again, dQ, dK).
        let (overQueries, overValues) = attention.isBackward ? (3.0, 2.0) : (1.0, 1.0)
        let width = (overQueries * Double(attention.headDimension) + overValues * Double(attention.valueHeadDimension)) / 2
        let perScore = isDecode ? kernels.decodeScore + kernels.decodeScoreElement * width : kernels.prefillScore + kernels.prefillScoreElement * width
        let wanted = heads * attention.scoresPerHead * perScore / (workers * clock)
        let computed = heads * computedScores(attention) * perScore / (workers * clock)
        // Pieces differ in size by no more than one piece at the end.
        let slowest = computed * (pieces / workers).rounded(.up) / (pieces / workers)

        // Keys and values stream from where they lie once; that every piece of queries reads them again from the shared cache is part of the
        // cost of a score.
        let once = attention.keyValueBytes.value
        let input = inputLevel(attention.bytesRead.value, surroundings)
        let source = isDecode ? level(holding: surroundings.inputFootprint ?? .infinity, cores: workers) : input
        let written = attention.bytesWritten.value
        let queryBytes = attention.bytesRead.value - once
        let reads = [CPUStream(bytes: once, level: source), CPUStream(bytes: queryBytes, level: input)]
        cost.addPass(
            arithmetic: slowest, reads: reads, writes: [CPUStream(bytes: written, level: level(holding: written, cores: workers))], cores: workers,
            exponent: overlapExponent)
        if cost.breakdown[.vectorPipe] > 0 {
            cost.breakdown[.vectorPipe] = min(wanted, slowest)
            cost.breakdown[.padding] = max(0, computed - wanted)
            cost.breakdown[.tail] = slowest - max(computed, min(wanted, slowest))
        }
        // New keys and values are appended to the cache by the calling thread before the workers start.
        if attention.isCausal, !attention.isBackward {
            let appended = min(once, once * queries / Double(attention.keyValueTokens))
            // The cache of all layers lies in memory.
            cost.breakdown[.extraPasses] += appended / input.readRate(cores: 1) + appended / memory.writeRate(cores: 1)
        }
        return cost
    }

    /// Scores of one head that the kernel works out: whole tiles of 64 keys up to the last key that any query of a tile of 16 sees.
    private func computedScores(_ attention: Attention) -> Double {
        let keys = Double(attention.keyValueTokens)
        let queries = attention.queryTokens
        func padded(_ visible: Double) -> Double { (visible / Self.keyTile).rounded(.up) * Self.keyTile }
        guard attention.isCausal, queries > 1 else { return Double(queries) * padded(min(keys, attention.scoresPerHead / Double(queries))) }
        var sum = 0.0
        var first = 0
        while first < queries {
            let rows = min(Int(Self.queryTile), queries - first)
            let visible = min(keys, keys - Double(queries) + Double(first + rows))
            sum += Double(rows) * padded(min(visible, attention.window.map(Double.init) ?? visible))
            first += rows
        }
        return sum
    }
}
