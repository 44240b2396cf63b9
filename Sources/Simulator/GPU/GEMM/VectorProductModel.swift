import Hardware
import Workload

/// Products with one or a few tokens on the general lanes (GEMV): every warp streams rows of the weights and reduces its own outputs.
///
/// Libraries switch to it because no tensor-core tile is filled; it needs no split contraction and no second kernel.
/// Equations: docs/model.md, vector products.
struct VectorProductModel: Sendable {
    let machine: GPUMachine
    /// Tokens up to which the library has the kernel.
    let largestTokens: Double
    /// Whether the library takes it whenever it can, without comparing.
    let isRule: Bool
    /// Microseconds from the first request to the last reduced output, besides what bandwidth and lanes take.
    let latency: Double
    /// Bytes of weights that the device keeps in flight, over the latency of where they come from.
    private let bytesInFlight: Double
    private let memoryLatency: Double
    private let cacheLatency: Double
    private let inverseBandwidth: Double
    private let inverseCacheBandwidth: Double
    private let inverseLaneRate: Double
    private let coldRamp: Double

    /// Nil where the constants say that the library has no such kernel.
    init?(machine: GPUMachine, path: KernelPath, weightBytes: Double, constants: TensorCoreConstants, read: ConstantReader) {
        // cuBLAS takes its GEMV for one token of 16-bit or fp32 operands; TensorRT-LLM's plugins up to four of int8.
        let standard: Double = switch path {
        case .half, .bfloat, .tf32: 1
        case .int8: 4
        default: 0
        }
        let largest = read(path.group, "vector_tokens", default: standard)
        guard largest >= 1 else { return nil }
        self.machine = machine
        largestTokens = largest
        isRule = path == .int8
        latency = read(path.group, "vector_latency_us", default: constants.kernelLatency)
        coldRamp = constants.coldRamp
        // Two loads of sixteen bytes a thread in half of the resident threads; latencies under load, memory's from the stream models.
        bytesInFlight = machine.units * machine.maximumThreads * 0.5 * 32
        memoryLatency = read("elementwise", "loaded_latency_us", default: 0.9)
        cacheLatency = memoryLatency / 3
        // A pure read stream: no output to turn the bus around for, as tiles have.
        inverseBandwidth = 1 / (machine.memoryBandwidth * read(path.group, "vector_bandwidth_share", default: constants.bandwidthShare))
        inverseCacheBandwidth = 1 / (machine.units * constants.cacheBytesPerClockPerUnit * machine.matrixClock)
        // One multiply-add a weight and token and as much again to widen 16-bit pairs; four int8 products are one instruction.
        inverseLaneRate = (path == .int8 ? 0.5 : 2) / (machine.units * machine.lanes * machine.vectorClock)
    }

    func estimate(_ problem: GEMMProblem, hot: Bool) -> GEMMEstimate {
        let a = problem.activationFootprint
        let b = problem.weightFootprint
        let output = problem.outputFootprint
        let traffic = hot
            ? a * (1 - problem.hotActivations) + b * (1 - problem.hotWeights) + output * (1 - problem.hotOutput) : a + b + output
        // A CTA of 256 threads makes two outputs; small products leave threads, and so bytes in flight, unused.
        let ctas = (problem.n / 2).rounded(.up)
        let busy = min(1, ctas * 256 / (machine.units * machine.maximumThreads * 0.5))
        let wait = hot && problem.hotWeights > 0
            ? memoryLatency + (cacheLatency - memoryLatency) * problem.hotWeights : memoryLatency
        let memory = max(traffic * inverseBandwidth, b * wait / (bytesInFlight * busy))
        let cache = (a + b) * inverseCacheBandwidth
        let lanes = problem.m * problem.n * problem.k * inverseLaneRate / max(busy, 1 / machine.units)
        let body = overlap(lanes, cache, memory)
        var estimate = GEMMEstimate(
            tile: KernelTile(features: 2, tokens: Int(problem.m), threads: 256), split: 1, grid: ctas,
            waves: ctas / machine.units, multiprocessor: lanes, cache: cache, memory: memory, kernel: body, memoryTraffic: traffic,
            cacheTraffic: a + b, dynamicEnergy: 0)
        estimate.useful = lanes
        let cold = 1 - (problem.hotActivations * a + problem.hotWeights * b) / max(a + b, 1)
        estimate.fill = latency + coldRamp * (hot ? cold : 1)
        return estimate
    }
}
