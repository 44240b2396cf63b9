import Quantities
import Workload

/// Cycles of one core for each element of the vector kernels, operands in the nearest caches.
///
/// Calibration measures them (`ridgeline calibrate`). Without, they follow from the instructions that each kernel issues for one vector:
/// counted from the kernels' source (an exponential is 20: clamp, range reduction, polynomial of degree 7, exponent insertion, selection;
/// a division counts 8, which is its reciprocal throughput on Zen 4 and Golden Cove, uops.info).
struct CPUKernelCosts: Sendable {
    let add: Double
    let bias: Double
    let gelu: Double
    let relu: Double
    let tanh: Double
    let siluGate: Double
    let softmax: Double
    let layerNorm: Double
    let rmsNorm: Double
    let rotary: Double
    /// The largest of a row, and where it is.
    let argmax: Double
    /// For each query-key pair, and for each pair and element of a head.
    let prefillScore: Double
    let prefillScoreElement: Double
    let decodeScore: Double
    let decodeScoreElement: Double
    /// Bytes of weights per cycle that products of one row take in at most.
    let matrixVectorBytes: Double
    let vectorMatrixBytes: Double
    let matrixVectorBF16Bytes: Double
    /// Bytes per microsecond that the fp32 loops draw from main memory on one core; nil where nobody measured it.
    let matrixVectorFromMemory: Double?
    let vectorMatrixFromMemory: Double?

    /// - Parameter elementsPerCycle: fp32 elements of multiply-adds that one core issues in a cycle.
    init(_ read: ConstantReader, elementsPerCycle: Double) {
        func cycles(_ name: String, instructions: Double) -> Double {
            read("cpu", "\(name)_cycles_per_element", default: instructions / elementsPerCycle)
        }
        add = cycles("add", instructions: 4)
        bias = cycles("bias", instructions: 4)
        gelu = cycles("gelu_tanh", instructions: 40)
        relu = cycles("relu", instructions: 3)
        tanh = cycles("tanh", instructions: 33)
        siluGate = cycles("silu_gate", instructions: 33)
        softmax = cycles("softmax", instructions: 28)
        layerNorm = cycles("layernorm", instructions: 10)
        rmsNorm = cycles("rmsnorm", instructions: 6)
        rotary = cycles("rotary", instructions: 6)
        argmax = cycles("maximum", instructions: 2) * 2
        prefillScore = read("cpu", "attention_prefill_cycles_per_score", default: 28 / elementsPerCycle)
        // Two multiply-adds for each pair and element.
        prefillScoreElement = read("cpu", "attention_prefill_cycles_per_score_element", default: 2 / elementsPerCycle)
        decodeScore = read("cpu", "attention_decode_cycles_per_score", default: 28 / elementsPerCycle)
        decodeScoreElement = read("cpu", "attention_decode_cycles_per_score_element", default: 4 / elementsPerCycle)
        // Each multiply-add of a product of one row loads its own weight.
        matrixVectorBytes = read("cpu", "matrix_vector_bytes_per_cycle", default: 4 * elementsPerCycle)
        vectorMatrixBytes = read("cpu", "vector_matrix_bytes_per_cycle", default: 4 * elementsPerCycle)
        matrixVectorFromMemory = read.stated("cpu", "matrix_vector_memory_gb_per_s_per_core").map { $0 * 1e3 }
        vectorMatrixFromMemory = read.stated("cpu", "vector_matrix_memory_gb_per_s_per_core").map { $0 * 1e3 }
        matrixVectorBF16Bytes = read("cpu", "matrix_vector_bf16_bytes_per_cycle", default: elementsPerCycle)
    }

    func cycles(of function: Elementwise.Function) -> Double {
        switch function {
        case .add, .mul, .addScalar, .mulScalar, .cast: add
        case .relu: relu
        case .gelu, .geluMul: gelu
        case .tanh, .sigmoid, .silu, .elu, .exp, .pow, .powScalar, .div, .divScalar: tanh
        case .siluMul: siluGate
        // Three or two tensors in, as many out, with a square root and a division.
        case .adamUpdate, .sgdUpdate: tanh
        }
    }

    func cycles(of function: Rowwise.Function) -> Double {
        switch function {
        case .softmax: softmax
        case .layerNorm: layerNorm
        case .rmsNorm: rmsNorm
        case .addRMSNorm: rmsNorm + add
        case .addLayerNorm: layerNorm + add
        }
    }
}
