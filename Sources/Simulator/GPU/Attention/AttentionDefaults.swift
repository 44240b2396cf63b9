import Hardware

/// Constants of attention kernels for a device whose generation has no calibration: those of the generation with the same path from
/// memory to the matrix units. Calibrated on aiconfigurator's TensorRT-LLM rows (A100, H100, B200); the register path (Volta, Turing,
/// AMD) is estimated: in-order softmax and matrix work, no asynchronous copy to hide loads.
struct AttentionDefaults: Sendable {
    var prefillFixed: Double
    var issueEfficiency: Double
    var softmaxCycles: Double
    var softmaxOverlap: Double
    var prefillCTACycles: Double
    var decodeFixed: Double
    /// Bytes per clock that one multiprocessor streams in the kernel of one query head and in the grouped one.
    var singleHeadBytesPerClock: Double
    var groupedBytesPerClock: Double
    /// Prologue and epilogue of a decode CTA, µs.
    var singleHeadCTA: Double
    var groupedCTA: Double
    var reduction: Double
    var chunk: Double

    init(_ path: Multiprocessor.OperandPath) {
        switch path {
        case .registers:
            self.init(13.6, 0.40, 0.0625, 0.5, 1500, 11, 24, 20, 1.6, 5, 6, 256)
        case .asynchronousCopy:
            self.init(13.6, 0.491, 0.0437, 0.862, 1347, 11.7, 27.9, 21.9, 1.61, 5.79, 6.89, 256)
        case .bulkTensorCopy:
            self.init(14.0, 0.673, 0.0859, 0.645, 6362, 8.95, 29.2, 24.2, 1.17, 4.29, 4.14, 193)
        case .tensorMemory:
            self.init(14.3, 0.76, 0.0627, 0.415, 5193, 10.8, 34, 63.6, 1.31, 1.45, 0.975, 128)
        }
    }

    private init(
        _ prefillFixed: Double, _ issueEfficiency: Double, _ softmaxCycles: Double, _ softmaxOverlap: Double, _ prefillCTACycles: Double,
        _ decodeFixed: Double, _ singleHeadBytesPerClock: Double, _ groupedBytesPerClock: Double, _ singleHeadCTA: Double,
        _ groupedCTA: Double, _ reduction: Double, _ chunk: Double
    ) {
        self.prefillFixed = prefillFixed
        self.issueEfficiency = issueEfficiency
        self.softmaxCycles = softmaxCycles
        self.softmaxOverlap = softmaxOverlap
        self.prefillCTACycles = prefillCTACycles
        self.decodeFixed = decodeFixed
        self.singleHeadBytesPerClock = singleHeadBytesPerClock
        self.groupedBytesPerClock = groupedBytesPerClock
        self.singleHeadCTA = singleHeadCTA
        self.groupedCTA = groupedCTA
        self.reduction = reduction
        self.chunk = chunk
    }
}
