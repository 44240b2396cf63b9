import CPUKernels
import Quantities
import Workload

extension TransformerExecutor {
    /// A layer that normalises before each branch (GPT-2, Llama): x += attention(norm(x)); x += feedForward(norm(x)).
    func decoderLayer(_ index: Int, rows: Int, cache: KeyValueCache, _ memory: ActivationMemory) throws {
        let layer = weights.layers[index]
        normalize(layer.firstNorm, memory.residual, to: memory.normalized, rows: rows, place: "layer \(index) attention.norm")
        try project(layer.queryKeyValue, memory.normalized, to: memory.queryKeyValue, rows: rows, place: "layer \(index) attention.query_key_value")
        rotate(memory.queryKeyValue, rows: rows, cache: cache, place: "layer \(index) attention.rotary")
        attend(rows: rows, cache: cache, layer: index, memory)
        try project(layer.attentionOutput, memory.branch, to: memory.normalized, rows: rows, place: "layer \(index) attention.output")
        addResidual(memory.normalized, memory, rows: rows, place: "layer \(index) attention.residual")
        normalize(layer.secondNorm, memory.residual, to: memory.normalized, rows: rows, place: "layer \(index) feed_forward.norm")
        try feedForward(layer.feedForward, memory.normalized, rows: rows, layer: index, memory)
        addResidual(memory.branch, memory, rows: rows, place: "layer \(index) feed_forward.residual")
    }

    /// A layer that normalises after each residual (BERT): x = norm(x + attention(x)); x = norm(x + feedForward(x)).
    func encoderLayer(_ index: Int, rows: Int, batch: Int, _ memory: ActivationMemory) throws {
        let layer = weights.layers[index]
        try project(layer.queryKeyValue, memory.residual, to: memory.queryKeyValue, rows: rows, place: "layer \(index) attention.query_key_value")
        attendToAll(rows: rows, batch: batch, place: "layer \(index) attention.scaled_dot_product", memory)
        try project(layer.attentionOutput, memory.branch, to: memory.normalized, rows: rows, place: "layer \(index) attention.output")
        addResidual(memory.normalized, memory, rows: rows, place: "layer \(index) attention.residual")
        normalize(layer.firstNorm, memory.residual, to: memory.residual, rows: rows, place: "layer \(index) attention.norm")
        try feedForward(layer.feedForward, memory.residual, rows: rows, layer: index, memory)
        addResidual(memory.branch, memory, rows: rows, place: "layer \(index) feed_forward.residual")
        normalize(layer.secondNorm, memory.residual, to: memory.residual, rows: rows, place: "layer \(index) feed_forward.norm")
    }

    /// Token, position and segment embeddings of each row, normalised where the model does so.
    func embed(_ ids: [Int], batch: Int, position: Int, _ memory: ActivationMemory) throws {
        let hidden = model.hidden
        let tokens = ids.count / batch
        let gather = Operator.gather(Gather(rows: ids.count, columns: hidden, tableRows: model.vocabulary, format: .fp32))
        observed("embeddings.tokens", gather) {
            pool.split(ids.count) { _, rows in
                for row in rows { (memory.residual + row * hidden).update(from: weights.tokenTable + ids[row] * hidden, count: hidden) }
            }
        }
        guard let table = weights.positionTable else { return }
        let add = Operator.elementwise(Elementwise(.add, elements: ids.count * hidden, inputs: 2, rowWidth: hidden, format: .fp32))
        observed("embeddings.add_positions", add) {
            pool.split(ids.count) { _, rows in
                for row in rows {
                    kernels.add(table + (position + row % tokens) * hidden, memory.residual + row * hidden, hidden)
                    if let segment = weights.segmentRow { kernels.add(segment, memory.residual + row * hidden, hidden) }
                }
            }
        }
        if let norm = weights.embeddingNorm {
            normalize(norm, memory.residual, to: memory.residual, rows: ids.count, place: "embeddings.norm")
        }
    }

    /// Final norm and output projection, of every row or of the last of each sequence.
    func logits(
        batch: Int, tokens: Int, all: Bool, phase: WorkloadPhase.Kind, _ memory: ActivationMemory
    ) throws -> UnsafeBufferPointer<Float> {
        guard let norm = weights.finalNorm, let head = weights.head else {
            throw ExecutionError(.unsupportedModel, "\(model.name) has no language-model head")
        }
        let hidden = model.hidden
        let rows = all ? batch * tokens : batch
        if !all {
            for sequence in 0..<batch where tokens > 1 {
                let last = memory.residual + ((sequence + 1) * tokens - 1) * hidden
                (memory.residual + sequence * hidden).update(from: last, count: hidden)
            }
        }
        normalize(norm, memory.residual, to: memory.normalized, rows: rows, place: "final.norm")
        try memory.reserveLogits(rows: rows)
        try project(head, memory.normalized, to: memory.logits, rows: rows, place: "head.logits")
        return UnsafeBufferPointer(start: memory.logits, count: rows * model.vocabulary)
    }

    private func normalize(
        _ norm: Norm, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int, place: @autoclosure () -> String
    ) {
        let hidden = model.hidden
        let epsilon = Float(model.normEpsilon)
        let function: Rowwise.Function = norm.bias == nil ? .rmsNorm : .layerNorm
        observed(place(), .rowwise(Rowwise(function, rows: rows, columns: hidden, format: .fp32))) {
            pool.split(rows) { _, range in
                let start = range.lowerBound * hidden
                if let bias = norm.bias {
                    kernels.layerNorm(x + start, norm.gain, bias, epsilon, range.count, hidden, y + start)
                } else {
                    kernels.rmsNorm(x + start, norm.gain, epsilon, range.count, hidden, y + start)
                }
            }
        }
    }

    /// y = x W + bias.
    func project(
        _ linear: Linear, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int, place: @autoclosure () -> String
    ) throws {
        let source = linear.matrix.source
        let shape = MatrixMultiply(
            m: rows, n: source.n, k: source.k, scheme: scheme, isWeightTransposed: source.layout == .outputMajor, hasBias: linear.bias != nil)
        try observed(place(), .matrixMultiply(shape)) { try multiply(linear, x, to: y, rows: rows) }
    }

    func multiply(_ linear: Linear, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, rows: Int) throws {
        try linear.matrix.multiply(x, m: rows, to: y, pool: pool, kernels: kernels, scratch: scratch)
        guard let bias = linear.bias else { return }
        let n = linear.matrix.source.n
        pool.split(rows) { kernels.addBias(bias, y + $1.lowerBound * n, $1.count, n) }
    }

    private func addResidual(_ x: UnsafePointer<Float>, _ memory: ActivationMemory, rows: Int, place: @autoclosure () -> String) {
        let count = rows * model.hidden
        observed(place(), .elementwise(Elementwise(.add, elements: count, inputs: 2, rowWidth: model.hidden, format: .fp32))) {
            pool.split(count, granule: Self.elementGranule) { kernels.add(x + $1.lowerBound, memory.residual + $1.lowerBound, $1.count) }
        }
    }
}
