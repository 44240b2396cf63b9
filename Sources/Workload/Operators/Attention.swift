import Quantities

/// Scaled dot-product attention of all heads of one layer on one device, score and value products included.
public struct Attention: OperatorShape {
    /// Whether the queries are a whole prompt (or chunk) or one new token a sequence.
    public enum Phase: String, Hashable, Sendable, CaseIterable { case prefill, decode }

    public var phase: Phase
    /// Sequences.
    public var batch: Int
    /// Query tokens per sequence.
    public var queryTokens: Int
    /// Tokens attended per sequence, new ones included.
    public var keyValueTokens: Int
    /// Query heads on this device.
    public var heads: Int
    /// Key/value heads on this device.
    public var keyValueHeads: Int
    /// Elements of one query and key head.
    public var headDimension: Int
    /// Elements of one value head (differs from `headDimension` in latent attention).
    public var valueHeadDimension: Int
    /// Whether token i sees only tokens up to i.
    public var isCausal: Bool
    /// Tokens of sliding window, nil for full attention.
    public var window: Int?
    /// Format of queries and output.
    public var query: NumberFormat
    /// Format of the KV cache.
    public var keyValue: NumberFormat
    /// Whether keys and values are one shared latent vector a token (MLA): read once for both.
    public var sharesKeyAndValue: Bool
    /// Whether this is the backward pass of a fused kernel: five products where the forward pass has two, scores computed again
    /// (Dao et al., "FlashAttention", 2022, algorithm 4).
    public var isBackward: Bool = false

    public init(
        phase: Phase, batch: Int, queryTokens: Int, keyValueTokens: Int, heads: Int, keyValueHeads: Int, headDimension: Int,
        valueHeadDimension: Int? = nil, isCausal: Bool = true, window: Int? = nil,
        query: NumberFormat, keyValue: NumberFormat? = nil, sharesKeyAndValue: Bool = false
    ) {
        self.phase = phase
        self.batch = batch
        self.queryTokens = queryTokens
        self.keyValueTokens = keyValueTokens
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headDimension = headDimension
        self.valueHeadDimension = valueHeadDimension ?? headDimension
        self.isCausal = isCausal
        self.window = window
        self.query = query
        self.keyValue = keyValue ?? query
        self.sharesKeyAndValue = sharesKeyAndValue
    }

    /// Query-key pairs of one head and sequence that are not masked out.
    public var scoresPerHead: Double {
        let queries = Double(queryTokens)
        let keys = Double(keyValueTokens)
        guard isCausal || window != nil else { return queries * keys }
        // Query i (from 0) sees keys - queries + i + 1 tokens when causal, at most `window` of them.
        let prefix = isCausal ? keys - queries : keys - 1
        guard let window = window.map(Double.init) else { return queries * prefix + queries * (queries + 1) / 2 }
        guard isCausal else { return queries * min(keys, window) }
        let growing = max(0, min(queries, window - prefix))
        return growing * prefix + growing * (growing + 1) / 2 + (queries - growing) * min(window, keys)
    }

    public var operations: Operations {
        // Backward: scores again, dQ and dK over the query width; dP and dV over the value width.
        let (scores, values): (Double, Double) = isBackward ? (3, 2) : (1, 1)
        let width = scores * Double(headDimension) + values * Double(valueHeadDimension)
        return Operations(2 * Double(batch) * Double(heads) * scoresPerHead * width)
    }
    /// Bytes of keys and values attended to, read once per key/value head.
    public var keyValueBytes: Bytes {
        let attended = Double(window.map { min(keyValueTokens, $0 + queryTokens - 1) } ?? keyValueTokens)
        let width = sharesKeyAndValue ? max(headDimension, valueHeadDimension) : headDimension + valueHeadDimension
        return Bytes(Double(batch) * attended * Double(keyValueHeads) * Double(width) * keyValue.bytesPerElement)
    }
    private var queryBytes: Bytes { Bytes(Double(batch) * Double(queryTokens) * Double(heads) * Double(headDimension) * query.bytesPerElement) }
    private var outputBytes: Bytes { Bytes(Double(batch) * Double(queryTokens) * Double(heads) * Double(valueHeadDimension) * query.bytesPerElement) }
    /// Forward: queries, keys, values. Backward: those, the output and its gradient.
    public var bytesRead: Bytes { keyValueBytes + queryBytes + (isBackward ? outputBytes * 2 : .zero) }
    /// Forward: the output. Backward: gradients of queries, keys and values.
    public var bytesWritten: Bytes { isBackward ? queryBytes + keyValueBytes : outputBytes }
}
