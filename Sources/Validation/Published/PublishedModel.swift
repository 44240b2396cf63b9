import Workload

/// Finds the model that a source's words name.
enum PublishedModel {
    /// - Parameter models: what sources call models, where it is not what they are generally called.
    /// - Throws: for an empty name and one that neither the library nor a source's list has.
    static func find(_ text: String, models: [PassProtocol.SourceModel]) throws(FigureRefusal) -> ModelConfiguration {
        guard !text.isEmpty else { throw FigureRefusal(reason: "model not stated") }
        let names = candidates(text)
        if let known = models.first(where: { model in names.contains(model.name.lowercased()) }) {
            do {
                var found = try ModelLibrary.find(known.like)
                known.change(&found)
                return found
            } catch {
                throw FigureRefusal(reason: error.description)
            }
        }
        if let name = names.first(where: { ModelLibrary.preset($0) != nil || ModelLibrary.undisclosed($0) != nil }) {
            do throws(ModelLibrary.LookUpError) { return try ModelLibrary.find(name) } catch { throw FigureRefusal(reason: error.description) }
        }
        throw FigureRefusal(reason: "model not in the library: \(text)")
    }

    /// The text as it is, with hyphens for spaces, and without words that say what was done with the model.
    private static func candidates(_ text: String) -> [String] {
        let lowered = text.lowercased()
        var words = lowered.split { $0 == " " || $0 == "_" }.map(String.init)
        words.removeAll { Self.activities.contains($0) }
        var joined = words.joined(separator: "-")
        if joined.hasSuffix("-hf") { joined.removeLast(3) }
        // `LLaMA 2 7B` and `Llama-2-7b`, `LLAMA3.1_405B`, `LLaMA 70B` of version 1 are one name each but for a hyphen after the family.
        let tight = joined.replacing("llama-", with: "llama").replacing("gpt-3", with: "gpt3").replacing(":", with: "-")
        var names: [String] = []
        for name in [lowered, joined, tight] where !names.contains(name) { names.append(name) }
        return names
    }

    private static let activities: Set<String> = [
        "pretraining", "pre-training", "fine-tuning", "inference", "training", "squad", "huggingface", "encoder", "(mlperf)", "(mlm+nsp)", "ph1", "ph2",
        "(99.9%", "target)", "base)",
    ]
}
