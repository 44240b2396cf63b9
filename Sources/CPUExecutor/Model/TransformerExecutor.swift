import CPUKernels
import Quantities
import Workload

/// Runs a transformer on this CPU: the kernels that a good library would launch, in order, on pinned workers.
///
/// Not for use from several threads at once.
public final class TransformerExecutor {
    public let model: ModelConfiguration
    /// How matrix products store their operands.
    public let format: ProductFormat
    public let threads: Int
    public let instructionSet: InstructionSet
    /// Where the weights come from.
    public let weightDescription: String
    /// Called around operators and phases; nil costs nothing.
    public var observer: OperatorObserver?

    let kernels: KernelTable
    let pool: WorkerPool
    let weights: ModelWeights
    let scratch = ScratchMemory()
    let scheme: MatrixMultiplyScheme
    private let store: WeightStore
    private var memory: ActivationMemory?
    var rotaryTables: RotaryTables?

    /// Loads and prepares a model.
    ///
    /// - Parameters:
    ///   - format: of matrix products; activations and attention are fp32 throughout.
    ///   - pin: called once on each worker thread with its number, before any work.
    /// - Throws: for tensors that are missing or misshapen, families that do not run here, and instructions that this machine lacks.
    public init(
        model: ModelConfiguration, weights store: WeightStore, format: ProductFormat = .f32, threads: Int,
        instructionSet: InstructionSet? = nil, pin: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        self.model = model
        self.format = format
        self.threads = max(1, threads)
        self.store = store
        weightDescription = store.description
        try MemoryBudget.require(
            MemoryBudget.weightBytes(model, format: format, mapsSource: store.mapsAll), for: "\(model.name) with \(format.rawValue) products",
            instead: "; `ridgeline trace` and `project` need no weights")
        kernels = try KernelTable(try instructionSet ?? InstructionSet.selected())
        self.instructionSet = kernels.instructionSet
        pool = WorkerPool(threads: self.threads, prepare: pin)
        weights = try WeightLoader(model: model, store: store, format: format, workers: self.threads, kernels: kernels).load()
        scheme = Self.scheme(of: format)
        if let rotary = model.positions.rotary { rotaryTables = RotaryTables(rotary) }
    }

    /// A cache for `batch` sequences of up to `capacity` tokens.
    public func makeCache(batch: Int, capacity: Int) throws(ExecutionError) -> KeyValueCache {
        try KeyValueCache(layers: model.layers, batch: batch, capacity: capacity, width: model.keyValueWidth)
    }

    /// Hidden states [batch, tokens, hidden] of an encoder.
    ///
    /// - Parameter ids: token ids, one sequence after another, all of one length.
    /// - Throws: for ids outside the vocabulary and sequences longer than the model's positions.
    public func encode(_ ids: [Int], batch: Int = 1) throws -> [Float] {
        guard !model.isCausal else { throw ExecutionError(.invalidRequest, "\(model.name) is a decoder: it generates, it does not encode") }
        let memory = try start(ids, batch: batch, position: 0)
        observer?.beginPhase(.encode, ids.count)
        try embed(ids, batch: batch, position: 0, memory)
        for layer in 0..<model.layers { try encoderLayer(layer, rows: ids.count, batch: batch, memory) }
        observer?.endPhase(.encode)
        return Array(UnsafeBufferPointer(start: memory.residual, count: ids.count * model.hidden))
    }

    /// Logits of a decoder for new tokens that follow what the cache holds: [batch, tokens, vocabulary], or of the last token of each sequence.
    ///
    /// - Parameter ids: new tokens, one sequence after another, all of one length; one a sequence is a decode step.
    /// - Throws: for ids outside the vocabulary, a full cache, and positions beyond the model's.
    public func decode(_ ids: [Int], cache: KeyValueCache, allLogits: Bool = false) throws -> UnsafeBufferPointer<Float> {
        guard model.generates else { throw ExecutionError(.invalidRequest, "\(model.name) is an encoder: it does not generate") }
        let batch = cache.batch
        let tokens = ids.count / max(1, batch)
        guard tokens > 0, cache.length + tokens <= cache.capacity else {
            throw ExecutionError(.invalidRequest, "\(tokens) tokens after \(cache.length) do not fit a KV cache of \(cache.capacity)")
        }
        let memory = try start(ids, batch: batch, position: cache.length)
        let kind: WorkloadPhase.Kind = tokens == 1 && cache.length > 0 ? .decode : .prefill
        observer?.beginPhase(kind, ids.count)
        try embed(ids, batch: batch, position: cache.length, memory)
        for layer in 0..<model.layers { try decoderLayer(layer, rows: ids.count, cache: cache, memory) }
        cache.length += tokens
        return try logits(batch: batch, tokens: tokens, all: allLogits, phase: kind, memory)
    }

    /// The most likely next token of each sequence, from the logits of its last token.
    public func greedy(_ logits: UnsafeBufferPointer<Float>, batch: Int) -> [Int] {
        let vocabulary = model.vocabulary
        let rows = logits.count / max(1, vocabulary * batch)
        let shape = Operator.sampling(Sampling(.greedy, rows: batch, vocabulary: vocabulary, format: .fp32))
        return observed("head.sample", shape) {
            (0..<batch).map { sequence in
                let start = ((sequence + 1) * rows - 1) * vocabulary
                return TokenSampler.greedy(UnsafeBufferPointer(rebasing: logits[start..<start + vocabulary]), kernels: kernels)
            }
        }
    }

    /// Ends the phase that `decode` began; call it after sampling, so that sampling belongs to the phase.
    public func endPhase(_ kind: WorkloadPhase.Kind) { observer?.endPhase(kind) }

    private func start(_ ids: [Int], batch: Int, position: Int) throws -> ActivationMemory {
        guard batch > 0, !ids.isEmpty, ids.count % batch == 0 else {
            throw ExecutionError(.invalidRequest, "\(ids.count) token ids for \(batch) sequences: give each sequence the same number, at least one")
        }
        let tokens = ids.count / batch
        if let limit = model.maximumPositions, position + tokens > limit {
            throw ExecutionError(.invalidRequest, "\(position + tokens) tokens; \(model.name) was made for at most \(limit)")
        }
        if let window = model.slidingWindow, model.slidingWindowLayers > 0, position + tokens > window {
            throw ExecutionError(
                .unsupportedModel, "\(position + tokens) tokens; the sliding window of \(model.name), \(window) tokens, does not run on this CPU yet")
        }
        if let bad = ids.first(where: { $0 < 0 || $0 >= model.vocabulary }) {
            throw ExecutionError(.invalidRequest, "token id \(bad) is outside the vocabulary 0 to \(model.vocabulary - 1)")
        }
        rotaryTables?.extend(to: position + tokens)
        if let memory, memory.rows >= ids.count { return memory }
        let isGated = model.isGated || model.experts != nil
        let fresh = try ActivationMemory(
            rows: ids.count, hidden: model.hidden, attentionWidth: model.queryWidth, queryKeyValueWidth: model.queryWidth + 2 * model.keyValueWidth,
            intermediate: max(model.intermediate, model.experts?.intermediate ?? 0), isGated: isGated, vocabulary: model.vocabulary)
        memory = fresh
        return fresh
    }

    private static func scheme(of format: ProductFormat) -> MatrixMultiplyScheme {
        switch format {
        case .f32: .uniform(.fp32)
        case .bf16: MatrixMultiplyScheme(activation: .fp32, weight: .bf16, output: .fp32, compute: .bf16)
        case .s8s8, .u8s8:
            MatrixMultiplyScheme(activation: .fp32, weight: .int8, output: .fp32, compute: .int8, quantisation: .perTensorDynamic)
        }
    }

    /// Runs a piece of work under the observer, if there is one.
    @inline(__always)
    func observed<Result>(_ place: @autoclosure () -> String, _ shape: @autoclosure () -> Operator, _ body: () throws -> Result) rethrows -> Result {
        guard let observer else { return try body() }
        observer.begin()
        let result = try body()
        observer.end(place(), shape())
        return result
    }
}

extension TransformerExecutor {
    /// Greedily generated tokens after a prompt, one sequence.
    ///
    /// - Throws: for requests beyond the vocabulary or the positions of the model.
    public func generate(prompt: [Int], tokens: Int) throws -> [Int] {
        guard tokens > 0 else { return [] }
        // The last token is not read again: it takes no position. Refused here, not after minutes of generation.
        let (positions, overflow) = prompt.count.addingReportingOverflow(tokens - 1)
        if let limit = model.maximumPositions, overflow || positions > limit {
            throw ExecutionError(
                .invalidRequest, "\(prompt.count) tokens and \(tokens) generated ones; \(model.name) was made for at most \(limit)")
        }
        let cache = try makeCache(batch: 1, capacity: positions)
        var generated = greedy(try decode(prompt, cache: cache), batch: 1)
        endPhase(.prefill)
        while generated.count < tokens, let last = generated.last {
            generated += greedy(try decode([last], cache: cache), batch: 1)
            endPhase(.decode)
        }
        return generated
    }
}
