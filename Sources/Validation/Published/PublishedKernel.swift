import Quantities
import Workload

/// A published kernel: its operators, and what a source counts as its work.
struct PublishedKernel {
    var operators: [Operator]
    /// Operations by the source's convention, in units of 10^12.
    var teraOperations: Double

    /// - Throws: where shape or format cannot be read.
    init(_ figure: PublishedFigure, format: PublishedFormat) throws(FigureRefusal) {
        switch figure.kind {
        case .matrixMultiply: try self.init(product: figure, format: format)
        default: try self.init(attention: figure, format: format)
        }
    }

    private init(product figure: PublishedFigure, format: PublishedFormat) throws(FigureRefusal) {
        guard !figure.model.contains("grouped") else { throw FigureRefusal(reason: "grouped products are not projected as one kernel") }
        guard let (m, n, k) = Self.shape(figure.model) ?? Self.shape(figure.parallelism) else {
            throw FigureRefusal(reason: "no shape M x N x K in '\(figure.model)'")
        }
        let product = MatrixMultiply(m: m, n: n, k: k, scheme: format.matrixScheme)
        operators = [.matrixMultiply(product)]
        teraOperations = 2 * Double(m) * Double(n) * Double(k) * 1e-12
    }

    /// `M64xN2112xK7168`, `M=64 K=8192 N=4096`, or three bare numbers in the order M, N, K.
    static func shape(_ text: String) -> (m: Int, n: Int, k: Int)? {
        var named: [Character: Int] = [:]
        var bare: [Int] = []
        for word in text.split(whereSeparator: { $0 == " " || $0 == "x" || $0 == ":" }) {
            if let number = Int(word) { bare.append(number) }
            guard let letter = word.first, "MNK".contains(letter) else { continue }
            let digits = word.dropFirst().drop { $0 == "=" }
            if let number = Int(digits) { named[letter] = number }
        }
        let sizes = named["M"].flatMap { m in named["N"].flatMap { n in named["K"].map { [m, n, $0] } } } ?? bare
        guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else { return nil }
        return (sizes[0], sizes[1], sizes[2])
    }

    /// `attention fwd+bwd, head_dim 64, causal` with a hidden width of 2048 in the notes, as the FlashAttention papers measure. They count
    /// 4 s^2 d operations a head forward, 2.5 times that backward, and half of both where a mask hides half of the scores.
    private init(attention figure: PublishedFigure, format: PublishedFormat) throws(FigureRefusal) {
        let words = figure.model.lowercased().split { $0 == " " || $0 == "," }.map(String.init)
        guard let place = words.firstIndex(of: "head_dim"), place + 1 < words.count, let width = Int(words[place + 1]), width > 0 else {
            throw FigureRefusal(reason: "no head dimension in '\(figure.model)'")
        }
        guard !figure.software.lowercased().contains("standard") else { throw FigureRefusal(reason: "attention of several kernels, which ones is not stated") }
        let batch = try PublishedFigure.count(figure.batch, of: "batch")
        let length = try PublishedFigure.count(figure.inputLength, of: "length")
        guard batch > 0, length > 0, 2048 % width == 0, figure.notes.contains("hidden dim 2048") || figure.notes.contains("batch assumed 16k/seqlen") else {
            throw FigureRefusal(reason: "number of heads not stated")
        }
        let isCausal = words.contains("causal")
        let heads = 2048 / width
        let forward = Attention(
            phase: .prefill, batch: batch, queryTokens: length, keyValueTokens: length, heads: heads, keyValueHeads: heads, headDimension: width,
            isCausal: isCausal, query: format.activations)
        var backward = forward
        backward.isBackward = true
        let both = words.contains("fwd+bwd")
        operators = both ? [.attention(forward), .attention(backward)] : [.attention(forward)]
        let square = Double(batch) * Double(heads) * Double(length) * Double(length) * Double(width)
        teraOperations = 4 * square * (isCausal ? 0.5 : 1) * (both ? 3.5 : 1) * 1e-12
    }
}
