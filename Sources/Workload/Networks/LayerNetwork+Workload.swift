import Quantities

extension LayerNetwork {
    /// Lowers a request to the operators of one device; recurrent networks encode the prompt and decode as many tokens.
    ///
    /// - Throws: when a count is out of range or a kind of parallelism other than data is asked for.
    public func workload(for request: WorkloadRequest) throws(WorkloadError) -> Workload {
        let parallelism = request.parallelism
        guard (1...(1 << 20)).contains(request.batch), (1...(1 << 16)).contains(request.promptTokens) else {
            throw WorkloadError(
                .invalidCount, "batch \(request.batch) and prompt \(request.promptTokens): 1 to \(1 << 20) and 1 to \(1 << 16) are allowed for \(id)")
        }
        guard parallelism.tensor == 1, parallelism.pipeline == 1, parallelism.expert == 1 else {
            throw WorkloadError(.unsupportedRequest, "\(id) is no transformer; only data parallelism is modelled for it")
        }
        guard parallelism.data >= 1, request.batch % parallelism.data == 0 else {
            throw WorkloadError(.indivisible, "batch \(request.batch) does not divide over \(parallelism.data) data-parallel replicas; use a multiple")
        }
        guard request.generatedTokens == 0 else {
            throw WorkloadError(.unsupportedRequest, "\(id) decodes as many tokens as its prompt has; leave out generated tokens")
        }
        let batch = request.batch / parallelism.data
        let tokens = takesSequences ? request.promptTokens : 1
        let forward = layers.flatMap { $0.operators(batch: batch, tokens: tokens, request: request) }
        let samples = request.batch * tokens
        let length = takesSequences ? ", sequence \(tokens)" : ""
        let step = request.training == nil ? "" : ", training step"
        let title = "\(id), batch \(request.batch)\(length)\(step), \(request.format.rawValue)"
        var phases = [WorkloadPhase(kind: request.training == nil ? .encode : .forward, tokens: samples, operators: forward)]
        var memory = MemoryFootprint(weights: Bytes(Double(parameters) * weightBytes(request)), activations: activations(forward, request))
        if let training = request.training {
            phases.append(WorkloadPhase(kind: .backward, tokens: 0, operators: forward.reversed().flatMap(\.gradientOperators)))
            phases.append(WorkloadPhase(kind: .optimizer, tokens: 0, operators: optimizerOperators(training, request)))
            let element = request.storedFormat.bytesPerElement
            memory.gradients = Bytes(Double(parameters) * element)
            memory.optimizerState = Bytes(Double(parameters) * training.optimizer.stateBytes(masterCopy: element < 4 ? 4 : 0))
            memory.activations = forward.reduce(.zero) { $0 + $1.shape.bytesWritten * Double($1.count) }
        }
        return Workload(name: title, phases: phases, memory: memory, devices: parallelism.data)
    }

    private func weightBytes(_ request: WorkloadRequest) -> Double {
        request.quantization.matrixScheme(activations: request.format).weight.bytesPerElement
    }

    /// The largest pair of an operator's input and output.
    private func activations(_ operators: [PlacedOperator], _ request: WorkloadRequest) -> Bytes {
        operators.reduce(.zero) { peak, item in
            var live = item.shape.bytesRead + item.shape.bytesWritten
            if case .matrixMultiply(let product) = item.shape { live = live - product.weightBytes }
            return max(peak, live)
        }
    }

    private func optimizerOperators(_ training: TrainingOptions, _ request: WorkloadRequest) -> [PlacedOperator] {
        let data = request.parallelism.data
        let format = request.storedFormat
        var operators: [PlacedOperator] = []
        if data > 1 {
            let bytes = Int((Double(parameters) * format.bytesPerElement).rounded())
            operators.append(PlacedOperator(
                name: "gradients.all_reduce",
                shape: .collective(Collective(.allReduce, devices: data, devicesPerNode: min(data, request.parallelism.devicesPerNode), bytes: bytes, format: format))))
        }
        let state: NumberFormat = training.optimizer == .adam8bit ? .int8 : .fp32
        let update = Elementwise(training.optimizer.update, elements: parameters, inputs: training.optimizer.inputs, format: state)
        operators.append(PlacedOperator(name: "optimizer.update", shape: .elementwise(update)))
        return operators
    }
}
