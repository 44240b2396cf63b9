/// The part of each layer that one device holds under tensor and expert parallelism (column-parallel, then row-parallel matrices).
struct Shard: Hashable {
    var heads: Int
    var keyValueHeads: Int
    var intermediate: Int
    /// Rows of the embedding table, the last device's padded.
    var vocabulary: Int
    /// Routed experts held, and the devices that share one of them.
    var experts: Int
    var expertTensorParallel: Int
    var sharedIntermediate: Int
    var tensor: Int

    /// The whole model on one device.
    init(whole model: ModelConfiguration) {
        heads = model.heads
        keyValueHeads = model.keyValueHeads
        intermediate = model.intermediate
        vocabulary = model.vocabulary
        experts = model.experts?.count ?? 0
        expertTensorParallel = 1
        sharedIntermediate = model.experts?.sharedIntermediate ?? 0
        tensor = 1
    }

    /// - Throws: when the model does not divide evenly.
    init(of model: ModelConfiguration, parallelism: Parallelism) throws(WorkloadError) {
        self.init(whole: model)
        let tensor = parallelism.tensor
        self.tensor = tensor
        if tensor > 1 {
            try Self.divide(model.heads, "attention heads", by: tensor, model)
            try Self.divide(model.intermediate, "feed-forward width", by: tensor, model)
            heads = model.heads / tensor
            intermediate = model.intermediate / tensor
            vocabulary = (model.vocabulary + tensor - 1) / tensor
            if model.keyValueHeads % tensor == 0 {
                keyValueHeads = model.keyValueHeads / tensor
            } else if tensor % model.keyValueHeads == 0 {
                // Fewer heads than devices: each holds a copy of one.
                keyValueHeads = 1
            } else {
                throw WorkloadError(
                    .indivisible, "\(model.name): \(model.keyValueHeads) key/value heads and tensor parallelism \(tensor) do not divide one another")
            }
        }
        try shardExperts(of: model, parallelism: parallelism)
    }

    private mutating func shardExperts(of model: ModelConfiguration, parallelism: Parallelism) throws(WorkloadError) {
        let (tensor, expert) = (parallelism.tensor, parallelism.expert)
        guard let configuration = model.experts else {
            if expert > 1 { throw WorkloadError(.unsupportedRequest, "\(model.name) has no experts, so expert parallelism \(expert) means nothing; use 1") }
            return
        }
        try Self.divide(configuration.count, "experts", by: expert, model)
        guard (tensor * parallelism.data) % expert == 0, tensor % expert == 0 || expert % tensor == 0 else {
            throw WorkloadError(
                .indivisible,
                "expert parallelism \(expert) must divide tensor x data (\(tensor) x \(parallelism.data)) and be a divisor or multiple of tensor parallelism")
        }
        experts = configuration.count / expert
        expertTensorParallel = max(1, tensor / expert)
        try Self.divide(configuration.intermediate, "expert width", by: expertTensorParallel, model)
        if configuration.sharedIntermediate > 0 {
            try Self.divide(configuration.sharedIntermediate, "shared expert width", by: tensor, model)
            sharedIntermediate = configuration.sharedIntermediate / tensor
        }
    }

    private static func divide(_ value: Int, _ what: String, by parts: Int, _ model: ModelConfiguration) throws(WorkloadError) {
        guard value % parts == 0 else {
            let choices = (1...min(value, 64)).filter { value % $0 == 0 }.map(String.init).joined(separator: ", ")
            throw WorkloadError(.indivisible, "\(model.name): \(what) \(value) does not divide by \(parts); allowed are \(choices)")
        }
    }
}
