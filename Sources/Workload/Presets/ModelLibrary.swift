import ConfigurationFiles
import Foundation

/// Finds models by what users type: a preset's id or alias, a `config.json`, or the folder of a checkpoint.
public enum ModelLibrary {
    /// Why a name finds no model.
    public enum LookUpError: Error, Hashable, Sendable, CustomStringConvertible {
        case configuration(ConfigurationError)
        case workload(WorkloadError)

        public var description: String {
            switch self {
            case .configuration(let error): error.description
            case .workload(let error): error.description
            }
        }
    }

    /// The model of a preset's id or alias, of a JSON file, or of a folder that holds `config.json`.
    ///
    /// - Throws: when the name is unknown (naming the nearest), the model's size is not public, or the file does not describe a model.
    public static func find(_ name: String) throws(LookUpError) -> ModelConfiguration {
        do throws(ConfigurationError) {
            if let preset = preset(name) { return try preset.model() }
            if let path = configurationPath(name) {
                var model = try ModelConfiguration.read(path)
                if model.name == model.family, let folder = folderName(of: path) { model.name = folder }
                return model
            }
        } catch {
            throw .configuration(error)
        }
        if let network = LayerNetwork.named(name) {
            throw .workload(WorkloadError(.unsupportedRequest, "\(network.id) is no transformer, so it has no such configuration; it can be traced and projected"))
        }
        if let undisclosed = undisclosed(name) { throw .workload(WorkloadError(.undisclosedModel, undisclosed.message)) }
        throw .workload(WorkloadError(.unknownModel, unknownMessage(name)))
    }

    /// The preset with this id or alias, case ignored.
    public static func preset(_ name: String) -> ModelPreset? {
        let lowered = name.lowercased()
        return ModelPreset.all.first { $0.id == lowered } ?? ModelPreset.all.first { $0.aliases.contains(lowered) }
    }

    /// The undisclosed model with this id or alias, case ignored.
    public static func undisclosed(_ name: String) -> UndisclosedModel? {
        let lowered = name.lowercased()
        return UndisclosedModel.all.first { $0.id == lowered || $0.aliases.contains(lowered) }
    }

    private static func unknownMessage(_ name: String) -> String {
        let candidates = ModelPreset.all.flatMap { [$0.id] + $0.aliases } + UndisclosedModel.all.map(\.id) + LayerNetwork.all.map(\.id)
        let help = Spelling.nearest(to: name, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
        return "unknown model '\(name)', a preset (`ridgeline models list`), a config.json or a folder that holds one is allowed\(help)"
    }

    /// Where a name leads in the file system: an existing folder, or anything that looks like a path.
    private static func configurationPath(_ name: String) -> String? {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) {
            return isFolder.boolValue ? (name.hasSuffix("/") ? "\(name)config.json" : "\(name)/config.json") : name
        }
        // A path that does not exist is reported as a missing file, with the nearest name in its folder.
        return name.lowercased().hasSuffix(".json") || name.hasPrefix("./") || name.hasPrefix("/") || name.hasPrefix("../") ? name : nil
    }

    /// The folder that a `config.json` lies in, which is what its model is usually called.
    private static func folderName(of path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.last == "config.json", parts.count > 1, parts[parts.count - 2] != ".", parts[parts.count - 2] != ".." else { return nil }
        return parts[parts.count - 2]
    }
}
