import CPUKernelsAVX2
import CPUKernelsAVX512
import CPUKernelsBaseline

public typealias FloatPointer = UnsafePointer<Float>
public typealias MutableFloatPointer = UnsafeMutablePointer<Float>

/// The vector kernels of one instruction set, as plain function values: chosen once, called without further dispatch.
///
/// Shapes and layouts are documented at the kernels (`VectorKernels`); each has a naive twin in `ReferenceKernels`.
public struct KernelTable: Sendable {
    public let instructionSet: InstructionSet
    public let softmax: @Sendable (MutableFloatPointer, Int, Int) -> Void
    public let layerNorm: @Sendable (FloatPointer, FloatPointer, FloatPointer, Float, Int, Int, MutableFloatPointer) -> Void
    public let rmsNorm: @Sendable (FloatPointer, FloatPointer, Float, Int, Int, MutableFloatPointer) -> Void
    public let maximum: @Sendable (FloatPointer, Int) -> Float
    public let add: @Sendable (FloatPointer, MutableFloatPointer, Int) -> Void
    public let addScaled: @Sendable (FloatPointer, Float, MutableFloatPointer, Int) -> Void
    public let addBias: @Sendable (FloatPointer, MutableFloatPointer, Int, Int) -> Void
    public let gelu: @Sendable (MutableFloatPointer, Int) -> Void
    public let geluTanh: @Sendable (MutableFloatPointer, Int) -> Void
    public let relu: @Sendable (MutableFloatPointer, Int) -> Void
    public let tanh: @Sendable (MutableFloatPointer, Int) -> Void
    public let siluGate: @Sendable (MutableFloatPointer, FloatPointer, Int) -> Void
    public let rotary: @Sendable (MutableFloatPointer, Int, Int, Int, Int, FloatPointer, FloatPointer) -> Void
    public let attention:
        @Sendable (AttentionLayout, FloatPointer, FloatPointer, FloatPointer, MutableFloatPointer, Int, Int, MutableFloatPointer) -> Void
    public let matrixVector: @Sendable (FloatPointer, FloatPointer, MutableFloatPointer, Int, Int, Int) -> Void
    public let vectorMatrix: @Sendable (FloatPointer, FloatPointer, MutableFloatPointer, Int, Int, Int, Int) -> Void
    public let matrixVectorBF16: @Sendable (UnsafePointer<UInt16>, FloatPointer, MutableFloatPointer, Int, Int, Int) -> Void
    public let narrowToBF16: @Sendable (FloatPointer, UnsafeMutablePointer<UInt16>, Int) -> Void
    public let quantizeRows: @Sendable (FloatPointer, Int, Int, UnsafeMutablePointer<Int8>, MutableFloatPointer) -> Void
    public let dequantize:
        @Sendable (UnsafePointer<Int32>, FloatPointer, FloatPointer, Int, Int, Int, MutableFloatPointer, Int) -> Void

    /// Floats of scratch memory that `attention` needs per calling thread.
    public static func attentionWorkspace(headDimension: Int) -> Int {
        CPUKernelsBaseline.VectorKernels.attentionWorkspace(headDimension: headDimension)
    }

    /// The kernels of an instruction set.
    ///
    /// - Throws: when this machine does not run it.
    public init(_ instructionSet: InstructionSet) throws(KernelError) {
        guard InstructionSet.supported.contains(instructionSet) else {
            throw KernelError(.unsupported, "this processor does not run \(instructionSet.rawValue) kernels")
        }
        switch instructionSet {
        case .baseline: self.init(baseline: ())
        case .avx2: self.init(avx2: ())
        case .avx512: self.init(avx512: ())
        }
    }

    private init(baseline: Void) {
        typealias V = CPUKernelsBaseline.VectorKernels
        instructionSet = .baseline
        softmax = { V.softmax($0, rows: $1, columns: $2) }
        layerNorm = { V.layerNorm($0, gain: $1, bias: $2, epsilon: $3, rows: $4, columns: $5, to: $6) }
        rmsNorm = { V.rmsNorm($0, gain: $1, epsilon: $2, rows: $3, columns: $4, to: $5) }
        maximum = { V.maximum($0, $1) }
        add = { V.add($0, to: $1, count: $2) }
        addScaled = { V.addScaled($0, by: $1, to: $2, count: $3) }
        addBias = { V.addBias($0, to: $1, rows: $2, columns: $3) }
        gelu = { V.gelu($0, count: $1) }
        geluTanh = { V.geluTanh($0, count: $1) }
        relu = { V.relu($0, count: $1) }
        tanh = { V.tanh($0, count: $1) }
        siluGate = { V.siluGate($0, up: $1, count: $2) }
        rotary = { V.rotary($0, tokens: $1, heads: $2, dimension: $3, stride: $4, cosine: $5, sine: $6) }
        attention = { V.attention($0.shape, q: $1, k: $2, v: $3, o: $4, first: $5, last: $6, workspace: $7) }
        matrixVector = { V.matrixVector($0, $1, to: $2, k: $3, first: $4, last: $5) }
        vectorMatrix = { V.vectorMatrix($0, $1, to: $2, k: $3, n: $4, first: $5, last: $6) }
        matrixVectorBF16 = { V.matrixVectorBF16($0, $1, to: $2, k: $3, first: $4, last: $5) }
        narrowToBF16 = { V.narrowToBF16($0, to: $1, count: $2) }
        quantizeRows = { V.quantizeRows($0, rows: $1, columns: $2, to: $3, scales: $4) }
        dequantize = {
            V.dequantize($0, rowScales: $1, columnScales: $2, rows: $3, columns: $4, accumulatorStride: $5, to: $6, stride: $7)
        }
    }

    private init(avx2: Void) {
        typealias V = CPUKernelsAVX2.VectorKernels
        instructionSet = .avx2
        softmax = { V.softmax($0, rows: $1, columns: $2) }
        layerNorm = { V.layerNorm($0, gain: $1, bias: $2, epsilon: $3, rows: $4, columns: $5, to: $6) }
        rmsNorm = { V.rmsNorm($0, gain: $1, epsilon: $2, rows: $3, columns: $4, to: $5) }
        maximum = { V.maximum($0, $1) }
        add = { V.add($0, to: $1, count: $2) }
        addScaled = { V.addScaled($0, by: $1, to: $2, count: $3) }
        addBias = { V.addBias($0, to: $1, rows: $2, columns: $3) }
        gelu = { V.gelu($0, count: $1) }
        geluTanh = { V.geluTanh($0, count: $1) }
        relu = { V.relu($0, count: $1) }
        tanh = { V.tanh($0, count: $1) }
        siluGate = { V.siluGate($0, up: $1, count: $2) }
        rotary = { V.rotary($0, tokens: $1, heads: $2, dimension: $3, stride: $4, cosine: $5, sine: $6) }
        attention = { V.attention($0.shape, q: $1, k: $2, v: $3, o: $4, first: $5, last: $6, workspace: $7) }
        matrixVector = { V.matrixVector($0, $1, to: $2, k: $3, first: $4, last: $5) }
        vectorMatrix = { V.vectorMatrix($0, $1, to: $2, k: $3, n: $4, first: $5, last: $6) }
        matrixVectorBF16 = { V.matrixVectorBF16($0, $1, to: $2, k: $3, first: $4, last: $5) }
        narrowToBF16 = { V.narrowToBF16($0, to: $1, count: $2) }
        quantizeRows = { V.quantizeRows($0, rows: $1, columns: $2, to: $3, scales: $4) }
        dequantize = {
            V.dequantize($0, rowScales: $1, columnScales: $2, rows: $3, columns: $4, accumulatorStride: $5, to: $6, stride: $7)
        }
    }

    private init(avx512: Void) {
        typealias V = CPUKernelsAVX512.VectorKernels
        instructionSet = .avx512
        softmax = { V.softmax($0, rows: $1, columns: $2) }
        layerNorm = { V.layerNorm($0, gain: $1, bias: $2, epsilon: $3, rows: $4, columns: $5, to: $6) }
        rmsNorm = { V.rmsNorm($0, gain: $1, epsilon: $2, rows: $3, columns: $4, to: $5) }
        maximum = { V.maximum($0, $1) }
        add = { V.add($0, to: $1, count: $2) }
        addScaled = { V.addScaled($0, by: $1, to: $2, count: $3) }
        addBias = { V.addBias($0, to: $1, rows: $2, columns: $3) }
        gelu = { V.gelu($0, count: $1) }
        geluTanh = { V.geluTanh($0, count: $1) }
        relu = { V.relu($0, count: $1) }
        tanh = { V.tanh($0, count: $1) }
        siluGate = { V.siluGate($0, up: $1, count: $2) }
        rotary = { V.rotary($0, tokens: $1, heads: $2, dimension: $3, stride: $4, cosine: $5, sine: $6) }
        attention = { V.attention($0.shape, q: $1, k: $2, v: $3, o: $4, first: $5, last: $6, workspace: $7) }
        matrixVector = { V.matrixVector($0, $1, to: $2, k: $3, first: $4, last: $5) }
        vectorMatrix = { V.vectorMatrix($0, $1, to: $2, k: $3, n: $4, first: $5, last: $6) }
        matrixVectorBF16 = { V.matrixVectorBF16($0, $1, to: $2, k: $3, first: $4, last: $5) }
        narrowToBF16 = { V.narrowToBF16($0, to: $1, count: $2) }
        quantizeRows = { V.quantizeRows($0, rows: $1, columns: $2, to: $3, scales: $4) }
        dequantize = {
            V.dequantize($0, rowScales: $1, columnScales: $2, rows: $3, columns: $4, accumulatorStride: $5, to: $6, stride: $7)
        }
    }
}
