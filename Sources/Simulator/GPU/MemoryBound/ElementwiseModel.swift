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
    /// Loads of a rotary embedding's step over those of an activation's, where queues are long: its angle's load depends on the token's position.
    let rotaryLatencyScale: Double
    /// Time of a rotary embedding's step over that of an activation's, where queues are empty: it has no exponential and no quotient.
    let rotaryUnloadedScale: Double
    /// Latencies that an element of a gather waits for: its index, then the table.
    let gatherLatencies: Double

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
        rotaryUnloadedScale = read("elementwise", "rotary_unloaded_scale", default: 0.7)
        gatherLatencies = read("elementwise", "gather_latencies", default: 2)
        rowKernelsAreNarrow = read("elementwise", "row_kernels_narrow", default: 0) > 0
    }

    func estimate(_ shape: Elementwise, _ conditions: ExecutionConditions) -> StreamingEstimate {
        let elements = Double(shape.elements)
        // Gated activations of vLLM: one CTA a row, element-sized accesses. Everything else is a flat vectorised kernel.
        var rows: NarrowRows?
        if rowKernelsAreNarrow, shape.function == .siluMul || shape.function == .geluMul, let width = shape.rowWidth, width > 0 {
            rows = NarrowRows(count: elements / Double(width), width: Double(width), largestCTA: 1024)
        }
        return stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value,
            steps: elements * Self.instructions(shape.function) * constants.instructionScale, rows: rows, conditions)
    }

    func estimate(_ shape: RotaryEmbedding, _ conditions: ExecutionConditions) -> StreamingEstimate {
        // One CTA a token, a thread for each pair of elements of a head group; cos and sin are read once per token.
        let elements = Double(shape.tokens) * Double(shape.heads) * Double(shape.dimension)
        return stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value, steps: elements * 6 * constants.instructionScale,
            rows: rowKernelsAreNarrow
                ? NarrowRows(
                    count: Double(shape.tokens), width: Double(shape.heads * shape.dimension) / 2, largestCTA: 512,
                    unloadedScale: rotaryUnloadedScale, loadedScale: rotaryLatencyScale) : nil,
            conditions)
    }

    func estimate(_ shape: Gather, _ conditions: ExecutionConditions) -> StreamingEstimate {
        // The index-select kernel of PyTorch runs at most 8 CTAs of 128 threads per multiprocessor, and each element waits for two
        // dependent loads (its index, then the table), some of which overlap between iterations. Vectorised row copies are plain streams.
        let elements = Double(shape.rows) * Double(shape.columns)
        var estimate = stream(
            input: shape.bytesRead.value, output: shape.bytesWritten.value, steps: elements * 4, rows: nil, conditions)
        guard rowKernelsAreNarrow else { return estimate }
        let threads = min(elements, machine.units * 1024)
        let hot = 1 - estimate.memoryTraffic / max(estimate.cacheTraffic, 1)
        estimate.latency = elements / threads * gatherLatencies * constants.loadedLatency * constants.latencyShare(hot: hot)
        estimate.body = max(estimate.body, estimate.latency)
        estimate.fill += constants.narrowStart
        return estimate
    }

    func estimate(_ shape: MemoryCopy, _ conditions: ExecutionConditions) -> StreamingEstimate {
        stream(input: Double(shape.bytes), output: Double(shape.bytes), steps: 0, rows: nil, conditions)
    }

    /// A stream of bytes with some arithmetic.
    ///
    /// - Parameters:
    ///   - steps: instructions of one lane, summed over all elements.
    ///   - rows: rows of a kernel with narrow accesses, whose latency limits it; nil for wide accesses.
    func stream(
        input: Double, output: Double, steps: Double, rows: NarrowRows?, _ conditions: ExecutionConditions
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
        if let rows { latency = life(rows, constants.latencyShare(hot: hotInput)) }
        let arithmetic = steps / laneRate
        let body = max(sharpOverlap(max(memory, latency), cache), arithmetic)
        let grid = (total / 2048).rounded(.up)
        return StreamingEstimate(
            memory: memory, cache: cache, arithmetic: arithmetic, latency: latency > memory ? latency : 0,
            fill: constants.kernelLatency + (rows == nil ? 0 : constants.narrowStart), body: body, memoryTraffic: traffic, cacheTraffic: total, grid: grid,
            waves: grid / (machine.units * 8))
    }

    /// Rows that have a CTA each, whose threads walk along it an element at a time.
    struct NarrowRows {
        var count: Double
        var threads: Double
        /// Elements of a row that a thread works on, one after another.
        var steps: Double
        var unloadedScale: Double
        var loadedScale: Double

        init(count: Double, width: Double, largestCTA: Double, unloadedScale: Double = 1, loadedScale: Double = 1) {
            self.count = count
            threads = max(1, min(width, largestCTA))
            steps = (width / threads).rounded(.up)
            self.unloadedScale = unloadedScale
            self.loadedScale = loadedScale
        }
    }

    /// Microseconds that waves of such CTAs wait for memory: a thread's step takes the latency of a load, which rises with the loads under way.
    private func life(_ rows: NarrowRows, _ scale: Double) -> Double {
        let resident = max(1, min((machine.maximumThreads / rows.threads).rounded(.down), machine.maximumCTAs))
        func wave(_ ctas: Double) -> Double {
            rows.steps * scale
                * sharpOverlap(
                    constants.unloadedLatency * rows.unloadedScale,
                    constants.loadedLatency * rows.loadedScale * ctas * rows.threads / machine.maximumThreads)
        }
        let full = (rows.count / (machine.units * resident)).rounded(.down)
        let rest = rows.count - full * machine.units * resident
        return full * wave(resident) + (rest > 0 ? wave((rest / machine.units).rounded(.up)) : 0)
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
