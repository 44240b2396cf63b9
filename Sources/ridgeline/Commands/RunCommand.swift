import ArgumentParser
import CPUExecutor
import ConfigurationFiles
import Foundation
import Reports
import Workload

/// `ridgeline run`: a checkpoint on this CPU.
struct RunCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a checkpoint folder on this CPU: greedy tokens and logits, or sentence embeddings.",
        discussion: """
            Examples:
              ridgeline run checkpoints/gpt2 --tokens 464,3290,318 --generate 16
              ridgeline run checkpoints/llama --tokens 1,306,4658 --logits logits.safetensors --format json
              ridgeline run all-MiniLM-L6-v2 --text "A man is eating food." --text "Someone has a meal."
            """)

    @Argument(help: "A folder with config.json and *.safetensors, or a preset (weights made up from a seed).")
    var model: String

    @Option(help: ArgumentHelp("Token ids of the prompt.", valueName: "id[,id…]"))
    var tokens: String?

    @Option(help: "A sentence to embed (encoders with a vocab.txt); repeatable.")
    var text: [String] = []

    @Option(help: ArgumentHelp("A file of sentences to embed, one a line.", valueName: "file"))
    var textFile: String?

    @Option(help: "Tokens to generate greedily.")
    var generate = 0

    @Option(help: ArgumentHelp("Write logits (or hidden states, or embeddings) as safetensors.", valueName: "file"))
    var logits: String?

    @Option(help: "Form of the result: table or json.")
    var format: Format = .table

    @OptionGroup var options: ExecutorOptions

    func validate() throws {
        if generate < 0 { throw ValidationError("--generate \(generate): expected 0 or more") }
        let inputs = [tokens != nil, !text.isEmpty || textFile != nil].filter { $0 }.count
        guard inputs == 1 else { throw ValidationError("give either --tokens or --text/--text-file") }
    }

    func run() throws { try reportingErrors(perform) }

    private func perform() throws {
        if let tokens {
            try runTokens(try Self.parse(tokens))
        } else {
            try runText(try sentences())
        }
    }

    static func parse(_ list: String) throws -> [Int] {
        try list.split(separator: ",", omittingEmptySubsequences: false).map { word in
            let text = word.trimmingCharacters(in: .whitespaces)
            guard let id = Int(text) else { throw ValidationError("--tokens: '\(text)' is no token id") }
            return id
        }
    }

    private func sentences() throws -> [String] {
        guard let textFile else { return text }
        let lines = String(decoding: try TextFile.read(textFile, limit: 16 << 20), as: UTF8.self).split(whereSeparator: \.isNewline)
        return text + lines.map(String.init).filter { !$0.isEmpty && !$0.hasPrefix("#") }
    }

    private func runTokens(_ ids: [Int]) throws {
        let executor = try options.executor(model)
        var result: [JSONText.Member] = [.init("model", .string(executor.model.name)), .init("weights", .string(executor.weightDescription))]
        var file = SafeTensorsWriter()
        file.add("input_ids", ids, shape: [1, ids.count])
        if executor.model.generates {
            let cache = try executor.makeCache(batch: 1, capacity: ids.count)
            let values = Array(try executor.decode(ids, cache: cache, allLogits: true))
            file.add("logits", values, shape: [1, ids.count, executor.model.vocabulary])
            let generated = generate > 0 ? try executor.generate(prompt: ids, tokens: generate) : []
            file.add("greedy_ids", ids + generated, shape: [1, ids.count + generated.count])
            let last = values.suffix(executor.model.vocabulary)
            result.append(.init("greedy_ids", .array((ids + generated).map(JSONText.integer))))
            result.append(.init("generated", .array(generated.map(JSONText.integer))))
            result.append(.init("last_logits", .array(last.map { .number(Double($0)) })))
        } else {
            guard generate == 0 else { throw ExecutionError(.invalidRequest, "\(executor.model.name) is an encoder: it does not generate") }
            let states = try executor.encode(ids)
            file.add("last_hidden_state", states, shape: [1, ids.count, executor.model.hidden])
            result.append(.init("last_hidden_state_of_first_token", .array(states.prefix(executor.model.hidden).map { .number(Double($0)) })))
        }
        if let logits { try OutputFile.write([UInt8](file.data), to: logits) }
        switch format {
        case .json: try StandardOutput.write(JSONText.object(result).rendered + "\n")
        case .table: try StandardOutput.write(table(result))
        }
    }

    private func table(_ members: [JSONText.Member]) -> String {
        members.filter { $0.key != "last_logits" }.map { member in
            switch member.value {
            case .string(let text): "\(member.key): \(text)"
            case .array(let items): "\(member.key): " + items.prefix(64).map { $0.rendered }.joined(separator: " ") + (items.count > 64 ? " …" : "")
            default: "\(member.key): \(member.value.rendered)"
            }
        }.joined(separator: "\n") + "\n"
    }

    private func runText(_ sentences: [String]) throws {
        guard !sentences.isEmpty else { throw ValidationError("no sentence given") }
        guard FileManager.default.fileExists(atPath: model) else {
            throw ConfigurationError(ConfigurationLocation(path: model), "no such folder; --text needs a checkpoint's, with vocab.txt, config.json and weights")
        }
        let executor = try options.executor(model)
        let embedder = try SentenceEmbedder(executor: executor, folder: model)
        let embeddings = try sentences.map(embedder.embed)
        if let logits {
            var file = SafeTensorsWriter()
            file.add("embeddings", embeddings.flatMap { $0 }, shape: [sentences.count, executor.model.hidden])
            try OutputFile.write([UInt8](file.data), to: logits)
        }
        let pairs = SimilarPairs(sentences, embeddings)
        switch format {
        case .json: try StandardOutput.write(pairs.json.rendered + "\n")
        case .table: try StandardOutput.write(pairs.table.plain + "\n")
        }
    }
}

/// For each sentence the most similar other one.
struct SimilarPairs {
    private let sentences: [String]
    private let embeddings: [[Float]]

    init(_ sentences: [String], _ embeddings: [[Float]]) {
        self.sentences = sentences
        self.embeddings = embeddings
    }

    /// The nearest other sentence and its cosine; nil for a single sentence.
    private func nearest(to index: Int) -> (index: Int, cosine: Float)? {
        sentences.indices.filter { $0 != index }
            .map { ($0, SentenceEmbedder.similarity(embeddings[index], embeddings[$0])) }
            .max { $0.1 < $1.1 }
    }

    var table: TextTable {
        TextTable(
            columns: [.text("sentence"), .text("most similar"), .number("cosine")],
            rows: sentences.indices.map { index in
                let best = nearest(to: index)
                return [sentences[index], best.map { sentences[$0.index] } ?? "-", best.map { String(format: "%.3f", Double($0.cosine)) } ?? "-"]
            })
    }

    var json: JSONText {
        .array(
            sentences.indices.map { index in
                let best = nearest(to: index)
                return .object([
                    "sentence": .string(sentences[index]), "most_similar": best.map { .string(sentences[$0.index]) },
                    "cosine": .optional(best.map { Double($0.cosine) }), "embedding": .array(embeddings[index].map { .number(Double($0)) }),
                ])
            })
    }
}
