import Quantities

/// One published number of a whole model or kernel: a row of a `published` file, its texts as the file has them.
///
/// Device and format are the series', and so is the citation (`source`); the software is its `kernel` too, for the patterns of protocols.
public struct PublishedFigure: Hashable, Sendable {
    /// What ran.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case prefill = "inference_prefill"
        case decode = "inference_decode"
        /// Prompt and output of a batch of requests.
        case offline = "inference_offline"
        case training
        case matrixMultiply = "kernel_gemm"
        case attention = "kernel_attention"
    }

    /// Index into `MeasuredData.series`.
    public var series: Int
    /// Line in the series' file, from 1.
    public var line: Int
    /// The row's name, empty where the file gives none.
    public var id: String
    public var kind: Kind
    /// The model, or the shape of a kernel.
    public var model: String
    /// Devices that worked together, nil where not stated.
    public var devices: Int?
    /// Sequences: a number, possibly with words around it.
    public var batch: String
    /// Prompt tokens of a sequence; for training its length.
    public var inputLength: String
    public var outputLength: String
    /// How the model was spread over devices, in the source's words.
    public var parallelism: String
    public var software: String
    public var metric: String
    public var unit: String
    public var value: Double
    public var date: String
    public var notes: String

    /// For tables: `Llama-2-7B, 8 x 128+512, TP2`.
    public var description: String {
        let lengths = [inputLength, outputLength].filter { !$0.isEmpty && $0 != "0" }.joined(separator: "+")
        let size = [batch, lengths].filter { !$0.isEmpty }.joined(separator: " x ")
        return [model, size, parallelism].filter { !$0.isEmpty }.joined(separator: ", ")
    }
}

/// Why a published figure has no projection.
struct FigureRefusal: Error, Hashable {
    var reason: String
}

extension PublishedFigure {
    /// A count out of a text that is a number, perhaps with words behind or before it that do not change it.
    ///
    /// - Throws: for text without a number, or with several.
    static func count(_ text: String, of what: String, ignoring words: Set<String> = []) throws(FigureRefusal) -> Int {
        guard !text.isEmpty else { throw FigureRefusal(reason: "\(what) not stated") }
        // What stands in parentheses explains, and a tilde says that a few tokens more or less are the same.
        let plain = text.prefix { $0 != "(" }.drop { $0 == "~" }
        let parts = plain.split(whereSeparator: { $0 == " " || $0 == "/" }).map { $0.lowercased() }.filter { !words.contains($0) }
        guard parts.count == 1, let number = parts.first.flatMap({ Int($0) }), number >= 0, number < 1 << 40 else {
            throw FigureRefusal(reason: "\(what) is no one number: '\(text)'")
        }
        return number
    }
}
