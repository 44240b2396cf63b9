import Quantities
import Workload

/// One measured pass of a whole model: a row of an `end_to_end` file.
public struct MeasuredPass: Hashable, Sendable {
    /// What of the model ran.
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        /// One forward pass over `sequence` tokens.
        case inference
        /// As inference, with the logits of the last token only.
        case prefill
        /// One token of each sequence, the last of `sequence`.
        case decode
        /// A prompt of `sequence` tokens and `generated` tokens after it.
        case generation
        /// Forward and backward, and the optimizer's step where the protocol says so.
        case training
    }

    /// Index into `MeasuredData.series`.
    public var series: Int
    /// Line in the series' file, from 1.
    public var line: Int
    /// The model as the file calls it, without a suffix that says how it was compiled.
    public var model: String
    /// The dimensions, where the file states them.
    public var dimensions: Dimensions?
    public var phase: Phase
    /// Sequences over all replicas.
    public var batch: Int
    /// Tokens of a sequence.
    public var sequence: Int
    /// Tokens generated for each sequence, where the phase is generation.
    public var generated = 0
    /// Format of the KV cache; that of the activations where nil.
    public var keyValueFormat: NumberFormat?
    /// How the model was spread over devices, as the file says it: `tp8-pp8-dp1-microbatch1-…`, `none`.
    public var parallelism: String
    public var time: Seconds

    /// A decoder with rotary positions, RMSNorm and a gated feed-forward layer, as Llama's.
    public struct Dimensions: Hashable, Sendable {
        public var layers: Int
        public var hidden: Int
        public var heads: Int
        public var keyValueHeads: Int
        public var headDimension: Int
        public var intermediate: Int
        /// 0 for bare layers without embeddings and head.
        public var vocabulary: Int
    }

    /// For tables: `prefill of llama-160m, 4 x 2048`.
    public var description: String {
        "\(phase.rawValue) of \(model), \(batch) x \(sequence)\(generated > 0 ? " + \(generated)" : "")\(parallelism.isEmpty || parallelism == "none" ? "" : ", \(parallelism)")"
    }
}
