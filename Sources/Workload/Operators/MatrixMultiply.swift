import Quantities

/// C[batch, m, n] = A[batch, m, k] x B[batch, k, n] (+ bias[n]): linear layers (A activations, B weights) and batched products.
public struct MatrixMultiply: OperatorShape {
    /// Independent products; 1 for a linear layer.
    public var batch: Int
    /// Rows of A and C: tokens.
    public var m: Int
    /// Columns of B and C: output features.
    public var n: Int
    /// Contracted dimension: input features.
    public var k: Int
    /// How operands are stored and multiplied.
    public var scheme: MatrixMultiplyScheme
    /// Whether B holds weights of a layer (read from memory, stored once) rather than activations.
    public var hasWeights: Bool
    /// Whether B is stored [n, k] (both operands contiguous along k, as in PyTorch's Linear) rather than [k, n].
    public var isWeightTransposed: Bool
    /// Whether a bias of n elements is added.
    public var hasBias: Bool

    public init(
        batch: Int = 1, m: Int, n: Int, k: Int, scheme: MatrixMultiplyScheme,
        hasWeights: Bool = true, isWeightTransposed: Bool = true, hasBias: Bool = false
    ) {
        self.batch = batch
        self.m = m
        self.n = n
        self.k = k
        self.scheme = scheme
        self.hasWeights = hasWeights
        self.isWeightTransposed = isWeightTransposed
        self.hasBias = hasBias
    }

    public var operations: Operations {
        Operations(Double(batch) * Double(m) * Double(n) * (2 * Double(k) + (hasBias ? 1 : 0)))
    }
    /// Bytes of A as stored.
    public var activationBytes: Bytes { Bytes(Double(batch) * Double(m) * Double(k) * scheme.activation.bytesPerElement) }
    /// Bytes of B as stored, scales included.
    public var weightBytes: Bytes { Bytes(Double(batch) * Double(k) * Double(n) * scheme.weight.bytesPerElement) }
    public var bytesRead: Bytes {
        activationBytes + weightBytes + Bytes(hasBias ? Double(n) * scheme.output.bytesPerElement : 0)
    }
    public var bytesWritten: Bytes { Bytes(Double(batch) * Double(m) * Double(n) * scheme.output.bytesPerElement) }
}

/// The number formats of a matrix product and how operands become multipliable.
///
/// The cases follow what libraries ship (and the dtype column of measured data), not every combination of formats.
public struct MatrixMultiplyScheme: Hashable, Sendable {
    /// How A arrives in memory.
    public var activation: NumberFormat
    /// How B is stored.
    public var weight: NumberFormat
    /// How C is stored.
    public var output: NumberFormat
    /// The format the multiply units see.
    public var compute: NumberFormat
    /// What is done to A before the product.
    public var quantisation: ActivationQuantisation

    public init(
        activation: NumberFormat, weight: NumberFormat, output: NumberFormat, compute: NumberFormat,
        quantisation: ActivationQuantisation = .none
    ) {
        self.activation = activation
        self.weight = weight
        self.output = output
        self.compute = compute
        self.quantisation = quantisation
    }

    /// One format throughout (fp32, tf32 stored as fp32, fp16, bf16).
    public static func uniform(_ format: NumberFormat) -> Self {
        let stored = format == .tf32 ? NumberFormat.fp32 : format
        return Self(activation: stored, weight: stored, output: stored, compute: format)
    }
    /// e4m3 W8A8 with per-tensor scales found at run time from 16-bit activations.
    public static let fp8Dynamic = Self(
        activation: .bf16, weight: .fp8e4m3, output: .bf16, compute: .fp8e4m3, quantisation: .perTensorDynamic)
    /// e4m3 W8A8 with per-tensor scales known beforehand; activations are cast from 16 bit.
    public static let fp8Static = Self(
        activation: .bf16, weight: .fp8e4m3, output: .bf16, compute: .fp8e4m3, quantisation: .perTensorStatic)
    /// e4m3 with 1x128 activation and 128x128 weight scales (DeepSeek-V3 style).
    public static let fp8Block = Self(
        activation: .bf16, weight: .fp8e4m3, output: .bf16, compute: .fp8e4m3, quantisation: .blockScaled)
    /// e4m3 operands already quantised in memory (torch._scaled_mm).
    public static let fp8Plain = Self(activation: .fp8e4m3, weight: .fp8e4m3, output: .bf16, compute: .fp8e4m3)
    /// int8 W8A8, activations already quantised (SmoothQuant), 16-bit output.
    public static let int8 = Self(activation: .int8, weight: .int8, output: .fp16, compute: .int8)
    /// int8 weights multiplied with 16-bit activations after conversion in registers.
    public static let weightOnlyInt8 = Self(activation: .fp16, weight: .int8, output: .fp16, compute: .fp16)
    /// int4 weights multiplied with 16-bit activations after conversion in registers.
    public static let weightOnlyInt4 = Self(activation: .fp16, weight: .int4, output: .fp16, compute: .fp16)
    /// NVIDIA's 4-bit float on both sides, activations quantised from 16 bit at run time.
    public static let nvfp4 = Self(
        activation: .bf16, weight: .nvfp4, output: .bf16, compute: .nvfp4, quantisation: .blockScaled)
    /// MXFP4 weights with 16-bit activations.
    public static let mxfp4WeightOnly = Self(activation: .bf16, weight: .mxfp4, output: .bf16, compute: .bf16)
    /// MXFP4 weights with MXFP8 activations.
    public static let mxfp4mxfp8 = Self(
        activation: .bf16, weight: .mxfp4, output: .bf16, compute: .mxfp8, quantisation: .blockScaled)
}

/// What is done to activations before a low-precision product.
public enum ActivationQuantisation: String, Hashable, Sendable, CaseIterable {
    /// Nothing: operands are stored as they are multiplied, or only weights are converted.
    case none
    /// One scale a tensor, from its absolute maximum at run time: an extra read pass, then a cast pass.
    case perTensorDynamic
    /// One scale a tensor, known beforehand: a cast pass.
    case perTensorStatic
    /// One scale a block of elements, found and applied in one pass.
    case blockScaled
}
