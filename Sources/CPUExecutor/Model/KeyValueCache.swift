/// Keys and values of all layers for a fixed batch of sequences: [layer][sequence][position, keyValueWidth], fp32.
public final class KeyValueCache {
    public let batch: Int
    public let capacity: Int
    let width: Int
    /// Positions filled so far, equal for all sequences.
    public internal(set) var length = 0
    private let keys: UnsafeMutablePointer<Float>
    private let values: UnsafeMutablePointer<Float>

    init(layers: Int, batch: Int, capacity: Int, width: Int) throws(ExecutionError) {
        let elements = [layers, batch, capacity, width].reduce((value: 1, overflow: false)) { total, factor in
            let (product, overflow) = total.value.multipliedReportingOverflow(by: factor)
            return (product, total.overflow || overflow)
        }
        guard !elements.overflow, elements.value < 1 << 40 else {
            throw ExecutionError(.outOfMemory, "a KV cache of \(batch) x \(capacity) tokens is beyond any machine")
        }
        guard layers > 0, batch > 0, capacity > 0, width > 0 else {
            throw ExecutionError(.invalidRequest, "a KV cache of \(batch) sequences of \(capacity) tokens: both must be positive")
        }
        try MemoryBudget.require(8 * Double(elements.value), for: "a KV cache of \(batch) x \(capacity) tokens")
        self.batch = batch
        self.capacity = capacity
        self.width = width
        keys = .allocate(capacity: max(1, elements.value))
        values = .allocate(capacity: max(1, elements.value))
        // Touched once, so that the first prefill is not timed with page faults.
        keys.update(repeating: 0, count: elements.value)
        values.update(repeating: 0, count: elements.value)
    }

    deinit {
        keys.deallocate()
        values.deallocate()
    }

    func keys(layer: Int, sequence: Int) -> UnsafeMutablePointer<Float> { keys + offset(layer, sequence) }
    func values(layer: Int, sequence: Int) -> UnsafeMutablePointer<Float> { values + offset(layer, sequence) }
    private func offset(_ layer: Int, _ sequence: Int) -> Int { ((layer * batch) + sequence) * capacity * width }
}
