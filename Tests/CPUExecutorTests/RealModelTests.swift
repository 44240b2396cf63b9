import CPUExecutor
import CPUKernels
import Foundation
import Testing
import Workload

/// Values made with PyTorch by `References/make_references.py`.
enum Reference {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("References").path

    static func open(_ name: String) throws -> SafeTensors { try SafeTensors(path: "\(folder)/\(name).safetensors") }
}

/// GPT-2 small, 124 million seeded weights.
@Suite struct GPT2SmallTests {
    @Test func prefillAndDecodeEqualPyTorch() throws {
        let executor = try TransformerExecutor(model: try ModelLibrary.find("gpt2"), weights: WeightStore(seed: 0), threads: 2)
        let reference = try Reference.open("gpt2")
        let prompt = (0..<512).map { (7919 * $0 + 13) % 50257 }
        let cache = try executor.makeCache(batch: 1, capacity: 520)
        let prefill = try executor.decode(prompt, cache: cache)
        #expect(largestDifference(stride(from: 0, to: 50257, by: 64).map { prefill[$0] }, try reference.floats("prefill")) < 1e-3)
        var token = executor.greedy(prefill, batch: 1)
        var generated = token
        let step = try executor.decode(token, cache: cache)
        #expect(largestDifference(stride(from: 0, to: 50257, by: 64).map { step[$0] }, try reference.floats("step")) < 1e-3)
        token = executor.greedy(step, batch: 1)
        while generated.count < 8 {
            generated += token
            token = executor.greedy(try executor.decode(token, cache: cache), batch: 1)
        }
        #expect(generated == (try reference.integers("greedy")))
    }
}

/// all-MiniLM-L6-v2 with the weights everyone uses; `scripts/fetch-minilm.sh` fetches them, without them these tests are skipped.
enum MiniLM {
    static let folder: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent(".cache/all-MiniLM-L6-v2").path
        return FileManager.default.fileExists(atPath: "\(path)/model.safetensors") ? path : nil
    }()

    static let sentences: [String] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = (try? String(contentsOf: root.appendingPathComponent("Traces/samples/sentences.txt"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }()
}

@Suite(.enabled(if: MiniLM.folder != nil, "weights of all-MiniLM-L6-v2 are absent: scripts/fetch-minilm.sh fetches them"))
struct MiniLMTests {
    private let embedder: SentenceEmbedder
    private let folder: String

    init() throws {
        folder = try #require(MiniLM.folder)
        embedder = SentenceEmbedder(
            executor: try TransformerExecutor(
                model: try ModelConfiguration.read("\(folder)/config.json"), weights: try WeightStore(folder: folder), threads: 2),
            tokenizer: try WordPieceTokenizer(folder: folder))
    }

    @Test func embeddingsAgreeWithTheReferenceLibrary() throws {
        let reference = try Reference.open("minilm").floats("embeddings")
        #expect(MiniLM.sentences.count == 20)
        for (index, sentence) in MiniLM.sentences.enumerated() {
            let expected = Array(reference[index * 384..<(index + 1) * 384])
            #expect(SentenceEmbedder.similarity(try embedder.embed(sentence), expected) > 0.9999, "\(sentence)")
        }
    }

    @Test func similarSentencesRankFirst() throws {
        let embeddings = try MiniLM.sentences.map(embedder.embed)
        for index in embeddings.indices {
            let order = embeddings.indices.filter { $0 != index }.max {
                SentenceEmbedder.similarity(embeddings[index], embeddings[$0]) < SentenceEmbedder.similarity(embeddings[index], embeddings[$1])
            }
            #expect(order == (index % 2 == 0 ? index + 1 : index - 1), "\(MiniLM.sentences[index])")
        }
    }

    /// Token ids as transformers 5.23's BertTokenizer gives them.
    @Test(arguments: [
        ("Héllo, Wörld! naïve café", [101, 7592, 1010, 2088, 999, 15743, 7668, 102]),
        ("a$b^c 100% 漢字かな e-mail", [101, 1037, 1002, 1038, 1034, 1039, 2531, 1003, 1904, 100, 1651, 30193, 1041, 1011, 5653, 102]),
        ("  multiple   spaces\tand\nlines ", [101, 3674, 7258, 1998, 3210, 102]),
        (
            "supercalifragilisticexpialidocious antidisestablishmentarianism",
            [
                101, 3565, 9289, 10128, 29181, 24411, 4588, 10288, 19312, 21273, 10085, 6313, 3424, 10521, 4355, 7875, 13602, 3672, 12199, 2964, 102,
            ]
        ),
        ("don't U.S.A. 3.14", [101, 2123, 1005, 1056, 1057, 1012, 1055, 1012, 1037, 1012, 1017, 1012, 2403, 102]),
        ("🙂 emoji", [101, 100, 7861, 29147, 2072, 102]),
        (String(repeating: "x", count: 120), [101, 100, 102]), ("", [101, 102]),
    ])
    func tokensEqualTheReferenceTokenizer(text: String, ids: [Int]) {
        #expect(embedder.tokenizer.encode(text) == ids)
    }

    @Test func longTextsKeepTheEndMark() {
        let ids = embedder.tokenizer.encode(String(repeating: "word ", count: 600), limit: 16)
        #expect(ids.count == 16 && ids.first == 101 && ids.last == 102)
    }
}
