import ArgumentParser
import Quantities
import Workload

/// What runs: the options that every command about a model shares.
struct WorkloadOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("A preset (`ridgeline models list`), a Hugging Face config.json, or a folder that holds one.", valueName: "model"))
    var model: String?

    @Option(name: .long, help: "Sequences over all data-parallel replicas.")
    var batch = 1

    @Option(name: [.customLong("prompt"), .customLong("isl")], help: "Prompt tokens of a sequence (input sequence length); 512 where left out, or what the model's positions allow.")
    var prompt: Int?

    @Option(name: [.customLong("generate"), .customLong("osl")], help: "Decode steps after the prefill (output sequence length).")
    var generate = 0

    @Flag(name: .long, help: "A training step instead of inference.")
    var train = false

    @Option(name: .customLong("micro-batches"), help: "Micro-batches of a training step.")
    var microBatches = 1

    @Option(name: .customLong("virtual-stages"), help: "Chunks of layers of a pipeline stage (interleaved schedule).")
    var virtualStages = 1

    @Option(name: .long, help: "Activations recomputed in training: none, selective or full.")
    var recompute = TrainingOptions.Recomputation.selective

    @Option(name: .long, help: "Optimizer of a training step: adam, adam8bit or sgd.")
    var optimizer = TrainingOptions.Optimizer.adam

    @Option(name: .long, help: "Format of activations and unquantised weights; the checkpoint's own where left out.")
    var dtype: NumberFormat?

    @Option(name: .long, help: "How linear layers are stored and multiplied: fp8 (scales found at run time, by passes of their own), fp8_static (known in advance: the operator before writes fp8), fp8_block, int8, int8_wo, int4_wo, nf4, nvfp4, mxfp4, none …")
    var quantization: QuantizationScheme?

    @Option(name: .customLong("kv-cache-dtype"), help: "Format of the KV cache; the activations' where left out.")
    var keyValueCacheFormat: NumberFormat?

    @Option(name: .long, help: "Devices; must be the product of --tp, --pp and --dp. Alone it sets --tp.")
    var gpus: Int?

    @Option(name: .long, help: "Tensor parallelism.")
    var tp: Int?

    @Option(name: .long, help: "Pipeline stages.")
    var pp = 1

    @Option(name: .long, help: "Data-parallel replicas.")
    var dp = 1

    @Option(name: .long, help: "Expert parallelism.")
    var ep = 1

    @Option(name: .customLong("gpus-per-node"), help: "Devices in one node.")
    var gpusPerNode = 8

    @Option(name: .long, help: "What data-parallel replicas share in training: 0 nothing, 1 optimizer state, 2 gradients, 3 parameters.")
    var zero = 0

    @Flag(name: .customLong("sequence-parallel"), help: "Split norms and residuals along the sequence in a tensor-parallel group.")
    var sequenceParallel = false

    @Flag(name: .long, help: "One kernel for each operation, with attention scores in memory.")
    var unfused = false

    @Flag(name: .long, help: "Train with dropout, which costs a pass over attention's probabilities.")
    var dropout = false

    /// The model that the options name.
    ///
    /// - Throws: when none is named, or the name finds none.
    func modelConfiguration(named argument: String? = nil) throws -> ModelConfiguration {
        guard let name = argument ?? model else { throw ValidationError("Give a model: a preset, a config.json or a folder.") }
        return try ModelLibrary.find(name)
    }

    /// The workload that the options describe.
    ///
    /// - Parameter argument: the model's name where a command takes it as an argument.
    /// - Throws: `ModelLibrary.LookUpError`, `WorkloadError`, or a usage error.
    func workload(model argument: String? = nil) throws -> Workload {
        if let network = (argument ?? model).flatMap(LayerNetwork.named) { return try network.workload(for: try networkRequest()) }
        let model = try modelConfiguration(named: argument)
        let request = try request(for: model)
        let workload = try model.workload(for: request)
        if let limit = model.maximumPositions, request.promptTokens + request.generatedTokens > limit, model.patches == nil {
            StandardError.write("note: \(model.name) was made for \(limit) positions, and \(request.promptTokens + request.generatedTokens) are asked for\n")
        }
        return workload
    }

    /// The request that the options describe for a model: formats that are left out are the checkpoint's.
    func request(for model: ModelConfiguration) throws -> WorkloadRequest {
        let training = train ? TrainingOptions(optimizer: optimizer, recomputation: recompute, microBatches: microBatches, virtualStages: virtualStages) : nil
        let parallelism = try parallelism()
        let format = dtype ?? (train ? .bf16 : model.storedFormat ?? .bf16)
        let scheme = quantization ?? (train ? .none : model.quantization?.scheme ?? .none)
        let longest = model.maximumPositions.map { max(1, $0 - generate) } ?? Int.max
        var options: LoweringOptions = unfused ? .unfused : .serving
        options.dropsActivations = train && dropout
        return WorkloadRequest(
            batch: batch, promptTokens: prompt ?? min(512, longest), generatedTokens: generate, training: training, format: format,
            quantization: scheme, keyValueFormat: keyValueCacheFormat, parallelism: parallelism, options: options)
    }

    /// The request for a network that is no transformer: mixed precision, 30 tokens of a sequence where nothing is said.
    private func networkRequest() throws -> WorkloadRequest {
        let training = train ? TrainingOptions(optimizer: optimizer, recomputation: recompute, microBatches: microBatches, virtualStages: virtualStages) : nil
        return WorkloadRequest(
            batch: batch, promptTokens: prompt ?? 30, generatedTokens: generate, training: training, format: dtype ?? .fp16,
            quantization: quantization ?? .none, parallelism: try parallelism())
    }

    private func parallelism() throws -> Parallelism {
        guard let stage = Parallelism.ZeROStage(rawValue: zero) else { throw ValidationError("--zero is \(zero), allowed are 0 to 3.") }
        let tensor = try tensorParallelism()
        return Parallelism(
            tensor: tensor, pipeline: pp, data: dp, expert: ep, splitsSequence: sequenceParallel, zero: stage, devicesPerNode: gpusPerNode)
    }

    private func tensorParallelism() throws -> Int {
        guard let gpus else { return tp ?? 1 }
        let (others, overflows) = pp.multipliedReportingOverflow(by: dp)
        guard !overflows, others > 0, gpus > 0, gpus % others == 0, tp.map({ $0 == gpus / others }) ?? true else {
            throw ValidationError("--gpus \(gpus) is not --tp x --pp x --dp (\(tp.map(String.init) ?? "1") x \(pp) x \(dp)).")
        }
        return gpus / others
    }
}

extension NumberFormat: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension QuantizationScheme: ExpressibleByArgument {
    public init?(argument: String) { self.init(name: argument) }
    public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension TrainingOptions.Recomputation: ExpressibleByArgument {}
extension TrainingOptions.Optimizer: ExpressibleByArgument {}
