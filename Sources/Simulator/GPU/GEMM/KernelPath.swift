import Hardware
import Quantities
import Workload

/// The kind of kernel that a library uses for a combination of formats: what constants, tiles and extra passes depend on.
enum KernelPath: String, CaseIterable, Sendable {
    /// fp16 and bf16 differ only where a device multiplies them at different rates (CDNA 1).
    case half, bfloat = "bf16", tf32, fp8Tensor = "fp8", fp8Static = "fp8_static", fp8Block = "fp8_block", fp8Plain = "fp8_plain"
    case int8, weightOnly8 = "w8a16", weightOnly4 = "w4a16", fp4 = "nvfp4", mxfp8, mxfp4WeightOnly = "mxfp4a16"
    /// General-purpose lanes, or a matrix pipe that multiplies fp32: classic shared-memory tiling.
    case single = "fp32", double = "fp64"

    init?(_ scheme: MatrixMultiplyScheme) {
        switch scheme.compute {
        case .fp16, .bf16:
            switch scheme.weight {
            case .fp16, .bf16, .fp32: self = scheme.compute == .bf16 ? .bfloat : .half
            case .int8, .fp8e4m3, .fp8e5m2: self = .weightOnly8
            case .int4, .nf4, .fp4: self = .weightOnly4
            case .mxfp4, .nvfp4: self = .mxfp4WeightOnly
            default: return nil
            }
        case .tf32: self = .tf32
        case .fp8e4m3, .fp8e5m2:
            self = switch scheme.quantisation {
            case .none: .fp8Plain
            case .perTensorDynamic: .fp8Tensor
            case .perTensorStatic: .fp8Static
            case .blockScaled: .fp8Block
            }
        case .mxfp8: self = .mxfp8
        case .nvfp4, .mxfp4, .fp4: self = .fp4
        case .int8: self = .int8
        case .fp32: self = .single
        case .fp64: self = .double
        default: return nil
        }
    }

    /// Group of constants, `gemm` first.
    var group: String { isSixteenBit ? "gemm" : "gemm." + rawValue }
    /// Whether both operands are 16-bit floats.
    var isSixteenBit: Bool { self == .half || self == .bfloat }
    /// Whether libraries ship the kernel with split-K or stream-K.
    var splits: Bool {
        switch self {
        case .fp8Block, .fp4, .mxfp8, .int8, .weightOnly8, .weightOnly4, .mxfp4WeightOnly: false
        default: true
        }
    }
    /// Whether weights are converted in registers before they are multiplied.
    var convertsWeights: Bool { self == .weightOnly8 || self == .weightOnly4 || self == .mxfp4WeightOnly }
}
