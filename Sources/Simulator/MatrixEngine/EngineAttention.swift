import Quantities
import Workload

/// Attention as the graph compilers of these devices run it: products of queries, keys and values, softmax on the vector units, tiles of
/// scores on chip.
extension EngineMachine {
    func demand(of attention: Attention, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        try AttentionModel.validate(attention)
        let share = inUse / units
        // Query heads that share a key/value head are rows of one product.
        let group = Double(attention.heads) / Double(attention.keyValueHeads)
        let rows = Int((Double(attention.queryTokens) * group).rounded(.up))
        let batch = attention.batch * attention.keyValueHeads
        let (keys, width, valueWidth) = (attention.keyValueTokens, attention.headDimension, attention.valueHeadDimension)
        // Forward: scores; values. Backward: scores again; dP = dO V'; dQ = dS K; dK = dS' Q; dV = P' dO.
        let forward = [(rows, keys, width), (rows, valueWidth, keys)]
        let backward = [(rows, keys, width), (rows, keys, valueWidth), (rows, width, keys), (keys, width, rows), (keys, valueWidth, rows)]
        let computed = computedShare(of: attention)
        var demand = EngineDemand()
        for (m, n, k) in attention.isBackward ? backward : forward {
            let product = MatrixMultiply(batch: batch, m: m, n: n, k: k, scheme: .uniform(attention.query), hasWeights: false)
            let one = try matrixDemand(of: product, units: inUse)
            demand.matrix += one.matrix * computed
            demand.padding += one.padding * computed
            demand.arrayFill += one.arrayFill
        }
        // Few queries fill no array. Graph compilers then multiply on the vector units (XLA strength-reduces such products), two operations each.
        let vectorTime = attention.operations.value / (vectorOperationsPerCycle * share) / vectorClock
        let takesVectorUnits = vectorTime < demand.matrix
        if takesVectorUnits { (demand.matrix, demand.padding, demand.arrayFill) = (0, 0, 0) }
        let scores = Double(batch) * Double(rows) * Double(keys) * computed
        let outputs = Double(batch) * Double(rows) * Double(valueWidth)
        // Forward: scale, running maximum, subtraction, sum, rescale. Backward: scale, subtraction, normalisation, and for dS = P (dP - D) a
        // subtraction, a product, a scale; D is the row sum of dO O.
        let vector = attention.isBackward ? 6 * scores + 2 * outputs : 5 * scores
        // A cache in a narrower format is widened: one operation an element.
        let widened = attention.keyValue.bitsPerElement < attention.query.bitsPerElement
            ? attention.keyValueBytes.value / attention.keyValue.bytesPerElement : 0
        demand.vector = (vector + widened) / (vectorOperationsPerCycle * share) / vectorClock + (takesVectorUnits ? vectorTime : 0)
        demand.specialFunction = scores / (specialFunctionsPerCycle * share) / vectorClock
        demand.traffic = attention.bytesRead.value + attention.bytesWritten.value
        demand.storedBytes = attention.keyValueBytes.value
        demand.memory = demand.traffic / (memoryBandwidth * share)
        // Scores (backward: and their gradient) are written and read once.
        demand.onChip = (attention.isBackward ? 4 : 2) * scores * attention.query.bytesPerElement / (onChipBandwidth * share)
        return demand
    }

    /// Share of the query-key rectangle that is computed: what the mask leaves, and half a tile of columns beside each of its edges, as
    /// compiled shapes skip whole tiles only.
    private func computedShare(of attention: Attention) -> Double {
        let keys = Double(attention.keyValueTokens)
        let visible = attention.scoresPerHead / (Double(attention.queryTokens) * keys)
        guard visible < 1 else { return 1 }
        let edges = attention.window == nil ? 1.0 : 2.0
        return min(1, visible + edges * 0.5 * min(columns, keys) / keys)
    }
}
