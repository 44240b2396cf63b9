import ConfigurationFiles
import Quantities
import Workload

/// Why a measured pass has no workload.
struct PassRefusal: Error {
    var reason: String
}

extension MeasuredPass {
    /// The phases that the pass ran, as this program lowers them.
    ///
    /// - Parameter half: format of the activations between quantised products.
    /// - Throws: `PassRefusal` for a model that nobody knows, an unknown format, or a parallelism that cannot be read or does not divide.
    func workload(dtype: String, under circumstances: PassProtocol, half: NumberFormat = .bf16) throws(PassRefusal) -> Workload {
        var model = try configuration(circumstances)
        let (format, quantization) = try Self.formats(dtype, half: half)
        let layout = try PassLayout(parallelism)
        var request = WorkloadRequest(batch: batch, promptTokens: sequence, format: format, quantization: quantization, keyValueFormat: keyValueFormat, parallelism: layout.parallelism, options: circumstances.fusion.options)
        circumstances.fusion.adapt(&model, &request.options, trains: phase == .training)
        if phase == .prefill { request.options.computesAllLogits = false }
        if phase == .decode { (request.promptTokens, request.generatedTokens) = (max(1, sequence - 1), 1) }
        if phase == .generation { request.generatedTokens = generated }
        if phase == .training {
            request.options.dropsActivations = circumstances.dropsActivations
            request.training = TrainingOptions(
                recomputation: layout.recomputation, microBatches: try layout.microBatches(batch: batch), virtualStages: layout.virtualStages)
            // Gradients were never set to zero between passes (sitar-lab/NeuSight, neusight/Tracing/trace.py); Megatron adds inside its products.
            request.training?.accumulatesGradients = circumstances.fusion == .huggingFaceEager
        }
        do {
            var workload = try model.workload(for: request)
            workload.phases = workload.phases.filter { ran in
                switch phase {
                case .decode: ran.kind == .decode
                case .training: ran.kind != .optimizer || circumstances.runsOptimizer || layout.parallelism.data > 1
                case .inference, .prefill, .generation: true
                }
            }
            if dimensions?.vocabulary == 0 { workload.keepLayersOnly() }
            if phase == .training, !circumstances.runsOptimizer { workload.removeOptimizerUpdate() }
            return workload
        } catch {
            throw PassRefusal(reason: error.description)
        }
    }

    /// The format of activations, and how linear layers are stored where that is something else: `bf16`, `fp8`, `int8_wo`.
    private static func formats(_ dtype: String, half: NumberFormat) throws(PassRefusal) -> (NumberFormat, QuantizationScheme) {
        if let scheme = MeasuredFormat.scheme(dtype), scheme == .uniform(scheme.compute) { return (scheme.compute, .none) }
        if let quantization = QuantizationScheme(rawValue: dtype), quantization != .none { return (half, quantization) }
        let known = ["fp32", "tf32", "fp16", "bf16"] + QuantizationScheme.allCases.filter { $0 != .none }.map(\.rawValue)
        throw PassRefusal(reason: "dtype '\(dtype)' is unknown for whole models\(Spelling.suggestion(for: dtype, in: known)) (\(known.joined(separator: ", ")))")
    }

    private func configuration(_ circumstances: PassProtocol) throws(PassRefusal) -> ModelConfiguration {
        if let dimensions { return dimensions.configuration(named: model) }
        let known = circumstances.models.first { $0.name == model }
        do {
            var found = try ModelLibrary.find(known?.like ?? model)
            known?.change(&found)
            return found
        } catch {
            throw PassRefusal(reason: error.description)
        }
    }
}

extension Workload {
    /// Leaves neither embeddings nor head.
    fileprivate mutating func keepLayersOnly() {
        for index in phases.indices { phases[index].operators.removeAll { $0.name.hasPrefix("embeddings.") || $0.name.hasPrefix("head.") } }
    }

    /// Leaves of the optimizer phase only what replicas exchange.
    mutating func removeOptimizerUpdate() {
        for index in phases.indices where phases[index].kind == .optimizer { phases[index].operators.removeAll { $0.name == "optimizer.update" } }
        phases.removeAll { $0.operators.isEmpty }
    }
}

extension MeasuredPass.Dimensions {
    fileprivate func configuration(named name: String) -> ModelConfiguration {
        var model = ModelConfiguration(
            name: name, family: "llama", hidden: hidden, layers: layers, heads: heads, intermediate: intermediate, vocabulary: max(1, vocabulary))
        model.keyValueHeads = keyValueHeads
        model.headDimension = headDimension
        model.positions = .rotary(RotaryParameters(dimension: headDimension, base: 10_000))
        model.normalisation = .rmsNorm
        model.activation = .silu
        model.isGated = true
        model.biases = .none
        model.tiesEmbeddings = false
        return model
    }
}

extension PassProtocol.SourceModel {
    /// Makes the preset what the source ran.
    func change(_ model: inout ModelConfiguration) {
        model.name = name
        if let layers {
            // As many of the layers are mixtures as before.
            if let mixtures = model.experts?.layers { model.experts?.layers = mixtures * layers / max(1, model.layers) }
            if model.encoderLayers > 0 { model.encoderLayers = layers }
            model.layers = layers
        }
        model.hidden = hidden ?? model.hidden
        model.intermediate = intermediate ?? model.intermediate
        model.vocabulary = vocabulary ?? model.vocabulary
        if let heads { (model.heads, model.keyValueHeads) = (heads, heads) }
        if let keyValueHeads { model.keyValueHeads = keyValueHeads }
        if hidden != nil || heads != nil || headDimension != nil { model.headDimension = headDimension ?? model.hidden / model.heads }
        model.experts?.intermediate = model.intermediate
        if let experts { model.experts?.count = experts }
    }
}

extension PassProtocol.Fusion {
    /// Gives a model and its lowering what Hugging Face's models have that a configuration does not say; nothing for other software.
    func adapt(_ model: inout ModelConfiguration, _ options: inout LoweringOptions, trains: Bool) {
        guard isHuggingFace else { return }
        // GPT-2's `c_attn` is one product; BERT and OPT have three.
        if model.family == "gpt2" { options.fusesQueryKeyValue = true }
        guard model.structure == .encoder else { return }
        // `AutoModelForSequenceClassification` for inference, `AutoModelForPreTraining` for training (sitar-lab/NeuSight, neusight/Tracing/trace.py).
        model.head = trains ? .maskedLanguageModel : .pooler
        // BERT's product, division, mask, softmax, product is pattern 5 of torch/_inductor/fx_passes/fuse_attention.py, which becomes fused
        // attention over contiguous copies; GPT-2's `where` fits none of 2.1's patterns.
        if self == .huggingFaceCompiled, !trains { options.fusesAttention = true }
    }
}
