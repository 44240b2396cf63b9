import Quantities
import Workload

extension OperatorTrace {
    /// The workload that this trace records, so that it can be replayed on another device.
    ///
    /// A phase event opens a phase; the operators after it belong to it. Operators before any phase event form one `forward` phase.
    /// A plan carries the footprint in its properties; any other trace does not know what was held in memory: the footprint counts each
    /// distinct weight matrix once and nothing else.
    ///
    /// - Complexity: linear in the number of events.
    public func replayedWorkload() -> Workload {
        var phases: [WorkloadPhase] = []
        for event in events {
            guard let shape = event.shape else {
                if let kind = event.phase { phases.append(WorkloadPhase(kind: kind, tokens: event.phaseTokens ?? 0, repetitions: event.count, operators: [])) }
                continue
            }
            if phases.isEmpty { phases.append(WorkloadPhase(kind: event.phase ?? .forward, tokens: 0, operators: [])) }
            let name = TraceEvent.place(of: event.name)
            phases[phases.count - 1].append(PlacedOperator(name: name, shape: shape, count: event.count))
        }
        let devices = number(of: "devices") ?? 1
        return Workload(
            name: workload, phases: phases.filter { !$0.operators.isEmpty }, memory: plannedMemory ?? MemoryFootprint(weights: distinctWeightBytes),
            devices: devices, devicesAtWork: number(of: "devices_at_work").map { min($0, devices) })
    }

    /// A count of devices that the properties state.
    private func number(of name: String) -> Int? {
        properties.first { $0.name == name }.flatMap { Int($0.value) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// The footprint that a plan states.
    private var plannedMemory: MemoryFootprint? {
        func size(_ name: String) -> Bytes? {
            properties.first { $0.name == "memory.\(name).bytes" }.flatMap { Double($0.value) }.flatMap { $0.isFinite && $0 >= 0 ? Bytes($0) : nil }
        }
        guard let weights = size("weights") else { return nil }
        return MemoryFootprint(
            weights: weights, keyValueCache: size("keyValueCache") ?? .zero, activations: size("activations") ?? .zero,
            gradients: size("gradients") ?? .zero, optimizerState: size("optimizerState") ?? .zero)
    }

    /// Weights of every matrix product and table in the first phase that has operators: each phase reads the same ones.
    private var distinctWeightBytes: Bytes {
        var sum = Bytes.zero
        var seenOperator = false
        for event in events {
            switch event.shape {
            case .matrixMultiply(let product) where product.hasWeights: sum += product.weightBytes * Double(event.count)
            case .gather(let gather): sum += Bytes(Double(gather.tableRows * gather.columns) * gather.format.bytesPerElement)
            case nil where seenOperator && event.phase != nil: return sum
            default: break
            }
            seenOperator = seenOperator || event.shape != nil
        }
        return sum
    }
}

extension TraceEvent {
    /// The place in the model without layer and step numbers: `layer 3 attention.output` and `layer 4 attention.output` are one place.
    public static func place(of name: String) -> String {
        name.split(separator: " ").filter { $0 != "layer" && $0 != "step" && Int($0) == nil }.joined(separator: " ")
    }
}

extension WorkloadPhase {
    /// Adds an operator; an equal operator at the same place is counted instead of listed again.
    ///
    /// Layers repeat, so the search from the end finds its partner within one layer's length.
    fileprivate mutating func append(_ item: PlacedOperator) {
        let recent = operators.indices.suffix(64).reversed()
        if let known = recent.first(where: { operators[$0].name == item.name && operators[$0].shape == item.shape }) {
            operators[known].count += item.count
        } else {
            operators.append(item)
        }
    }
}
