import Hardware
import Quantities
import Workload

/// A matrix product as kernel models see it: numbers only.
struct GEMMProblem: Hashable, Sendable {
    var batch: Double
    /// Tokens.
    var m: Double
    /// Output features.
    var n: Double
    var k: Double
    /// Bytes of one element of A and B as the main loop loads them, and of C.
    var activationBytes: Double
    var weightBytes: Double
    var outputBytes: Double
    /// Shares of A and B that the cache holds when the kernel starts.
    var hotActivations: Double
    var hotWeights: Double
    /// Share of C whose write-back to memory falls after the kernel, or never happens because the buffer is written again.
    var hotOutput: Double
    var isWeightTransposed: Bool
    var hasBias: Bool
    var isSustained: Bool

    var operations: Double { 2 * batch * m * n * k }
    /// Whether tokens fill tiles of 64 and the contraction vectors of 32 elements, so that no load needs a guard.
    var hasWholeTiles: Bool { m.truncatingRemainder(dividingBy: 64) == 0 && k.truncatingRemainder(dividingBy: 32) == 0 }
    var activationFootprint: Double { batch * m * k * activationBytes }
    var weightFootprint: Double { batch * n * k * weightBytes }
    var outputFootprint: Double { batch * m * n * outputBytes }
}

/// What a kernel model says of the kernel it picked: the times of the resources alone and what blends them, microseconds.
struct GEMMEstimate: Sendable {
    var tile: KernelTile
    var split: Int
    var grid: Double
    var waves: Double
    /// Multiprocessor time of the busiest one, with its parts.
    var multiprocessor: Double
    /// Parts of `multiprocessor` at full clock: useful arithmetic at full rate, its padding, the last wave's idle units, and what
    /// the main loop loses to a named limit.
    var useful = 0.0
    var padding = 0.0
    var tail = 0.0
    var prologue = 0.0
    /// Stall of the main loop beyond the multipliers' own time.
    var stall = 0.0
    var stallOwner = TimeOwner.memoryLatency
    var cache: Double
    var memory: Double
    /// Blend of the three at the clock that was run.
    var kernel: Double
    /// Time added because the clock was held down.
    var power = 0.0
    /// First operands from memory, and fixed latency of a kernel.
    var fill = 0.0
    /// Reduction of partial sums.
    var reduction = 0.0
    var memoryTraffic: Double
    var cacheTraffic: Double
    /// Picojoules of on-chip work.
    var dynamicEnergy: Double
    var relativeClock = 1.0

    /// Microseconds from first to last instruction.
    var time: Double { kernel + fill + reduction }
}

/// Imperfect overlap of resources that work side by side: a soft maximum, the 3-norm.
///
/// Measured kernels lie between the maximum and the sum; exponents fitted freely came out at 2.7 to 3.7 on four generations, and a
/// fixed 3 loses nothing (docs/model.md, overlap).
@inline(__always)
func overlap(_ a: Double, _ b: Double, _ c: Double) -> Double {
    let largest = max(a, b, c)
    guard largest > 0 else { return 0 }
    let inverse = 1 / largest
    let x = a * inverse
    let y = b * inverse
    let z = c * inverse
    return largest * cubeRoot(x * x * x + y * y * y + z * z * z)
}

/// The cube root of a number from 1 to 3 (a sum of three cubes, the largest 1), to 1e-12: three Newton steps from a line.
@inline(__always)
func cubeRoot(_ value: Double) -> Double {
    var root = 0.80 + 0.216 * value
    root -= (root - value / (root * root)) * (1.0 / 3.0)
    root -= (root - value / (root * root)) * (1.0 / 3.0)
    root -= (root - value / (root * root)) * (1.0 / 3.0)
    return root
}

@inline(__always)
func ceilingQuotient(_ a: Double, _ b: Double) -> Double { (a / b).rounded(.up) }
