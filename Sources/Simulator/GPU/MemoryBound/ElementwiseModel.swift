import Hardware
import Quantities
import Workload

/// Elementwise operators, rotary embeddings, gathers and copies on one device: streams that meet memory, cache, lanes or latency.
///
/// Equations: docs/model.md, elementwise.
struct ElementwiseModel: Sendable {
    let machine: GPUMachine
    let constants: StreamingConstants
    let residency: CacheResidency
    private let inverseBandwidth: Double
    private let inverseCacheBandwidth: Double
    private let laneRate: Double
    /// Whether row kernels of the stack use narrow (element-sized) accesses, one CTA a row.
    let rowKernelsAreNarrow: Bool
    /// Latencies that an element of a rotary embedding waits for: its angle's load depends on the token's position.
    let rotaryLatencyScale: Double

    init(machine: GPUMachine, read: ConstantReader) {
        let constants = StreamingConstants(read, group: "elementwise")
        self.machine = machine
        self.constants = constants
        residency = CacheResidency(
            effectiveCapacity: constants.residentShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        inverseBandwidth = 1 / (machine.memoryBandwidth * constants.bandwidthShare)
        inverseCacheBandwidth = 1 / (machine.cacheBandwidth * constants.cacheShare)
        laneRate = machine.units * machine.lanes * machine.vectorClock
        rotaryLatencyScale = read("elementwise", "rotary_latency_scale", default: 1.2)
        rowKernelsAreNarrow = read("elementwise", "row_kernels_narrow", default: 0) > 0
    }

    func estimate(_ shape: Elementwise, _ conditions: ExecutionConditions) -> StreamingEstimate {
        let elements = Double(shape.elements)
        // Gated activations of vLLM: one CTA a row, element-sized accesses. Everything else is a flat vectorised kernel.
        var threads: Double?
        if rowKernelsAreNarrow, shape.function == .siluMul || shape.function == .geluMul, let width = shape.rowWidth, width > 0 {
            threads = elements / Double(width) * min(Double(width), 1024)
        }
        return stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value,
            steps: elements * Self.instructions(shape.function) * constants.instructionScale, threads: threads, conditions)
    }

    func estimate(_ shape: RotaryEmbedding, _ conditions: ExecutionConditions) -> StreamingEstimate {
        // One CTA a token, a thread for each pair of elements of a head group; cos and sin are read once per token.
        let elements = Double(shape.tokens) * Double(shape.heads) * Double(shape.dimension)
        return stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value, steps: elements * 6 * constants.instructionScale,
            threads: rowKernelsAreNarrow
                ? Double(shape.tokens) * min(Double(shape.heads * shape.dimension) / 2, 512) : nil,
            latencyScale: rotaryLatencyScale, conditions)
    }

    func estimate(_ shape: Gather, _ conditions: ExecutionConditions) -> StreamingEstimate {
        // The index-select kernel of PyTorch runs at most 8 CTAs of 128 threads per multiprocessor, and each element waits for two
        // dependent loads (its index, then the table). Vectorised row copies are plain streams.
        let elements = Double(shape.rows) * Double(shape.columns)
        var estimate = stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value, steps: elements * 4, threads: nil, conditions)
        guard rowKernelsAreNarrow else { return estimate }
        let threads = min(elements, machine.units * 1024)
        let hot = 1 - estimate.memoryTraffic / max(estimate.cacheTraffic, 1)
        estimate.latency = elements / threads * 2 * constants.latency(hot: hot)
        estimate.body = max(estimate.body, estimate.latency)
        estimate.fill += constants.narrowStart
        return estimate
    }

    func estimate(_ shape: MemoryCopy, _ conditions: ExecutionConditions) -> StreamingEstimate {
        stream(input: Double(shape.bytes), output: Double(shape.bytes), steps: 0, threads: nil, conditions)
    }

    /// A stream of bytes with some arithmetic.
    ///
    /// - Parameters:
    ///   - steps: instructions of one lane, summed over all elements.
    ///   - threads: threads of a kernel with narrow accesses, whose bytes in flight limit it; nil for wide accesses.
    ///   - latencyScale: latencies that an access waits for, where one load needs the result of another.
    func stream(
        input: Double, output: Double, steps: Double, threads: Double?, latencyScale: Double = 1, _ conditions: ExecutionConditions
    ) -> StreamingEstimate {
        let total = input + output
        let hotInput = residency.residentShare(
            operand: input, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        // A repeated operator overwrites lines that its last run left in the cache, so they never reach memory.
        let hotOutput = conditions.inputReuseFootprint.map { residency.hitShare(footprint: $0.value) } ?? 0
        let traffic = input * (1 - hotInput) + output * (1 - hotOutput)
        let memory = traffic * inverseBandwidth
        let cache = total * inverseCacheBandwidth
        var latency = 0.0
        if let threads {
            let inFlight = min(threads, machine.units * machine.maximumThreads) * constants.narrowBytesPerThread
            latency = total * constants.latency(hot: hotInput) * latencyScale / inFlight
        }
        let arithmetic = steps / laneRate
        let body = max(sharpOverlap(max(memory, latency), cache), arithmetic)
        let grid = (total / 2048).rounded(.up)
        return StreamingEstimate(
            memory: memory, cache: cache, arithmetic: arithmetic, latency: latency > memory ? latency : 0,
            fill: constants.kernelLatency + (threads == nil ? 0 : constants.narrowStart), body: body, memoryTraffic: traffic, cacheTraffic: total, grid: grid,
            waves: grid / (machine.units * 8))
    }

    /// Instructions per element, counted from the arithmetic that compilers emit (fast division and exponentials not assumed).
    static func instructions(_ function: Elementwise.Function) -> Double {
        switch function {
        case .add, .mul, .relu, .addScalar, .mulScalar, .cast: 2
        case .divScalar: 3
        case .div: 10
        case .gelu, .tanh, .silu, .elu, .sigmoid, .exp: 12
        case .siluMul, .geluMul: 14
        case .pow, .powScalar: 60
        // Operations that Adam's and momentum's updates ask for, the quotient and the root as in `div`.
        case .adamUpdate: 30
        case .sgdUpdate: 5
        }
    }
}
