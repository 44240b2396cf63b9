import Hardware
import Quantities
import Workload

/// The time of one operator on a matrix engine, resource by resource, in microseconds.
struct EngineDemand: Sendable {
    /// Matrix engine, padding included.
    var matrix = 0.0
    /// The part of `matrix` that multiplies padding.
    var padding = 0.0
    var arrayFill = 0.0
    var vector = 0.0
    var specialFunction = 0.0
    /// Passes that each wait for a row's sum or maximum, hidden by nothing.
    var reduction = 0.0
    var memory = 0.0
    var onChip = 0.0
    /// The link to the host or to backing memory.
    var link = 0.0
    /// Bytes from and to main memory.
    var traffic = 0.0
    /// Bytes of weights and cached keys and values among `traffic`, which backing memory may hold.
    var storedBytes = 0.0
}

extension EngineMachine {
    /// Demand of C[batch, m, n] = A x B.
    ///
    /// Weight-stationary arrays hold a rows x columns tile of B while the rows of A stream through it, so a tile costs max(m, load) cycles
    /// (Jouppi et al., "In-datacenter performance analysis of a tensor processing unit", ISCA 2017); output-stationary ones hold a tile of C for
    /// k cycles. Padding to the array's sides is work like any other; fill and drain are paid once per dependent operator.
    ///
    /// - Parameter keepsOutput: whether the result streams to the next operator on chip.
    func demand(
        of product: MatrixMultiply, residentWeights: Double, residentInput: Double, keepsOutput: Bool = false, units inUse: Double
    ) throws(ProjectionError) -> EngineDemand {
        var demand = try matrixDemand(of: product, units: inUse)
        let share = inUse / units
        let batch = Double(product.batch)
        let activations = product.activationBytes.value
        // A bias is a row of weights more.
        let bias = product.bytesRead.value - activations - product.weightBytes.value
        let weights = max(0, product.weightBytes.value - residentWeights) + bias
        let again = rereadBytes(
            m: Double(product.m), n: Double(product.n), activations: activations / batch, weights: product.weightBytes.value / batch, share: share)
        demand.traffic = max(0, activations - residentInput) + weights + batch * again + product.bytesWritten.value
        if keepsOutput { demand.traffic -= product.bytesWritten.value }
        if product.hasWeights { demand.storedBytes = weights }
        demand.memory = demand.traffic / (memoryBandwidth * share)
        return demand
    }

    /// What a product asks of the arrays, the vector units and the memory beside them, main memory left out.
    func matrixDemand(of product: MatrixMultiply, units inUse: Double) throws(ProjectionError) -> EngineDemand {
        guard product.batch > 0, product.m > 0, product.n > 0, product.k > 0 else {
            throw ProjectionError(.invalidShape, "a product of \(product.batch) x \(product.m) x \(product.n) x \(product.k)")
        }
        let share = inUse / units
        let perCycle = try multiplyAddsPerCycle(product.scheme.compute) * share
        let arrays = max(1, self.arrays * share)
        // Formats faster than the geometry's base rate push more than one multiply-add through a cell each cycle.
        let cellRate = perCycle / (arrays * rows * columns)
        let (batch, m, n, k) = (Double(product.batch), Double(product.m), Double(product.n), Double(product.k))
        // A row of weights enters the array each cycle, as many bytes whatever the format.
        let load = loadCycles * Double(product.scheme.compute.bitsPerElement) / geometryBits
        let cycles = batch * arrayCycles(m: m, n: n, k: k, arrays: arrays, cellRate: cellRate, loadCycles: load)
        var demand = EngineDemand()
        demand.matrix = cycles / issueEfficiency / matrixClock
        demand.padding = max(0, cycles - batch * m * n * k / perCycle) / issueEfficiency / matrixClock
        demand.arrayFill = fillCycles / matrixClock
        let moved = product.activationBytes.value + product.weightBytes.value + product.bytesWritten.value
        demand.onChip = moved / (onChipBandwidth * share)
        // Conversion of weights and quantisation of activations run on the vector units, one operation an element, and so does the bias.
        var elements = product.hasBias ? batch * m * n : 0
        if product.scheme.weight.bitsPerElement < product.scheme.compute.bitsPerElement { elements += batch * k * n }
        if product.scheme.quantisation != .none { elements += 2 * batch * m * k }
        demand.vector = elements / (vectorOperationsPerCycle * share) / vectorClock
        return demand
    }

    /// Cycles of the busiest array, `cellRate` multiply-adds per cell and cycle.
    private func arrayCycles(m: Double, n: Double, k: Double, arrays: Double, cellRate: Double, loadCycles: Double) -> Double {
        switch dataflow {
        case .weightStationary:
            // C' = B' A': the compiler holds whichever operand costs less.
            return min(
                stationaryCycles(m: m, n: n, k: k, arrays: arrays, cellRate: cellRate, loadCycles: loadCycles),
                stationaryCycles(m: n, n: m, k: k, arrays: arrays, cellRate: cellRate, loadCycles: loadCycles))
        case .outputStationary:
            return bestOutputStationary(m: m, n: n, k: k, arrays: arrays) / cellRate
        case .dotProduct:
            // Small blocks: padding to the block in every dimension, blocks spread over the arrays, k split where outputs are too few.
            let blocks = (m / min(rows, max(m, 1))).rounded(.up) * (n / columns).rounded(.up) * (k / rows).rounded(.up)
            let cyclesPerBlock = max(1, min(rows, m))
            return max((blocks / arrays).rounded(.up), 1) * cyclesPerBlock / cellRate
        }
    }

    /// The rows x columns tiles of the n side are held while m rows stream through them.
    private func stationaryCycles(m: Double, n: Double, k: Double, arrays: Double, cellRate: Double, loadCycles: Double) -> Double {
        let tiles = (k / rows).rounded(.up) * (n / columns).rounded(.up)
        let streamed = (m / paddingRows).rounded(.up) * paddingRows
        // Fewer tiles than arrays: the arrays that are left take a share of the rows with a copy of the tile.
        guard tiles < arrays else { return (tiles / arrays).rounded(.up) * max(streamed / cellRate, loadCycles) }
        let copies = (arrays / tiles).rounded(.down)
        return max((streamed / copies).rounded(.up) / cellRate, loadCycles)
    }

    /// Output-stationary engines can be reshaped (Gaudi's MME as 256x256, 512x128, 128x512): the best of the three.
    private func bestOutputStationary(m: Double, n: Double, k: Double, arrays: Double) -> Double {
        var best = Double.infinity
        for stretch in [1.0, 2, 0.5] {
            let tiles = (m / (rows * stretch)).rounded(.up) * (n / (columns / stretch)).rounded(.up)
            // With fewer tiles than arrays the contraction is split over those that are left.
            let cycles = tiles < arrays ? k / max(1, (arrays / tiles).rounded(.down)) : (tiles / arrays).rounded(.up) * k
            best = min(best, cycles)
        }
        return best
    }
}
