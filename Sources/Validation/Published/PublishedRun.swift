import Quantities
import Workload

/// What a published figure's row says ran, as a workload.
struct PublishedRun {
    var workload: Workload
    /// Sequences over all replicas.
    var batch: Int
    var inputLength: Int
    /// Output tokens of a sequence, the prefill's among them; nil where the row states none.
    var outputLength: Int?
    var devices: Int
    /// Whether layers lie on devices one after another, as many as hold the model.
    var isInSeries = false
    /// Copies of the model on each device, one on each of its units.
    var copiesPerDevice = 1
    /// Operations of the model itself, without recomputation, in units of 10^12, by the convention of papers on utilisation.
    var modelTeraOperations: Double
}

/// What of a device decides how a row's devices are grouped.
struct PublishedMachine {
    /// Compute units of one device.
    var units = 1
    /// Whether devices form a torus, which is one fabric however long its axes are.
    var isTorus = false
    /// Devices of the usual server, nil where none is known.
    var nodeDevices: Int?
}

extension PublishedRun {
    /// - Parameter models: what sources call models.
    /// - Throws: where the row leaves open what ran: no batch, no length, an unknown model or format, devices without a stated use.
    init(
        _ figure: PublishedFigure, dtype: String, under circumstances: PassProtocol, models: [PassProtocol.SourceModel], on machine: PublishedMachine
    ) throws(FigureRefusal) {
        var model = try PublishedModel.find(figure.model, models: models)
        let format = try PublishedFormat(dtype)
        let text = figure.parallelism.isEmpty ? circumstances.layout : figure.parallelism
        let layout = try PublishedLayout(text, devices: figure.devices, units: machine.units, trains: figure.kind == .training)
        let forwardOperations = Self.operationsPerToken(of: model)
        if circumstances.padsShards { model.padShards(over: layout.parallelism.tensor * layout.unitsPerShard) }
        var request = try Self.request(figure, format: format, layout: layout, under: circumstances, on: machine)
        circumstances.fusion.adapt(&model, &request.options, trains: figure.kind == .training)
        var outputLength: Int?
        switch figure.kind {
        case .training:
            request.options.dropsActivations = circumstances.dropsActivations
            request.training = try Self.training(figure, dtype: dtype, layout: layout, batch: request.batch)
            request.training?.accumulatesGradients = circumstances.fusion == .huggingFaceEager
        case .decode, .offline:
            if !(figure.outputLength.isEmpty && figure.kind == .decode) {
                outputLength = try PublishedFigure.count(figure.outputLength, of: "output length", ignoring: ["max"])
            }
            // The prefill yields the first token; a decode figure without an output length is one step behind the prompt.
            request.generatedTokens = max(1, (outputLength ?? 2) - 1)
        case .prefill, .matrixMultiply, .attention: break
        }
        let workload = try Self.workload(of: model, for: request, figure.kind, under: circumstances)
        let tokens = Double(request.batch) * Double(request.promptTokens)
        // The backward pass has twice the products of the forward pass.
        let passes = figure.kind == .training ? 3.0 : 1.0
        self.init(
            workload: workload, batch: request.batch, inputLength: request.promptTokens, outputLength: outputLength, devices: layout.devices,
            isInSeries: layout.isInSeries, copiesPerDevice: layout.isOneCopyPerUnit ? machine.units : 1,
            modelTeraOperations: passes * forwardOperations(request.promptTokens) * tokens * 1e-12)
    }

    private static func request(
        _ figure: PublishedFigure, format: PublishedFormat, layout: PublishedLayout, under circumstances: PassProtocol, on machine: PublishedMachine
    ) throws(FigureRefusal) -> WorkloadRequest {
        var parallelism = layout.isOneCopyPerUnit ? .single : layout.parallelism
        if let nodeDevices = machine.nodeDevices { parallelism.devicesPerNode = nodeDevices }
        if machine.isTorus { parallelism.devicesPerNode = max(1, layout.devices / layout.slices) }
        var batch: Int
        if let local = layout.localBatch {
            batch = local * parallelism.data
        } else {
            batch = try PublishedFigure.count(figure.batch, of: "batch", ignoring: ["global", "acc", "user", "stream", "max", "concurrency", "per", "gpu"])
            if figure.batch.hasSuffix("/gpu") { batch *= parallelism.data }
        }
        let length = try PublishedFigure.count(figure.inputLength, of: figure.kind == .training ? "sequence length" : "input length")
        var request = WorkloadRequest(
            batch: max(1, batch), promptTokens: max(1, length), format: format.activations, quantization: format.quantization, parallelism: parallelism,
            options: circumstances.fusion.options)
        if format.quantization == .fp8, circumstances.hasStaticScales { request.quantization = .fp8Static }
        if format.quantization.quantizesActivations { request.keyValueFormat = circumstances.quantizedKeyValueFormat }
        return request
    }

    private static func training(_ figure: PublishedFigure, dtype: String, layout: PublishedLayout, batch: Int) throws(FigureRefusal) -> TrainingOptions {
        guard !figure.model.lowercased().contains("lora"), !dtype.contains("qlora") else {
            throw FigureRefusal(reason: "fine-tuning with low-rank adapters is not modelled")
        }
        let replicas = layout.parallelism.data
        guard batch % replicas == 0 else { throw FigureRefusal(reason: "batch \(batch) does not divide over \(replicas) replicas") }
        // A rate of the hardware counts what is computed again: all of it (Narayanan et al., 2021, appendix).
        return TrainingOptions(
            recomputation: figure.metric.hasPrefix("hw_") ? .full : layout.recomputation, microBatches: try layout.microBatches(sequences: batch / replicas), virtualStages: layout.virtualStages)
    }

    private static func workload(
        of model: ModelConfiguration, for request: WorkloadRequest, _ kind: PublishedFigure.Kind, under circumstances: PassProtocol
    ) throws(FigureRefusal) -> Workload {
        do {
            var workload = try model.workload(for: request)
            if kind == .training, !circumstances.runsOptimizer {
                if request.parallelism.data == 1 { workload.phases.removeAll { $0.kind == .optimizer } }
                workload.removeOptimizerUpdate()
            }
            if kind == .decode { workload.phases.removeAll { $0.kind != .decode } }
            return workload
        } catch {
            throw FigureRefusal(reason: error.description)
        }
    }

    /// Forward operations of one token by the length it attends to: two for each parameter in use, and 4 x layers x heads x head dimension x
    /// length for scores and values, masked ones included (Chowdhery et al., "PaLM", 2022, appendix B).
    static func operationsPerToken(of model: ModelConfiguration) -> (_ length: Int) -> Double {
        let parameters = 2 * Double(model.activeParameters)
        let scores = 4 * Double(model.layers + model.encoderLayers) * Double(model.heads) * Double(model.headDimension)
        return { length in parameters + scores * Double(length) }
    }
}

extension QuantizationScheme {
    /// Whether products see 8 bits or fewer on both sides.
    fileprivate var quantizesActivations: Bool {
        switch self {
        case .fp8, .fp8Static, .fp8Block, .int8, .nvfp4, .mxfp4mxfp8: true
        case .none, .int8WeightOnly, .int4WeightOnly, .nf4, .mxfp4: false
        }
    }
}

extension ModelConfiguration {
    /// Makes heads, widths and vocabulary whole multiples of a tensor-parallel group; key/value heads below its size are copied.
    fileprivate mutating func padShards(over devices: Int) {
        func multiple(_ value: Int) -> Int { (value + devices - 1) / devices * devices }
        (heads, intermediate, vocabulary) = (multiple(heads), multiple(intermediate), multiple(vocabulary))
        keyValueHeads = multiple(keyValueHeads)
        // Query heads are whole groups of their key/value head.
        heads = (heads + keyValueHeads - 1) / keyValueHeads * keyValueHeads
    }
}
