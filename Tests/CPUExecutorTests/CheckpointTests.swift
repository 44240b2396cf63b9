import CPUExecutor
import CPUKernels
import ConfigurationFiles
import Foundation
import Testing
import Workload

/// Tiny random checkpoints with PyTorch's outputs: `Checkpoints/README.md` says how they were made.
enum TinyCheckpoint {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Checkpoints").path

    static func executor(
        _ name: String, format: ProductFormat = .f32, threads: Int = 2, instructionSet: InstructionSet? = nil
    ) throws -> TransformerExecutor {
        try TransformerExecutor(
            model: try ModelConfiguration.read("\(folder)/\(name)/config.json"), weights: try WeightStore(folder: "\(folder)/\(name)"),
            format: format, threads: threads, instructionSet: instructionSet)
    }

    static func expected(_ name: String) throws -> SafeTensors { try SafeTensors(path: "\(folder)/\(name)/expected.safetensors") }
}

func largestDifference(_ left: some Sequence<Float>, _ right: some Sequence<Float>) -> Float {
    zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

@Suite struct CheckpointTests {
    @Test(arguments: ["gpt2-tiny", "llama-tiny", "mixtral-tiny"], [1, 2])
    func logitsEqualPyTorch(name: String, threads: Int) throws {
        let executor = try TinyCheckpoint.executor(name, threads: threads)
        let expected = try TinyCheckpoint.expected(name)
        let cache = try executor.makeCache(batch: 2, capacity: 37)
        let logits = try executor.decode(try expected.integers("input_ids"), cache: cache, allLogits: true)
        let reference = try expected.floats("logits")
        #expect(logits.count == reference.count)
        #expect(largestDifference(logits, reference) < 1e-4)
    }

    @Test(arguments: InstructionSet.supported)
    func everyInstructionSetGivesTheSameLogits(set: InstructionSet) throws {
        let executor = try TinyCheckpoint.executor("llama-tiny", instructionSet: set)
        let expected = try TinyCheckpoint.expected("llama-tiny")
        let logits = try executor.decode(try expected.integers("input_ids"), cache: try executor.makeCache(batch: 2, capacity: 37), allLogits: true)
        #expect(largestDifference(logits, try expected.floats("logits")) < 1e-4)
    }

    @Test(arguments: ["gpt2-tiny", "llama-tiny", "mixtral-tiny"])
    func greedyTokensEqualPyTorch(name: String) throws {
        let executor = try TinyCheckpoint.executor(name)
        let reference = try TinyCheckpoint.expected(name).integers("greedy_ids")
        let generated = try executor.generate(prompt: Array(reference[..<37]), tokens: reference.count - 37)
        #expect(generated == Array(reference[37...]))
    }

    @Test func hiddenStatesOfBERTEqualPyTorch() throws {
        let executor = try TinyCheckpoint.executor("bert-tiny")
        let expected = try TinyCheckpoint.expected("bert-tiny")
        let states = try executor.encode(try expected.integers("input_ids"), batch: 2)
        #expect(largestDifference(states, try expected.floats("last_hidden_state")) < 1e-4)
    }

    @Test(arguments: ["gpt2-tiny", "llama-tiny"])
    func stepByStepEqualsAllAtOnce(name: String) throws {
        let executor = try TinyCheckpoint.executor(name)
        let ids = Array(try TinyCheckpoint.expected(name).integers("input_ids")[..<37])
        let whole = Array(try executor.decode(ids, cache: try executor.makeCache(batch: 1, capacity: 37)))
        let cache = try executor.makeCache(batch: 1, capacity: 37)
        var last: [Float] = []
        for id in ids { last = Array(try executor.decode([id], cache: cache)) }
        #expect(largestDifference(whole, last) < 1e-4)
    }

    @Test(arguments: [(ProductFormat.bf16, Float(0.05)), (.s8s8, 0.05), (.u8s8, 0.05)])
    func narrowFormatsStayClose(format: ProductFormat, tolerance: Float) throws {
        let executor = try TinyCheckpoint.executor("gpt2-tiny", format: format)
        let expected = try TinyCheckpoint.expected("gpt2-tiny")
        let cache = try executor.makeCache(batch: 2, capacity: 37)
        let logits = try executor.decode(try expected.integers("input_ids"), cache: cache, allLogits: true)
        let reference = try expected.floats("logits")
        let scale = reference.reduce(Float(0)) { max($0, abs($1)) }
        #expect(largestDifference(logits, reference) < tolerance * scale)
        // And they do differ: the narrow kernels ran.
        #expect(largestDifference(logits, reference) > 1e-6)
    }

    @Test func anObserverSeesEveryOperatorOnce() throws {
        let executor = try TinyCheckpoint.executor("gpt2-tiny")
        var places: [String] = []
        var begun = 0
        var tokens = 0
        executor.observer = OperatorObserver(
            begin: { begun += 1 }, end: { place, _ in places.append(place) }, beginPhase: { _, count in tokens += count })
        _ = try executor.decode([1, 2, 3], cache: try executor.makeCache(batch: 1, capacity: 3))
        // What runs is called as what a projection of the model lists.
        let planned = try ModelConfiguration.read("\(TinyCheckpoint.folder)/gpt2-tiny/config.json").workload(
            for: WorkloadRequest(promptTokens: 3, options: .unfused)).phases[0].operators.map(\.name)
        let fused = ["attention.scaled_dot_product", "attention.query_key_value"]
        for place in places {
            let name = place.split(separator: " ").last.map(String.init) ?? ""
            #expect(planned.contains(name) || fused.contains(name), "\(place)")
        }
        // Two embeddings, ten operators a layer (norm, qkv, scores, output, residual; norm, up, activation, down, residual), norm and head.
        #expect(places.count == 2 + 3 * 10 + 2)
        #expect(begun == places.count && tokens == 3)
        #expect(places[2] == "layer 0 attention.norm" && places.last == "head.logits")
    }
}

@Suite struct RequestErrorTests {
    @Test func idsOutsideTheVocabularyAreRefused() throws {
        let executor = try TinyCheckpoint.executor("gpt2-tiny")
        let cache = try executor.makeCache(batch: 1, capacity: 8)
        #expect(throws: ExecutionError(.invalidRequest, "token id 257 is outside the vocabulary 0 to 256")) {
            try executor.decode([3, 257], cache: cache)
        }
        #expect(throws: ExecutionError.self) { try executor.decode([-1], cache: cache) }
    }

    @Test func aFullCacheIsRefused() throws {
        let executor = try TinyCheckpoint.executor("gpt2-tiny")
        let cache = try executor.makeCache(batch: 1, capacity: 2)
        #expect(throws: ExecutionError.self) { try executor.decode([1, 2, 3], cache: cache) }
    }

    @Test func positionsBeyondTheModelAreRefused() throws {
        let executor = try TinyCheckpoint.executor("gpt2-tiny")
        let cache = try executor.makeCache(batch: 1, capacity: 200)
        #expect(throws: ExecutionError.self) { try executor.decode(Array(repeating: 1, count: 97), cache: cache) }
    }

    @Test func encodersDoNotGenerate() throws {
        let executor = try TinyCheckpoint.executor("bert-tiny")
        #expect(throws: ExecutionError.self) { try executor.decode([1], cache: try executor.makeCache(batch: 1, capacity: 2)) }
        #expect(throws: ExecutionError.self) { try TinyCheckpoint.executor("gpt2-tiny").encode([1]) }
    }

    @Test func weightsOfAnotherShapeAreNamed() throws {
        let model = try ModelConfiguration.read("\(TinyCheckpoint.folder)/llama-tiny/config.json")
        var wrong = model
        wrong.vocabulary = 300
        #expect(throws: ConfigurationError.self) {
            try TransformerExecutor(model: wrong, weights: try WeightStore(folder: "\(TinyCheckpoint.folder)/llama-tiny"), threads: 1)
        }
    }
}
