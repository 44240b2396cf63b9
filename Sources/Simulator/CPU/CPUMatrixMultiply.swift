import Quantities
import Workload

/// Matrix products as the executor's library runs them: weights packed into panels once, columns divided among the workers, one call a
/// worker; products of one row by a loop of their own, bound by the stream of weights.
extension CPUMachine {
    /// Columns of one packed panel; workers get whole panels.
    private static var panel: Double { 64 }
    /// Lanes of the widest vector: columns are padded to them.
    private static var lanes: Double { 16 }

    func cost(of product: MatrixMultiply, _ surroundings: CPUSurroundings) throws(ProjectionError) -> CPUCost {
        guard product.batch > 0, product.m > 0, product.n > 0, product.k > 0 else {
            throw ProjectionError(.invalidShape, "a product of \(product.batch) x \(product.m) x \(product.n) x \(product.k)")
        }
        let isRow = product.m == 1 && product.scheme.compute != .int8
        return isRow ? try rowCost(of: product, surroundings) : try panelCost(of: product, surroundings)
    }

    private func panelCost(of product: MatrixMultiply, _ surroundings: CPUSurroundings) throws(ProjectionError) -> CPUCost {
        let rate = try operationsPerMicrosecond(product.scheme.compute)
        let n = Double(product.n)
        let panels = (n / Self.panel).rounded(.up)
        let workers = min(surroundings.cores, panels)
        var cost = CPUCost("packed product, \(Int(panels)) panels of \(Int(Self.panel)) columns on \(Int(workers)) workers")
        cost.pieces = Int(panels)
        cost.waves = panels / workers
        cost.libraryCalls = Double(product.batch)
        cost.dispatches = Double(product.batch) * (1 + (product.hasBias ? 1 : 0) + Self.conversionPasses(product.scheme))

        let ideal = 2 * Double(product.batch) * Double(product.m) * n * Double(product.k) / (rate * workers)
        let padded = ideal * ((n / Self.lanes).rounded(.up) * Self.lanes / n)
        // The worker with the most panels ends last.
        let slowest = padded * (panels / workers).rounded(.up) / (panels / workers)
        // bf16 and int8 rates are the library's own where they were calibrated on it; the port's peak is known for fp32.
        let efficiency = product.scheme.compute == .fp32 || product.scheme.compute == .fp64 ? productEfficiency : 1
        let share = workers > 1 ? 1 + (allCoreShare - 1) * (workers - 1) / max(1, cores - 1) : 1
        let arithmetic = slowest / (efficiency * share)

        let streams = self.streams(of: product, surroundings, workers: workers)
        var pass = CPUCost("")
        pass.addPass(arithmetic: arithmetic, reads: streams.reads, writes: streams.writes, cores: workers, exponent: overlapExponent)
        cost.memoryTraffic = pass.memoryTraffic
        cost.breakdown = pass.breakdown
        if pass.breakdown[.vectorPipe] > 0 {
            cost.breakdown[.vectorPipe] = ideal
            cost.breakdown[.padding] = padded - ideal
            cost.breakdown[.tail] = slowest - padded
            // Edges of tiles, packing of activations, loop control: what a full core's product loses.
            cost.breakdown[.fill] = slowest / efficiency - slowest
            cost.breakdown[.power] = arithmetic - slowest / efficiency
        }
        addBias(of: product, to: &cost, surroundings)
        return cost
    }

    /// One row: each weight is used once, so the stream of weights or the loop's own issue rate is all there is.
    private func rowCost(of product: MatrixMultiply, _ surroundings: CPUSurroundings) throws(ProjectionError) -> CPUCost {
        let rate = try operationsPerMicrosecond(product.scheme.compute)
        let chunks = (Double(product.n) / 128).rounded(.up)
        let workers = min(surroundings.cores, chunks)
        var cost = CPUCost("matrix-vector product on \(Int(workers)) workers")
        cost.pieces = Int(chunks)
        cost.waves = chunks / workers
        cost.dispatches = Double(product.batch)
        let bytesPerCycle = product.scheme.weight == .bf16 ? kernels.matrixVectorBF16Bytes
            : product.isWeightTransposed ? kernels.matrixVectorBytes : kernels.vectorMatrixBytes
        let bytes = product.weightBytes.value
        let issue = bytes / (bytesPerCycle * clock * workers)
        let arithmetic = max(issue, product.operations.value / (rate * workers)) * (chunks / workers).rounded(.up) / (chunks / workers)
        let streams = self.streams(of: product, surroundings, workers: workers)
        let drawn = product.isWeightTransposed ? kernels.matrixVectorFromMemory : kernels.vectorMatrixFromMemory
        if product.scheme.weight == .fp32, let drawn, let weights = streams.reads.first, weights.level.isMemory {
            // The loop was timed on weights from memory: what it waits beyond the bytes at full rate is latency that its few loads in flight
            // leave exposed.
            let stream = weights.bytes / weights.level.readRate(cores: workers)
            let waiting = max(0, max(arithmetic, weights.bytes / (workers * drawn)) - stream)
            cost.addPass(arithmetic: 0, reads: streams.reads, writes: streams.writes, cores: workers, exponent: overlapExponent)
            cost.breakdown[.memoryLatency] += waiting
        } else {
            cost.addPass(arithmetic: arithmetic, reads: streams.reads, writes: streams.writes, cores: workers, exponent: overlapExponent)
        }
        addBias(of: product, to: &cost, surroundings)
        return cost
    }

    /// Weights from where they were left, activations read by every worker, results written.
    private func streams(
        of product: MatrixMultiply, _ surroundings: CPUSurroundings, workers: Double
    ) -> (reads: [CPUStream], writes: [CPUStream]) {
        let weights = product.weightBytes.value
        let activations = product.activationBytes.value
        let output = product.bytesWritten.value
        let resident = surroundings.weightFootprint ?? (surroundings.residentWeights >= weights ? weights + activations + output : .infinity)
        // B of a product without weights is an input like A.
        let weightLevel = product.hasWeights ? level(holding: resident, cores: workers) : inputLevel(weights + activations, surroundings)
        // Every worker reads all of A, and A is read again for each panel from the cache that holds it.
        let own = inputLevel(activations * workers, surroundings)
        return (
            [CPUStream(bytes: weights, level: weightLevel), CPUStream(bytes: own.isMemory ? activations : activations * workers, level: own)],
            [CPUStream(bytes: output, level: level(holding: output + activations, cores: workers))]
        )
    }

    /// The bias is a pass of its own over the result.
    private func addBias(of product: MatrixMultiply, to cost: inout CPUCost, _ surroundings: CPUSurroundings) {
        guard product.hasBias else { return }
        let elements = Double(product.batch) * Double(product.m) * Double(product.n)
        let bytes = product.bytesWritten.value
        let workers = min(surroundings.cores, Double(product.m))
        let level = self.level(holding: bytes, cores: workers)
        var pass = CPUCost("")
        pass.addPass(
            arithmetic: elements * kernels.bias / (workers * clock), reads: [CPUStream(bytes: bytes, level: level)],
            writes: [CPUStream(bytes: bytes, level: level)], cores: workers, exponent: overlapExponent)
        cost.memoryTraffic += pass.memoryTraffic
        cost.breakdown[.extraPasses] += pass.breakdown.total.microseconds
    }

    /// Passes over activations and results beside the product: narrowing for bf16; quantising and scaling back for 8 bit.
    private static func conversionPasses(_ scheme: MatrixMultiplyScheme) -> Double {
        if scheme.compute == .int8 { return 2 }
        return scheme.compute != scheme.activation ? 1 : 0
    }

    /// Where an input lies: in the cache that holds what passed since it was made, if the operator before left it on chip.
    func inputLevel(_ footprint: Double, _ surroundings: CPUSurroundings) -> Level {
        if let known = surroundings.inputFootprint { return level(holding: max(known, footprint), cores: surroundings.cores) }
        return surroundings.residentInput > 0 ? level(holding: footprint, cores: surroundings.cores) : memory
    }

    /// Experts one after another, each a small feed-forward of its own; every expert that is hit streams its weights.
    func cost(of layer: MixtureOfExperts, _ surroundings: CPUSurroundings) throws(ProjectionError) -> CPUCost {
        let (pairs, active) = try ExpertLoads.mean(of: layer)
        let tokens = max(1, Int((pairs / active).rounded(.up)))
        let up = MatrixMultiply(m: tokens, n: layer.localIntermediate, k: layer.hidden, scheme: layer.scheme)
        let down = MatrixMultiply(m: tokens, n: layer.hidden, k: layer.localIntermediate, scheme: layer.scheme)
        let products = [up, down].map { $0 }
        var cost = CPUCost("\(Int(active)) experts of \(tokens) tokens one after another")
        for (index, product) in products.enumerated() {
            let one = try self.cost(of: product, surroundings)
            let times = active * (index == 0 && layer.isGated ? 2 : 1)
            for (owner, time) in one.breakdown.parts { cost.breakdown[owner] += time.microseconds * times }
            cost.dispatches += one.dispatches * times
            cost.libraryCalls += one.libraryCalls * times
            cost.memoryTraffic += one.memoryTraffic * times
        }
        // Activation of the experts' inner rows on the calling thread.
        cost.breakdown[.extraPasses] += pairs * Double(layer.localIntermediate) * kernels.siluGate / clock
        return cost
    }
}
