import Quantities
import Workload

/// Attention without a fused kernel: scores as a batched product, softmax over them, values as a batched product.
///
/// What eager frameworks run in fp32, and every stack on devices without a flash kernel; scores travel through memory twice.
public enum UnfusedAttention {
    /// The operators that one attention becomes, in order. Grouped heads are expanded to one product a query head, as frameworks do.
    ///
    /// - Parameter repeatsKeyValue: whether keys and values are copied once per query head first (grouped heads in eager frameworks).
    public static func operators(for shape: Attention, repeatsKeyValue: Bool = false) -> [Operator] {
        let matrices = shape.batch * shape.heads
        let scheme = MatrixMultiplyScheme.uniform(shape.query)
        if shape.isBackward { return backward(shape, matrices: matrices, scheme: scheme) }
        var result: [Operator] = []
        if repeatsKeyValue, shape.heads > shape.keyValueHeads {
            let elements = shape.batch * shape.heads * shape.keyValueTokens * (shape.headDimension + shape.valueHeadDimension)
            result.append(.copy(MemoryCopy(.deviceToDevice, bytes: Int(Double(elements) * shape.query.bytesPerElement))))
        }
        result.append(
            .matrixMultiply(
                MatrixMultiply(
                    batch: matrices, m: shape.queryTokens, n: shape.keyValueTokens, k: shape.headDimension, scheme: scheme,
                    hasWeights: false, isWeightTransposed: true)))
        result.append(
            .rowwise(Rowwise(.softmax, rows: matrices * shape.queryTokens, columns: shape.keyValueTokens, format: shape.query)))
        result.append(
            .matrixMultiply(
                MatrixMultiply(
                    batch: matrices, m: shape.queryTokens, n: shape.valueHeadDimension, k: shape.keyValueTokens, scheme: scheme,
                    hasWeights: false, isWeightTransposed: false)))
        return result
    }

    /// The backward pass of eager frameworks: probabilities were kept, so four products and the gradient of softmax, dS = P (dP - sum(dP P)).
    private static func backward(_ shape: Attention, matrices: Int, scheme: MatrixMultiplyScheme) -> [Operator] {
        let (queries, keys, width, valueWidth) = (shape.queryTokens, shape.keyValueTokens, shape.headDimension, shape.valueHeadDimension)
        func product(m: Int, n: Int, k: Int, isTransposed: Bool) -> Operator {
            .matrixMultiply(
                MatrixMultiply(batch: matrices, m: m, n: n, k: k, scheme: scheme, hasWeights: false, isWeightTransposed: isTransposed))
        }
        return [
            product(m: keys, n: valueWidth, k: queries, isTransposed: false),
            product(m: queries, n: keys, k: valueWidth, isTransposed: true),
            .elementwise(Elementwise(.mul, elements: matrices * queries * keys, inputs: 2, rowWidth: keys, format: shape.query)),
            .rowwise(Rowwise(.softmax, rows: matrices * queries, columns: keys, format: shape.query)),
            product(m: queries, n: width, k: keys, isTransposed: false),
            product(m: keys, n: width, k: queries, isTransposed: false),
        ]
    }
}
