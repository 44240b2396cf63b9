/// The buffers of one forward pass, planned once for the largest batch of tokens and reused by every layer: six live at a time.
final class ActivationMemory {
    /// Rows (tokens of all sequences) that the buffers hold.
    let rows: Int
    /// Residual stream [rows, hidden].
    let residual: UnsafeMutablePointer<Float>
    /// Normalised input of a branch, and a branch's output [rows, max(hidden, queryWidth)].
    let normalized: UnsafeMutablePointer<Float>
    let branch: UnsafeMutablePointer<Float>
    /// Query, key, value [rows, queryWidth + 2 keyValueWidth].
    let queryKeyValue: UnsafeMutablePointer<Float>
    /// Feed-forward inner activations [rows, intermediate], twice for gated layers.
    let inner: UnsafeMutablePointer<Float>
    let gate: UnsafeMutablePointer<Float>
    /// Logits [rows asked for, vocabulary].
    private(set) var logits: UnsafeMutablePointer<Float>
    private var logitRows: Int
    private let vocabulary: Int
    private let block: UnsafeMutableRawPointer

    /// - Throws: when the machine's memory cannot hold the buffers.
    init(rows: Int, hidden: Int, attentionWidth: Int, queryKeyValueWidth: Int, intermediate: Int, isGated: Bool, vocabulary: Int) throws(ExecutionError) {
        self.rows = rows
        self.vocabulary = vocabulary
        let wide = max(hidden, attentionWidth)
        let sizes = [hidden, wide, wide, queryKeyValueWidth, intermediate, isGated ? intermediate : 0].map { ($0 * rows + 15) / 16 * 16 }
        let total = sizes.reduce(0, +)
        try MemoryBudget.require(4 * Double(total), for: "the activations of \(rows) tokens")
        block = UnsafeMutableRawPointer.allocate(byteCount: max(64, total * 4), alignment: 64)
        let base = block.bindMemory(to: Float.self, capacity: max(16, total))
        base.update(repeating: 0, count: total)
        var offset = 0
        var starts: [UnsafeMutablePointer<Float>] = []
        for size in sizes {
            starts.append(base + offset)
            offset += size
        }
        residual = starts[0]
        normalized = starts[1]
        branch = starts[2]
        queryKeyValue = starts[3]
        inner = starts[4]
        gate = starts[5]
        logitRows = 0
        logits = .allocate(capacity: 1)
    }

    deinit {
        block.deallocate()
        logits.deallocate()
    }

    /// Makes room for the logits of so many rows.
    ///
    /// - Throws: when the machine's memory cannot hold them.
    func reserveLogits(rows: Int) throws(ExecutionError) {
        guard rows > logitRows else { return }
        try MemoryBudget.require(4 * Double(rows) * Double(vocabulary), for: "the logits of \(rows) tokens")
        logits.deallocate()
        logits = .allocate(capacity: max(1, rows * vocabulary))
        logits.update(repeating: 0, count: rows * vocabulary)
        logitRows = rows
    }
}
