import Quantities
import Workload

/// Demands of the operators that are not one matrix product.
extension EngineMachine {
    /// Attention as the graph compilers of these devices run it: scores, softmax on the vector units, values; tiles stay on chip.
    func demand(of attention: Attention, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        let share = min(1, inUse / units)
        let format = attention.query
        // Masked scores are computed: static shapes leave no way to skip part of a tile row, causal masks save about half at tile granularity.
        let visible = attention.phase == .prefill && attention.isCausal
            ? min(1, 0.5 + 0.5 * columns / max(columns, Double(attention.keyValueTokens))) : 1
        let perGroup = max(1, attention.heads / max(1, attention.keyValueHeads))
        let batch = attention.batch * attention.keyValueHeads
        let rowsPerGroup = attention.queryTokens * perGroup
        let scheme = MatrixMultiplyScheme.uniform(format)
        let scores = MatrixMultiply(
            batch: batch, m: rowsPerGroup, n: attention.keyValueTokens, k: attention.headDimension, scheme: scheme, hasWeights: false)
        let values = MatrixMultiply(
            batch: batch, m: rowsPerGroup, n: attention.valueHeadDimension, k: attention.keyValueTokens, scheme: scheme, hasWeights: false)
        let first = try demand(of: scores, residentWeights: .infinity, residentInput: 0, isFused: true, units: inUse)
        let second = try demand(of: values, residentWeights: .infinity, residentInput: 0, isFused: true, units: inUse)
        let elements = Double(batch) * Double(rowsPerGroup) * Double(attention.keyValueTokens) * visible
        var demand = EngineDemand()
        demand.matrix = (first.matrix + second.matrix) * visible
        demand.padding = (first.padding + second.padding) * visible
        demand.arrayFill = first.arrayFill + second.arrayFill
        // Scale, running maximum, subtraction, sum, rescale.
        demand.vector = 5 * elements / (vectorOperationsPerCycle * share) / vectorClock
        demand.specialFunction = elements / (specialFunctionsPerCycle * share) / vectorClock
        demand.traffic = attention.bytesRead.value + attention.bytesWritten.value
        demand.memory = demand.traffic / (memoryBandwidth * share)
        demand.onChip = 2 * elements * format.bytesPerElement / (onChipBandwidth * share)
        return demand
    }

    /// Row-wise and elementwise work: bytes, vector operations, exponentials.
    func demand(of shape: any OperatorShape, transcendentalElements: Double, residentInput: Double, units inUse: Double) -> EngineDemand {
        let share = min(1, inUse / units)
        var demand = EngineDemand()
        let read = shape.bytesRead.value
        let written = shape.bytesWritten.value
        let staysOnChip = residentInput > 0 && read + written <= onChipBytes / 2
        demand.traffic = staysOnChip ? max(0, read - residentInput) : read + written
        demand.memory = demand.traffic / (memoryBandwidth * share)
        demand.onChip = (read + written) / (onChipBandwidth * share)
        demand.vector = shape.operations.value / (vectorOperationsPerCycle * share) / vectorClock
        demand.specialFunction = transcendentalElements / (specialFunctionsPerCycle * share) / vectorClock
        return demand
    }

    /// Experts one after another: every token's products on the experts that are hit, weights streamed once for each of those.
    func demand(of layer: MixtureOfExperts, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        let pairs = max(1, layer.balancedPairs)
        let active = min(Double(layer.localExperts), pairs)
        let tokensPerExpert = max(1, Int((pairs / active).rounded(.up)))
        let widths = layer.isGated ? 2 * layer.localIntermediate : layer.localIntermediate
        let up = MatrixMultiply(m: tokensPerExpert, n: widths, k: layer.hidden, scheme: layer.scheme)
        let down = MatrixMultiply(m: tokensPerExpert, n: layer.hidden, k: layer.localIntermediate, scheme: layer.scheme)
        let first = try demand(of: up, residentWeights: 0, residentInput: 0, isFused: true, units: inUse)
        let second = try demand(of: down, residentWeights: 0, residentInput: 0, isFused: true, units: inUse)
        var demand = EngineDemand()
        demand.matrix = active * (first.matrix + second.matrix)
        demand.padding = active * (first.padding + second.padding)
        demand.arrayFill = first.arrayFill + second.arrayFill
        demand.memory = active * (first.memory + second.memory)
        demand.traffic = active * (first.traffic + second.traffic)
        demand.onChip = active * (first.onChip + second.onChip)
        demand.vector = active * (first.vector + second.vector)
            + pairs * Double(layer.localIntermediate) * 9 / vectorOperationsPerCycle / vectorClock
        return demand
    }
}
