import Workload

/// How a pass was spread over devices, read from text such as `tp8-pp8-dp1-microbatch1-interleave3-sequenceparallel-selectiverecompute`.
struct PassLayout {
    var parallelism = Parallelism.single
    var recomputation = TrainingOptions.Recomputation.none
    /// Chunks of layers that a pipeline stage holds (Narayanan et al., 2021, section 2.2).
    var virtualStages = 1
    private var microBatchSize: Int?
    private var microBatchCount: Int?

    /// - Throws: for a word that is not known.
    init(_ text: String) throws(PassRefusal) {
        for word in text.lowercased().split(separator: "-") where word != "none" {
            let letters = String(word.prefix { $0.isLetter })
            let number = Int(word.dropFirst(letters.count))
            switch (letters, number) {
            case ("tp", let count?) where count > 0: parallelism.tensor = count
            case ("pp", let count?) where count > 0: parallelism.pipeline = count
            case ("dp", let count?) where count > 0: parallelism.data = count
            case ("fsdp", let count?) where count > 0: (parallelism.data, parallelism.zero) = (count, .parameters)
            case ("node", let count?) where count > 0: parallelism.devicesPerNode = count
            case ("ep", let count?) where count > 0: parallelism.expert = count
            case ("microbatch", let count?) where count > 0: microBatchSize = count
            case ("microbatches", let count?) where count > 0: microBatchCount = count
            case ("interleave", let count?) where count > 0: virtualStages = count
            case ("sequenceparallel", nil): parallelism.splitsSequence = true
            case ("selectiverecompute", nil): recomputation = .selective
            case ("fullrecompute", nil): recomputation = .full
            default: throw PassRefusal(reason: "parallelism '\(text)': '\(word)' is unknown; tp8, pp8, dp8, fsdp8, ep8, node16, microbatch1, microbatches8, interleave3, sequenceparallel, selectiverecompute and fullrecompute are known")
            }
        }
    }

    /// - Throws: where the micro-batch's size does not divide a replica's sequences.
    func microBatches(batch: Int) throws(PassRefusal) -> Int {
        if let microBatchCount { return microBatchCount }
        guard let microBatchSize else { return 1 }
        let (sequences, perBatch) = (batch / parallelism.data, microBatchSize)
        guard sequences >= perBatch, sequences % perBatch == 0 else {
            throw PassRefusal(reason: "\(sequences) sequences of a replica do not divide into micro-batches of \(perBatch)")
        }
        return sequences / perBatch
    }
}
