import Quantities
import Workload

/// Why a measured pass has no workload.
struct PassRefusal: Error {
    var reason: String
}

extension MeasuredPass {
    /// The phases that the pass ran, as this program lowers them.
    ///
    /// - Throws: `PassRefusal` for a model that nobody knows, an unknown format, or a parallelism that cannot be read or does not divide.
    func workload(dtype: String, under circumstances: PassProtocol) throws(PassRefusal) -> Workload {
        let model = try configuration(circumstances)
        guard let scheme = MeasuredFormat.scheme(dtype) else { throw PassRefusal(reason: MeasuredFormat.unknownScheme(dtype)) }
        guard case let format = scheme.compute, scheme == .uniform(format) else {
            throw PassRefusal(reason: "whole models are projected in fp32, tf32, fp16 or bf16 here, not \(dtype)")
        }
        let layout = try PassLayout(parallelism)
        var request = WorkloadRequest(batch: batch, promptTokens: sequence, format: format, parallelism: layout.parallelism, options: circumstances.fusion.options)
        if phase == .prefill { request.options.computesAllLogits = false }
        if phase == .decode { (request.promptTokens, request.generatedTokens) = (max(1, sequence - 1), 1) }
        if phase == .training {
            request.training = TrainingOptions(
                recomputation: layout.recomputation, microBatches: try layout.microBatches(batch: batch), virtualStages: layout.virtualStages)
        }
        do {
            var workload = try model.workload(for: request)
            workload.phases = workload.phases.filter { ran in
                switch phase {
                case .decode: ran.kind == .decode
                case .training: ran.kind != .optimizer || circumstances.runsOptimizer || layout.parallelism.data > 1
                case .inference, .prefill: true
                }
            }
            if phase == .training, !circumstances.runsOptimizer { workload.removeOptimizerUpdate() }
            return workload
        } catch {
            throw PassRefusal(reason: error.description)
        }
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
    /// Leaves of the optimizer phase only what replicas exchange.
    fileprivate mutating func removeOptimizerUpdate() {
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
        if vocabulary == 0 { model.head = .none }
        return model
    }
}

extension PassProtocol.SourceModel {
    fileprivate func change(_ model: inout ModelConfiguration) {
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
        if hidden != nil || heads != nil || headDimension != nil { model.headDimension = headDimension ?? model.hidden / model.heads }
        model.experts?.intermediate = model.intermediate
        if let experts { model.experts?.count = experts }
    }
}
