import Hardware
import Quantities
import Workload

/// One layer (decoder block) of a phase: the mean over the layers of the stack, without embeddings, head and sampling.
public struct LayerProjection: Hashable, Sendable {
    public var time: Seconds
    /// Owners of the time; they add up to `time`.
    public var breakdown: TimeBreakdown
    /// Energy of one layer, absent where any operator's is unknown.
    public var energy: Joules?
    /// The least time that the data sheet allows: arithmetic at the dense peak, or weights and keys and values once at the bandwidth of the
    /// memory that holds them, whichever is longer.
    public var bound: Seconds
    /// Whether `bound` is the memory's.
    public var isMemoryBound: Bool

    /// Share of the data sheet's bound that the projection reaches: at most 1 unless weights stay in on-chip memory from pass to pass.
    public var shareOfBound: Double { bound / time }
}

extension WorkloadProjection {
    /// One layer of the first phase of a kind, nil where there is none.
    ///
    /// - Parameters:
    ///   - layers: layers of the model's stack.
    ///   - architecture: the device that was projected on.
    public func layer(of kind: WorkloadPhase.Kind, layers: Int, on architecture: Architecture) -> LayerProjection? {
        guard layers > 0, let phase = phases.first(where: { $0.kind == kind }) else { return nil }
        let inside = phase.operators.filter { Self.isInLayer($0.name) }
        let share = 1 / Double(layers)
        var breakdown = TimeBreakdown()
        var (time, energy, isEnergyKnown) = (Seconds.zero, Joules.zero, true)
        var operations = Operations.zero
        var stored = Bytes.zero
        for item in inside {
            let weight = Double(item.count) * share
            time += item.projection.time * weight
            for (owner, part) in item.projection.breakdown.parts { breakdown[owner] += part.microseconds * weight }
            if let joules = item.projection.energy { energy += joules * weight } else { isEnergyKnown = false }
            operations += item.projection.operations * weight
            stored += Self.storedBytes(of: item.shape) * weight
        }
        guard time > .zero else { return nil }
        let arithmetic = Seconds(microseconds: operations.value / peak.operationsPerMicrosecond)
        var memory = stored / memoryBandwidth
        if case .streamed(let streamed) = placement, let backing = architecture.backingMemory {
            memory = max(memory, stored * streamed / backing.bandwidth.value)
        }
        return LayerProjection(
            time: time, breakdown: breakdown, energy: isEnergyKnown ? energy : nil, bound: max(arithmetic, memory),
            isMemoryBound: memory > arithmetic)
    }

    /// Whether an operator belongs to the layers rather than to the ends of the model.
    private static func isInLayer(_ name: String) -> Bool {
        !["embeddings.", "head.", "final.", "pipeline."].contains { name.hasPrefix($0) }
    }

    /// Bytes that must come from where weights and the KV cache are kept.
    private static func storedBytes(of shape: Operator) -> Bytes {
        switch shape {
        case .matrixMultiply(let product): product.hasWeights ? product.weightBytes : .zero
        case .attention(let attention): attention.keyValueBytes
        case .mixtureOfExperts(let layer): layer.bytesRead
        default: .zero
        }
    }
}
