import Foundation
import Workload

/// Sentence embeddings as sentence-transformers makes them: the encoder, the mean over tokens, unit length
/// (Reimers and Gurevych, "Sentence-BERT", arXiv 1908.10084).
public struct SentenceEmbedder {
    public let executor: TransformerExecutor
    public let tokenizer: WordPieceTokenizer
    /// Tokens per sentence at most.
    public let limit: Int

    public init(executor: TransformerExecutor, tokenizer: WordPieceTokenizer, limit: Int = 256) {
        self.executor = executor
        self.tokenizer = tokenizer
        self.limit = min(limit, executor.model.maximumPositions ?? limit)
    }

    /// The embedding of one sentence, of length 1.
    ///
    /// - Throws: when the encoder cannot run it.
    public func embed(_ sentence: String) throws -> [Float] {
        let ids = tokenizer.encode(sentence, limit: limit)
        let states = try executor.encode(ids)
        let hidden = executor.model.hidden
        var mean = [Float](repeating: 0, count: hidden)
        for token in 0..<ids.count { for index in 0..<hidden { mean[index] += states[token * hidden + index] } }
        let length = mean.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return mean.map { $0 / max(length, .leastNormalMagnitude) }
    }

    /// Cosine of the angle between two embeddings of length 1.
    public static func similarity(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
}
