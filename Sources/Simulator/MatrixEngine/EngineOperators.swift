import Quantities
import Workload

/// Demands of the operators that are neither a matrix product nor attention.
extension EngineMachine {
    /// Row-wise and elementwise work: bytes, vector operations, exponentials.
    func demand(of shape: any OperatorShape, transcendentalElements: Double, residentInput: Double, units inUse: Double) -> EngineDemand {
        let share = inUse / units
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

    /// Time in which the rows of a normalisation or softmax wait for their sums: registers hold lanes side by side, so that a row's partial
    /// sums leave the vector unit through the cross-lane unit, a row at a time.
    func reduction(ofRows rows: Double, units inUse: Double) -> Double { rowPassMicroseconds + rows * rowReductionCycles / inUse / vectorClock }

    /// A copy in memory reads and writes; one from or to the host passes its link.
    func demand(of copy: MemoryCopy, residentInput: Double, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        guard copy.route != .deviceToDevice else { return demand(of: copy, transcendentalElements: 0, residentInput: residentInput, units: inUse) }
        guard let hostBandwidth else { throw ProjectionError(.missingNumber, "\(id) states no link to its host, so no copy over it") }
        var demand = EngineDemand()
        demand.traffic = Double(copy.bytes)
        demand.memory = demand.traffic / (memoryBandwidth * inUse / units)
        demand.link = demand.traffic / hostBandwidth
        return demand
    }

    /// Experts one after another: every token's products on the experts that are hit, weights streamed once for each of those.
    func demand(of layer: MixtureOfExperts, residentWeights: Double, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        let share = inUse / units
        let (pairs, active) = try ExpertLoads.mean(of: layer)
        let tokensPerExpert = max(1, Int((pairs / active).rounded(.up)))
        let widths = layer.isGated ? 2 * layer.localIntermediate : layer.localIntermediate
        let up = MatrixMultiply(m: tokensPerExpert, n: widths, k: layer.hidden, scheme: layer.scheme)
        let down = MatrixMultiply(m: tokensPerExpert, n: layer.hidden, k: layer.localIntermediate, scheme: layer.scheme)
        var demand = EngineDemand()
        for product in [up, down] {
            let one = try matrixDemand(of: product, units: inUse)
            demand.matrix += active * one.matrix
            demand.padding += active * one.padding
            demand.arrayFill += one.arrayFill
            demand.vector += active * one.vector
            demand.onChip += active * one.onChip
            demand.storedBytes += active * product.weightBytes.value
        }
        let activations = Double(layer.tokens) * Double(layer.hidden)
        let moved = activations * (layer.scheme.activation.bytesPerElement + layer.scheme.output.bytesPerElement)
        demand.storedBytes = max(0, demand.storedBytes - residentWeights)
        demand.traffic = demand.storedBytes + moved
        demand.memory = demand.traffic / (memoryBandwidth * share)
        // The gate's function and product (counted as `siluMul`), or the function alone.
        demand.vector += pairs * Double(layer.localIntermediate) * (layer.isGated ? 9 : 8) / (vectorOperationsPerCycle * share) / vectorClock
        return demand
    }
}
