import CPUKernels
import Foundation

/// What the vector kernels cost with their operands in the nearest caches: arithmetic and instruction issue without memory.
public struct KernelCost: Hashable, Sendable {
    /// As the simulator's constants name it, for example `gelu_cycles_per_element`.
    public var name: String
    public var value: Double
    /// What was timed.
    public var how: String
}

/// Times each kernel of the executor on data of a few KiB; sizes are round numbers that no model has.
struct KernelProbe {
    let kernels: KernelTable
    let timer: ProbeTimer
    /// Core clock in hertz.
    let clock: Double

    private static let rows = 4
    private static let columns = 1024

    func costs() -> [KernelCost] { elementwise() + rowwise() + attention() + matrixVector() + matrixVectorFromMemory() }

    private func cost(_ name: String, elements: Int, _ what: String, _ body: () -> Void) -> KernelCost {
        let cycles = timer.seconds(.threadTime, body) * clock / Double(elements)
        return KernelCost(name: name, value: cycles, how: "\(what), operands in the nearest caches, one thread's CPU time, minimum")
    }

    private func elementwise() -> [KernelCost] {
        let count = Self.rows * Self.columns
        let shape = "\(count) floats"
        return Self.withFloats(3 * count) { x in
            let y = x + count
            let z = x + 2 * count
            return [
                cost("add_cycles_per_element", elements: count, "residual add of \(shape)") { kernels.add(x, y, count) },
                cost("bias_cycles_per_element", elements: count, "bias add of \(shape)") { kernels.addBias(x, y, Self.rows, Self.columns) },
                cost("gelu_cycles_per_element", elements: count, "GELU (error function) of \(shape), with a copy in") {
                    memcpy(y, x, count * 4)
                    kernels.gelu(y, count)
                },
                cost("gelu_tanh_cycles_per_element", elements: count, "GELU (tanh) of \(shape), with a copy in") {
                    memcpy(y, x, count * 4)
                    kernels.geluTanh(y, count)
                },
                cost("maximum_cycles_per_element", elements: count, "largest of \(shape)") { keep(kernels.maximum(x, count)) },
                cost("relu_cycles_per_element", elements: count, "ReLU of \(shape)") { kernels.relu(y, count) },
                cost("tanh_cycles_per_element", elements: count, "tanh of \(shape), with a copy in") {
                    memcpy(y, x, count * 4)
                    kernels.tanh(y, count)
                },
                cost("silu_gate_cycles_per_element", elements: count, "SiLU gate of \(shape), with a copy in") {
                    memcpy(z, x, count * 4)
                    kernels.siluGate(z, y, count)
                },
            ]
        }
    }

    private func rowwise() -> [KernelCost] {
        let count = Self.rows * Self.columns
        let shape = "\(Self.rows) rows of \(Self.columns) floats"
        return Self.withFloats(5 * count) { x in
            let y = x + count
            let gain = x + 2 * count
            let bias = x + 3 * count
            let heads = 16
            let dimension = 64
            return [
                cost("softmax_cycles_per_element", elements: count, "softmax of \(shape), with a copy in") {
                    memcpy(y, x, count * 4)
                    kernels.softmax(y, Self.rows, Self.columns)
                },
                cost("layernorm_cycles_per_element", elements: count, "LayerNorm of \(shape)") {
                    kernels.layerNorm(x, gain, bias, 1e-5, Self.rows, Self.columns, y)
                },
                cost("rmsnorm_cycles_per_element", elements: count, "RMSNorm of \(shape)") {
                    kernels.rmsNorm(x, gain, 1e-5, Self.rows, Self.columns, y)
                },
                cost("rotary_cycles_per_element", elements: count, "rotary embedding of \(count / heads / dimension) tokens, \(heads) heads of \(dimension)") {
                    kernels.rotary(x, count / heads / dimension, heads, dimension, heads * dimension, gain, bias)
                },
            ]
        }
    }

    /// Heads lie side by side in each token's row, as projections leave them, and are attended to in turn, as the executor does: a head's
    /// keys and values are short pieces of distant rows in the shared cache, not in L2, which is part of the cost.
    private static let heads = 20
    private static let keys = 256

    /// Attention costs an amount for each score (exponential, maximum, rescaling) and an amount for each score and element of a head
    /// (the two products): two head sizes tell them apart.
    private func attention() -> [KernelCost] {
        [(name: "attention_prefill", queries: 64), (name: "attention_decode", queries: 1)].flatMap { phase in
            let small = 32
            let large = 128
            let times = [small, large].map { dimension in
                attentionSeconds(queries: phase.queries, dimension: dimension) * clock / Double(phase.queries * Self.keys * Self.heads)
            }
            // Both must be positive whatever the noise of two nearly equal times.
            let perElement = max(1e-3, (times[1] - times[0]) / Double(large - small))
            let perScore = max(0, times[0] - perElement * Double(small))
            let how = "\(Self.heads) heads in turn, side by side in memory, \(phase.queries) queries and \(Self.keys) keys each, heads of \(small) and of "
                + "\(large), one thread's CPU time, minimum; two equations"
            return [
                KernelCost(name: phase.name + "_cycles_per_score", value: perScore, how: how),
                KernelCost(name: phase.name + "_cycles_per_score_element", value: perElement, how: how),
            ]
        }
    }

    private func attentionSeconds(queries: Int, dimension: Int) -> Double {
        let row = Self.heads * dimension
        let keys = Self.keys
        return Self.withFloats(2 * queries * row + 2 * keys * row + KernelTable.attentionWorkspace(headDimension: dimension)) { q in
            let o = q + queries * row
            let k = o + queries * row
            let v = k + keys * row
            let workspace = v + keys * row
            let layout = AttentionLayout(
                headDimension: dimension, queryStride: row, outputStride: row, keyValueStride: row, isCausal: false, firstPosition: 0,
                keys: keys, scale: 0.1)
            return timer.seconds {
                for head in 0..<Self.heads {
                    let offset = head * dimension
                    kernels.attention(layout, q + offset, k + offset, v + offset, o + offset, 0, queries, workspace)
                }
            }
        }
    }

    /// Products of one row, which the executor computes itself: bytes of weights per cycle from the second-level cache.
    private func matrixVector() -> [KernelCost] {
        let k = 256
        let n = 256
        return Self.withFloats(n * k + n + k) { weights in
            let x = weights + n * k
            let y = x + k
            func bytesPerCycle(_ name: String, _ what: String, bytes: Int, _ body: () -> Void) -> KernelCost {
                KernelCost(
                    name: name, value: Double(bytes) / (timer.seconds(.threadTime, body) * clock),
                    how: "\(what) of \(n) x \(k), weights in L2, one thread's CPU time, minimum")
            }
            let halves = UnsafeMutableRawPointer(weights).assumingMemoryBound(to: UInt16.self)
            return [
                bytesPerCycle("matrix_vector_bytes_per_cycle", "matrix-vector product [n, k]", bytes: 4 * n * k) {
                    kernels.matrixVector(weights, x, y, k, 0, n)
                },
                bytesPerCycle("vector_matrix_bytes_per_cycle", "vector-matrix product [k, n]", bytes: 4 * n * k) {
                    kernels.vectorMatrix(weights, x, y, k, n, 0, n)
                },
                bytesPerCycle("matrix_vector_bf16_bytes_per_cycle", "matrix-vector product [n, k] of bfloat16", bytes: 2 * n * k) {
                    kernels.matrixVectorBF16(halves, x, y, k, 0, n)
                },
            ]
        }
    }

    /// The same products with weights far beyond the caches: gigabytes per second that the loops draw from memory. Sizes of no power of two, so
    /// that rows do not fall on each other's cache sets.
    private func matrixVectorFromMemory() -> [KernelCost] {
        let k = 1000
        let n = 40_000
        return Self.withFloats(n * k + n) { weights in
            let y = weights + n * k
            func rate(_ name: String, _ what: String, _ body: () -> Void) -> KernelCost {
                KernelCost(
                    name: name, value: Double(4 * n * k) / timer.seconds(.threadTime, body) / 1e9,
                    how: "\(what), \(n) x \(k) and so \(4 * n * k / 1_000_000) MB of weights from memory, one thread's CPU time, minimum")
            }
            return [
                rate("matrix_vector_memory_gb_per_s_per_core", "matrix-vector product [n, k]") { kernels.matrixVector(weights, weights, y, k, 0, n) },
                rate("vector_matrix_memory_gb_per_s_per_core", "vector-matrix product [k, n]") { kernels.vectorMatrix(weights, weights, y, k, n, 0, n) },
            ]
        }
    }

    /// Runs `body` over floats between 0.1 and 1: no denormals, no overflow in repeated use.
    private static func withFloats<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Result) -> Result {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
        defer { raw.deallocate() }
        let values = raw.bindMemory(to: Float.self, capacity: count)
        for index in 0..<count { values[index] = 0.1 + 0.9 * Float((index &* 7919) % 1000) / 1000 }
        return body(values)
    }
}
