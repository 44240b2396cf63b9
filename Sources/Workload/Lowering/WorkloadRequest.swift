import Quantities

/// What a model is asked to do, in which formats, on how many devices.
public struct WorkloadRequest: Hashable, Sendable {
    /// Sequences (images for vision models) over all data-parallel replicas.
    public var batch: Int
    /// Prompt tokens of a sequence; for training its length.
    public var promptTokens: Int
    /// Decode steps after the prefill; step i attends to the prompt and i tokens.
    public var generatedTokens: Int
    /// A training step instead of inference, nil for inference.
    public var training: TrainingOptions?
    /// Format of activations, and of weights that are not quantised.
    public var format: NumberFormat
    public var quantization: QuantizationScheme
    /// Format of the KV cache; that of the activations where nil.
    public var keyValueFormat: NumberFormat?
    public var parallelism: Parallelism
    public var options: LoweringOptions

    public init(
        batch: Int = 1, promptTokens: Int = 512, generatedTokens: Int = 0, training: TrainingOptions? = nil, format: NumberFormat = .bf16,
        quantization: QuantizationScheme = .none, keyValueFormat: NumberFormat? = nil, parallelism: Parallelism = .single,
        options: LoweringOptions = .serving
    ) {
        self.batch = batch
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.training = training
        self.format = format
        self.quantization = quantization
        self.keyValueFormat = keyValueFormat
        self.parallelism = parallelism
        self.options = options
    }

    /// The format that activations are stored in (tf32 is stored as fp32).
    public var storedFormat: NumberFormat { format == .tf32 ? .fp32 : format }
}

/// How a model is spread over devices. Device count is tensor x pipeline x data; expert parallelism divides that same set.
public struct Parallelism: Hashable, Sendable {
    /// Devices that share each matrix (Shoeybi et al., "Megatron-LM", 2019).
    public var tensor: Int
    /// Stages that share the layers.
    public var pipeline: Int
    /// Replicas that share the batch.
    public var data: Int
    /// Devices that share the experts of a layer.
    public var expert: Int
    /// Whether norms and residuals between tensor-parallel blocks are split along the sequence (Korthikanti et al., 2022).
    public var splitsSequence: Bool
    /// What data-parallel replicas share in training.
    public var zero: ZeROStage
    /// Devices in one node, for the scope of collectives.
    public var devicesPerNode: Int

    /// What replicas divide among them (Rajbhandari et al., "ZeRO", 2020).
    public enum ZeROStage: Int, Hashable, Sendable, CaseIterable {
        case none = 0, optimizerState, gradients, parameters
    }

    public init(
        tensor: Int = 1, pipeline: Int = 1, data: Int = 1, expert: Int = 1, splitsSequence: Bool = false, zero: ZeROStage = .none,
        devicesPerNode: Int = 8
    ) {
        self.tensor = tensor
        self.pipeline = pipeline
        self.data = data
        self.expert = expert
        self.splitsSequence = splitsSequence
        self.zero = zero
        self.devicesPerNode = devicesPerNode
    }

    public static let single = Parallelism()
    public var devices: Int { tensor * pipeline * data }
}

/// What a software stack fuses: the conventions that turn one model into more or fewer operators.
public struct LoweringOptions: Hashable, Sendable {
    /// One attention kernel without scores in memory, instead of product, softmax, product.
    public var fusesAttention: Bool
    /// One product for queries, keys and values.
    public var fusesQueryKeyValue: Bool
    /// One product for gate and up, and one kernel for activation(gate) x up.
    public var fusesGateAndUp: Bool
    /// Residual addition in the kernel of the norm that follows.
    public var fusesResidualAndNorm: Bool
    /// Logits of every prompt token, not of the last alone.
    public var computesAllLogits: Bool
    /// Whether activations are dropped at random, as most models of before 2022 are trained: attention's probabilities in a kernel of their
    /// own, each branch's output too unless it is fused with the residual addition (Srivastava et al., "Dropout", 2014).
    public var dropsActivations = false
    /// Whether scaling and masking of unfused scores happen in the softmax kernel.
    public var fusesScaleAndMask = false
    /// Whether bidirectional scores get a mask too (padding), as Hugging Face's eager models add it.
    public var masksAlways = false
    /// Whether queries, keys, values and the context are copied between token-major and head-major order around attention: batched products
    /// need whole matrices.
    public var copiesHeads = false
    /// Whether functions without a kernel of their own are chains of elementwise kernels: GELU by tanh eight of them, a gated activation two,
    /// rotary embedding five for queries and five for keys.
    public var decomposesFunctions = false
    /// Whether new keys and values reach the cache by copies of their own, as in a cache that is a plain tensor.
    public var copiesIntoCache = false
    /// Whether the next token is drawn on the device.
    public var samples: Bool
    /// Most phases that a generation's decode steps are folded into; each stands for steps of nearly equal length, at their mean.
    public var decodePhases: Int

    public init(
        fusesAttention: Bool, fusesQueryKeyValue: Bool, fusesGateAndUp: Bool, fusesResidualAndNorm: Bool, computesAllLogits: Bool = false,
        samples: Bool = true, decodePhases: Int = 32
    ) {
        self.fusesAttention = fusesAttention
        self.fusesQueryKeyValue = fusesQueryKeyValue
        self.fusesGateAndUp = fusesGateAndUp
        self.fusesResidualAndNorm = fusesResidualAndNorm
        self.computesAllLogits = computesAllLogits
        self.samples = samples
        self.decodePhases = decodePhases
    }

    /// What serving libraries fuse (vLLM, TensorRT-LLM).
    public static let serving = LoweringOptions(
        fusesAttention: true, fusesQueryKeyValue: true, fusesGateAndUp: true, fusesResidualAndNorm: true)
    /// One kernel for each operation, as in an eager framework without fused attention.
    public static let unfused = LoweringOptions(
        fusesAttention: false, fusesQueryKeyValue: false, fusesGateAndUp: false, fusesResidualAndNorm: false)
}

/// How a training step is run.
public struct TrainingOptions: Hashable, Sendable {
    public enum Optimizer: String, Hashable, Sendable, CaseIterable {
        /// Two moments and a master copy in fp32: 12 bytes a parameter.
        case adam
        /// Two moments in 8 bits and no master copy: 2 bytes a parameter (Dettmers et al., 2021).
        case adam8bit
        /// Momentum in fp32 and a master copy.
        case sgd
    }

    /// Which activations are computed again in the backward pass instead of being kept.
    public enum Recomputation: String, Hashable, Sendable, CaseIterable {
        case none
        /// Scores and softmax of attention (which a fused kernel recomputes anyhow).
        case selective
        /// Everything but each layer's input: one more forward pass.
        case full
    }

    public var optimizer: Optimizer
    public var recomputation: Recomputation
    /// Parts that a replica's batch is cut into; they fill the pipeline, and gradients add up over them.
    public var microBatches: Int
    /// Chunks of layers that each pipeline stage holds; the pipeline's idle time is divided by it (Narayanan et al., 2021, section 2.2).
    public var virtualStages: Int
    /// Whether gradients are added to those of an earlier pass by kernels of their own.
    public var accumulatesGradients = false

    public init(optimizer: Optimizer = .adam, recomputation: Recomputation = .selective, microBatches: Int = 1, virtualStages: Int = 1) {
        self.optimizer = optimizer
        self.recomputation = recomputation
        self.microBatches = microBatches
        self.virtualStages = virtualStages
    }
}
