import ConfigurationFiles
import Foundation
import Workload

/// Sentence embeddings as sentence-transformers makes them: the encoder, a pooling over tokens, unit length
/// (Reimers and Gurevych, "Sentence-BERT", arXiv 1908.10084).
public struct SentenceEmbedder {
    public let executor: TransformerExecutor
    public let tokenizer: WordPieceTokenizer
    /// Tokens per sentence at most.
    public let limit: Int
    public let pooling: SentencePooling

    /// Reads tokenizer, pooling (`1_Pooling/config.json`) and length limit (`sentence_bert_config.json`) of a model's folder.
    ///
    /// - Throws: when the vocabulary is missing, or a file is damaged or asks for a pooling that does not run here.
    public init(executor: TransformerExecutor, folder: String) throws(ConfigurationError) {
        let path = "\(folder)/sentence_bert_config.json"
        var limit = 256
        if FileManager.default.fileExists(atPath: path) {
            let fields = try ConfigurationDocument.read(path, format: .json).mapping()
            let stated: Int? = try fields.optional("max_seq_length")
            if let stated, stated < 2 { throw ConfigurationError(ConfigurationLocation(path: path), "max_seq_length is \(stated), at least 2 belongs here") }
            limit = stated ?? limit
        }
        self.init(
            executor: executor, tokenizer: try WordPieceTokenizer(folder: folder), limit: limit, pooling: try SentencePooling(folder: folder))
    }

    public init(executor: TransformerExecutor, tokenizer: WordPieceTokenizer, limit: Int = 256, pooling: SentencePooling = .mean) {
        self.executor = executor
        self.tokenizer = tokenizer
        self.pooling = pooling
        self.limit = min(limit, executor.model.maximumPositions ?? limit)
    }

    /// The embedding of one sentence, of length 1.
    ///
    /// - Throws: when the encoder cannot run it.
    public func embed(_ sentence: String) throws -> [Float] {
        let ids = tokenizer.encode(sentence, limit: limit)
        let states = try executor.encode(ids)
        let pooled = pooling.pool(states, width: executor.model.hidden)
        let length = pooled.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return pooled.map { $0 / max(length, .leastNormalMagnitude) }
    }

    /// Cosine of the angle between two embeddings of length 1.
    public static func similarity(_ left: [Float], _ right: [Float]) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
}
