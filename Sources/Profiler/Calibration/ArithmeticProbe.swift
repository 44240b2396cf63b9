import CPUKernels
import Foundation
import Quantities

/// Operations per second of matrix products of one format, by the library that the executor uses.
public struct ProductRate: Hashable, Sendable {
    public var format: NumberFormat
    /// Rows of A.
    public var m: Int
    /// Columns and depth of B.
    public var side: Int
    public var threads: Int
    public var operationsPerSecond: Double
}

/// Measures clock and arithmetic.
struct ArithmeticProbe {
    let loops: ProbeTable
    let kernels: KernelTable
    let timer: ProbeTimer

    /// Core clock in hertz: a chain of integer operations of one cycle each.
    func clock() -> Double {
        let iterations = 20_000
        let seconds = timer.seconds { keep(loops.dependentAdds(iterations, 0x1234_5677, 0x0F0F_3355)) }
        return Double(16 * iterations) / seconds
    }

    /// Multiply-add operations per second of one core's vector ports, two operations each.
    func portPeak() -> Double {
        let iterations = 20_000
        return [3, 7, 12].map { chains in
            let seconds = timer.seconds { keep(loops.multiplyAdds(chains, iterations, 0.5)) }
            return Double(2 * 16 * chains * iterations) / seconds
        }.max() ?? 0
    }

    static let formats: [(ProductFormat, NumberFormat)] = [(.f32, .fp32), (.bf16, .bf16), (.s8s8, .int8)]

    /// Rate of a product [m, side] x [side, side]; nil where the library refuses the format on this machine.
    ///
    /// - Parameter m: rows; the side for a square product.
    func product(_ format: (ProductFormat, NumberFormat), m: Int, side: Int, pool: WorkerPool) -> ProductRate? {
        guard let seconds = productSeconds(format.0, m: m, n: side, k: side, pool: pool) else { return nil }
        return ProductRate(
            format: format.1, m: m, side: side, threads: pool.threads, operationsPerSecond: 2 * Double(m) * Double(side) * Double(side) / seconds)
    }

    /// Seconds of one product, weights packed beforehand; nil where the library refuses it.
    func productSeconds(_ format: ProductFormat, m: Int, n: Int, k: Int, pool: WorkerPool) -> Double? {
        let weights = values(n * k)
        let activations = values(m * k)
        let result = UnsafeMutablePointer<Float>.allocate(capacity: m * n)
        defer {
            weights.deallocate()
            activations.deallocate()
            result.deallocate()
        }
        let source = MatrixSource(UnsafePointer(weights), n: n, k: k, layout: .outputMajor)
        do throws(KernelError) {
            let matrix = try PackedMatrix(source, format: format, workers: pool.threads, kernels: kernels)
            let scratch = ScratchMemory()
            try matrix.multiply(activations, m: m, to: result, pool: pool, kernels: kernels, scratch: scratch)
            return timer.seconds(pool.threads == 1 ? .threadTime : .wall) {
                _ = try? matrix.multiply(activations, m: m, to: result, pool: pool, kernels: kernels, scratch: scratch)
            }
        } catch {
            return nil
        }
    }

    /// Numbers between -1 and 1 without denormals, the same in every run.
    private func values(_ count: Int) -> UnsafeMutablePointer<Float> {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        var state: UInt32 = 12345
        for index in 0..<count {
            state = state &* 1_664_525 &+ 1_013_904_223
            buffer[index] = Float(state >> 8) / Float(1 << 23) - 1
        }
        return buffer
    }
}
