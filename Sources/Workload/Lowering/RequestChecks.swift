/// What a request must satisfy before it is lowered; products of checked counts stay exact in `Int`.
extension ModelConfiguration {
    func check(_ request: WorkloadRequest) throws(WorkloadError) {
        let parallelism = request.parallelism
        try Self.require(request.batch, "batch", in: 1...(1 << 20))
        try Self.require(request.promptTokens, "prompt tokens", in: 1...(1 << 24))
        try Self.require(request.generatedTokens, "generated tokens", in: 0...(1 << 24))
        try Self.require(parallelism.tensor, "tensor parallelism", in: 1...4096)
        try Self.require(parallelism.pipeline, "pipeline stages", in: 1...layers)
        try Self.require(parallelism.data, "data parallelism", in: 1...(1 << 20))
        try Self.require(parallelism.expert, "expert parallelism", in: 1...(1 << 14))
        try Self.require(parallelism.devicesPerNode, "devices per node", in: 1...4096)
        guard request.batch % parallelism.data == 0 else {
            throw WorkloadError(.indivisible, "batch \(request.batch) does not divide over \(parallelism.data) data-parallel replicas; use a multiple")
        }
        if let training = request.training {
            try Self.require(training.microBatches, "micro-batches", in: 1...(1 << 20))
            try Self.require(training.virtualStages, "virtual stages", in: 1...1024)
            let sequences = request.batch / parallelism.data
            guard sequences % training.microBatches == 0 else {
                throw WorkloadError(.indivisible, "\(sequences) sequences of a replica do not divide into \(training.microBatches) micro-batches")
            }
            guard request.generatedTokens == 0 else {
                throw WorkloadError(.unsupportedRequest, "a training step generates nothing; leave out generated tokens")
            }
        }
        if request.generatedTokens > 0, !generates {
            throw WorkloadError(
                .unsupportedRequest, "\(name) has no language-model head over a decoder, so it generates no tokens; use it with 0 generated tokens")
        }
        let length = request.promptTokens + request.generatedTokens
        if patches == nil, case .learned = positions, let limit = maximumPositions, length > limit {
            throw WorkloadError(.invalidCount, "\(name) has learned positions for \(limit) tokens, prompt and generated tokens are \(length)")
        }
        try checkProducts(request, length: length)
    }

    private func checkProducts(_ request: WorkloadRequest, length: Int) throws(WorkloadError) {
        let rows = Double(request.batch) * Double(max(length, patches?.tokens ?? 1))
        let scores = request.options.fusesAttention ? 0 : rows * Double(heads) * Double(length)
        let widest = Double(max(2 * intermediate, vocabulary, queryWidth + 2 * keyValueWidth)) * rows
        guard max(scores, widest) < 9e15 else {
            throw WorkloadError(.invalidCount, "batch \(request.batch) of \(length) tokens makes tensors of more than 9 x 10^15 elements; ask for less")
        }
    }

    private static func require(_ value: Int, _ what: String, in range: ClosedRange<Int>) throws(WorkloadError) {
        guard range.contains(value) else {
            throw WorkloadError(.invalidCount, "\(what) is \(value), allowed are \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
