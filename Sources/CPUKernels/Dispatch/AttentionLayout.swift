import CPUKernelsBaseline

/// Where one attention call finds its operands; strides are in elements.
public struct AttentionLayout: Sendable {
    /// Elements of a query, key and value head.
    public var headDimension: Int
    /// Elements between the queries (and outputs) of consecutive tokens.
    public var queryStride: Int
    public var outputStride: Int
    /// Elements between the keys (and values) of consecutive tokens.
    public var keyValueStride: Int
    /// Whether query i sees only keys up to `firstPosition + i`.
    public var isCausal: Bool
    /// Position of the first query among the keys.
    public var firstPosition: Int
    /// Keys in all.
    public var keys: Int
    /// Factor on scores, 1 / sqrt(headDimension).
    public var scale: Float

    public init(
        headDimension: Int, queryStride: Int, outputStride: Int, keyValueStride: Int, isCausal: Bool, firstPosition: Int, keys: Int,
        scale: Float
    ) {
        self.headDimension = headDimension
        self.queryStride = queryStride
        self.outputStride = outputStride
        self.keyValueStride = keyValueStride
        self.isCausal = isCausal
        self.firstPosition = firstPosition
        self.keys = keys
        self.scale = scale
    }

    /// The same for the kernels of any build.
    var shape: AttentionShape {
        (headDimension, queryStride, outputStride, keyValueStride, isCausal, firstPosition, keys, scale)
    }
}
