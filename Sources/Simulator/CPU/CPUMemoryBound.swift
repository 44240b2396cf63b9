import Quantities
import Workload

/// Row-wise, elementwise and moving operators: one pass, arithmetic under the streams.
extension CPUMachine {
    /// Elements that the executor hands a worker at least.
    private static var elementwiseGranule: Double { 1024 }

    func cost(of rowwise: Rowwise, _ surroundings: CPUSurroundings) -> CPUCost {
        let pieces = Double(rowwise.rows)
        return pass(
            "\(rowwise.function.rawValue) over \(rowwise.rows) rows", shape: rowwise, pieces: pieces,
            cycles: rowwise.elements * kernels.cycles(of: rowwise.function), surroundings)
    }

    func cost(of elementwise: Elementwise, _ surroundings: CPUSurroundings) -> CPUCost {
        let elements = Double(elementwise.elements)
        return pass(
            "\(elementwise.function.rawValue) of \(elementwise.elements) elements", shape: elementwise,
            pieces: (elements / Self.elementwiseGranule).rounded(.up), cycles: elements * kernels.cycles(of: elementwise.function), surroundings)
    }

    func cost(of rotary: RotaryEmbedding, _ surroundings: CPUSurroundings) -> CPUCost {
        let elements = Double(rotary.tokens) * Double(rotary.heads) * Double(rotary.dimension)
        return pass("rotary embedding", shape: rotary, pieces: Double(rotary.tokens), cycles: elements * kernels.rotary, surroundings)
    }

    func cost(of copy: MemoryCopy, _ surroundings: CPUSurroundings) -> CPUCost {
        pass("copy", shape: copy, pieces: surroundings.cores, cycles: 0, surroundings)
    }

    /// Rows of a table, picked at random: each begins with a load that nothing foresees.
    func cost(of gather: Gather, _ surroundings: CPUSurroundings) -> CPUCost {
        let rows = Double(gather.rows)
        let workers = max(1, min(surroundings.cores, rows))
        var cost = CPUCost("gather of \(gather.rows) rows")
        cost.pieces = gather.rows
        cost.waves = rows / workers
        cost.dispatches = rows > 1 ? 1 : 0
        let written = gather.bytesWritten.value
        let level = self.level(holding: written, cores: workers)
        let table = Double(gather.tableRows) * Double(gather.columns) * gather.format.bytesPerElement
        let source = self.level(holding: surroundings.inputFootprint ?? max(table, 1), cores: workers)
        cost.addPass(
            arithmetic: 0, reads: [CPUStream(bytes: gather.bytesRead.value, level: surroundings.inputFootprint == nil ? memory : source)],
            writes: [CPUStream(bytes: written, level: level)], cores: workers, exponent: 1)
        if surroundings.inputFootprint == nil || source.isMemory { cost.breakdown[.memoryLatency] = (rows / workers).rounded(.up) * memoryLatency }
        return cost
    }

    /// The next token of each sequence, on the calling thread: the largest logit, then its place.
    func cost(of sampling: Sampling, _ surroundings: CPUSurroundings) -> CPUCost {
        var cost = CPUCost("\(sampling.method.rawValue) sampling of \(sampling.rows) rows")
        cost.pieces = sampling.rows
        let elements = Double(sampling.rows) * Double(sampling.vocabulary)
        let cycles = sampling.method == .greedy ? kernels.argmax : kernels.argmax + kernels.softmax
        var alone = surroundings
        alone.cores = 1
        cost.addPass(
            arithmetic: elements * cycles / clock,
            reads: [CPUStream(bytes: sampling.bytesRead.value, level: inputLevel(sampling.bytesRead.value, alone))], writes: [], cores: 1,
            exponent: .infinity)
        return cost
    }

    private func pass(
        _ name: String, shape: any OperatorShape, pieces: Double, cycles: Double, _ surroundings: CPUSurroundings
    ) -> CPUCost {
        let pieces = max(1, pieces)
        let workers = min(surroundings.cores, pieces)
        var cost = CPUCost(name)
        cost.pieces = Int(min(pieces, 1e15))
        cost.waves = pieces / workers
        cost.dispatches = pieces > 1 ? 1 : 0
        let uneven = (pieces / workers).rounded(.up) / (pieces / workers)
        let read = shape.bytesRead.value
        let written = shape.bytesWritten.value
        let footprint = read + written
        cost.addPass(
            arithmetic: cycles / (workers * clock), reads: [CPUStream(bytes: read, level: inputLevel(footprint, surroundings))],
            writes: [CPUStream(bytes: written, level: level(holding: footprint, cores: workers))], cores: workers, exponent: overlapExponent)
        cost.breakdown[.tail] += cost.breakdown.total.microseconds * (uneven - 1)
        return cost
    }
}
