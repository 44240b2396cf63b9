import Quantities

extension Operator {
    /// The same operator with its floating-point tensors stored and multiplied in another format: a trace recorded in fp32 replayed in fp16.
    ///
    /// Operators that are quantised already keep their scheme.
    public func recast(to format: NumberFormat) -> Operator {
        func stored(_ current: NumberFormat) -> NumberFormat {
            let isFloat = [.fp32, .fp16, .bf16].contains(current)
            return isFloat ? (format == .tf32 ? .fp32 : format) : current
        }
        switch self {
        case .matrixMultiply(var product):
            let isFloat = product.scheme == .uniform(product.scheme.compute) && product.scheme.compute != .int8
            if isFloat { product.scheme = .uniform(format) }
            return .matrixMultiply(product)
        case .attention(var attention):
            attention.query = stored(attention.query)
            attention.keyValue = stored(attention.keyValue)
            return .attention(attention)
        case .rowwise(var shape):
            shape.format = stored(shape.format)
            return .rowwise(shape)
        case .elementwise(var shape):
            shape.format = stored(shape.format)
            return .elementwise(shape)
        case .rotary(var shape):
            shape.format = stored(shape.format)
            return .rotary(shape)
        case .gather(var shape):
            shape.format = stored(shape.format)
            return .gather(shape)
        case .sampling(var shape):
            shape.format = stored(shape.format)
            return .sampling(shape)
        case .mixtureOfExperts(var layer):
            if layer.scheme == .uniform(layer.scheme.compute) { layer.scheme = .uniform(format) }
            return .mixtureOfExperts(layer)
        case .collective(var shape):
            // The buffer shrinks or grows with its elements.
            shape.bytes = Int((Double(shape.bytes) * stored(shape.format).bytesPerElement / shape.format.bytesPerElement).rounded())
            shape.format = stored(shape.format)
            return .collective(shape)
        case .copy:
            return self
        }
    }
}

extension Workload {
    /// The same workload with its floating-point tensors in another format; the footprint scales with the weights' and activations' bytes.
    public func recast(to format: NumberFormat) -> Workload {
        var result = self
        for phase in result.phases.indices {
            for index in result.phases[phase].operators.indices {
                result.phases[phase].operators[index].shape = phases[phase].operators[index].shape.recast(to: format)
            }
        }
        let before = phases.first?.weightBytes ?? .zero
        let after = result.phases.first?.weightBytes ?? .zero
        if before > .zero { result.memory.weights = memory.weights * (after / before) }
        return result
    }
}

extension WorkloadPhase {
    /// Bytes of the weight matrices that one repetition reads.
    public var weightBytes: Bytes {
        operators.reduce(.zero) { sum, item in
            guard case .matrixMultiply(let product) = item.shape, product.hasWeights else { return sum }
            return sum + product.weightBytes * Double(item.count)
        }
    }
}
