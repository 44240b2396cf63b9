import ConfigurationFiles
import Foundation

/// How the states of a sentence's tokens become one vector, as `1_Pooling/config.json` of sentence-transformers names it.
public enum SentencePooling: String, CaseIterable, Sendable {
    case mean = "pooling_mode_mean_tokens"
    /// The state of the first token, [CLS].
    case firstToken = "pooling_mode_cls_token"
    /// The largest of each element.
    case maximum = "pooling_mode_max_tokens"

    /// The pooling of a model's folder; the mean where the folder has no such file, as in sentence-transformers.
    ///
    /// - Throws: when the file is damaged, or asks for none, for several, or for one that does not run here.
    public init(folder: String) throws(ConfigurationError) {
        let path = "\(folder)/1_Pooling/config.json"
        guard FileManager.default.fileExists(atPath: path) else {
            self = .mean
            return
        }
        let document = try ConfigurationDocument.read(path, format: .json)
        let fields = try document.mapping()
        var chosen: [String] = []
        for entry in fields.entries where entry.key.hasPrefix("pooling_mode_") {
            let isChosen: Bool? = try fields.optional(entry.key)
            if isChosen == true { chosen.append(entry.key) }
        }
        guard chosen.count == 1, let pooling = SentencePooling(rawValue: chosen[0]) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            let found = chosen.isEmpty ? "no pooling mode" : chosen.joined(separator: " and ")
            throw ConfigurationError(ConfigurationLocation(path: path), "\(found) chosen; exactly one of \(known) runs on this CPU")
        }
        self = pooling
    }

    /// One vector from states[tokens, width]; zeros without tokens.
    public func pool(_ states: [Float], width: Int) -> [Float] {
        let tokens = states.count / max(1, width)
        guard tokens > 0 else { return [Float](repeating: 0, count: width) }
        var result = Array(states[..<width])
        guard self != .firstToken else { return result }
        for token in 1..<max(1, tokens) {
            for index in 0..<width {
                let value = states[token * width + index]
                result[index] = self == .mean ? result[index] + value : max(result[index], value)
            }
        }
        return self == .mean ? result.map { $0 / Float(tokens) } : result
    }
}
