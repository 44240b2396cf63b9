import ArgumentParser
import Quantities
import Reports
import Workload

/// `ridgeline models`: the presets, and what is known of a model.
struct ModelsCommand: ParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case table, json }

    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the presets, or show a model's dimensions and parameters.",
        subcommands: [ListModels.self, ShowModel.self])
}

/// `ridgeline models list`.
struct ListModels: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All presets, and the models whose size is not public.")

    @Option(help: "Form of the result: table or json.")
    var format: ModelsCommand.Format = .table

    func run() throws {
        try reportingErrors {
            let models = try ModelPreset.all.map { (preset: $0, model: try $0.model()) }
            switch format {
            case .table:
                var table = TextTable(columns: [
                    .text("model"), .text("structure"), .number("parameters (10^6)"), .number("layers"), .number("hidden"), .number("heads"),
                    .number("KV heads"),
                ])
                for (preset, model) in models {
                    table.rows.append([
                        preset.id, model.structure.rawValue, FixedPoint.format(Double(model.parameters.total) / 1e6, fractionDigits: 1),
                        String(model.layers), String(model.hidden), String(model.heads), String(model.keyValueHeads),
                    ])
                }
                for network in LayerNetwork.all {
                    let count = FixedPoint.format(Double(network.parameters) / 1e6, fractionDigits: 1)
                    table.rows.append([network.id, network.takesSequences ? "recurrent" : "convolutional", count, String(network.layers.count), "", "", ""])
                }
                try StandardOutput.write(table.plain + "\n")
                try StandardOutput.write("\nNot public (give assumed dimensions as a config.json): \(UndisclosedModel.all.map(\.id).joined(separator: ", "))\n")
            case .json:
                let rows = models.map { (preset, model) in
                    JSONText.object([
                        "id": .string(preset.id), "aliases": .array(preset.aliases.map(JSONText.string)), "structure": .string(model.structure.rawValue),
                        "parameters": .integer(model.parameters.total), "source": .string(preset.source),
                    ])
                }
                try StandardOutput.write(JSONText.array(rows).rendered + "\n")
            }
        }
    }
}

/// `ridgeline models show MODEL`.
struct ShowModel: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Dimensions, exact parameter counts and KV cache of a model; with --format json its config.json.")

    @Argument(help: "A preset, a Hugging Face config.json, or a folder that holds one.")
    var name: String

    @Option(help: "Form of the result: table, or json for the dimensions as a config.json (presets only).")
    var format: ModelsCommand.Format = .table

    func run() throws {
        try reportingErrors {
            if let network = LayerNetwork.named(name) {
                return try StandardOutput.write("\(network.id) (\(network.layers.count) layers)\n\nparameters \(network.parameters)\nsource \(network.source)\n")
            }
            let model = try ModelLibrary.find(name)
            switch format {
            case .table: try StandardOutput.write(Self.lines(model).joined(separator: "\n") + "\n")
            case .json:
                guard let preset = ModelLibrary.preset(name) else { throw ValidationError("\(name) is a file already; --format json prints presets.") }
                try StandardOutput.write(preset.configuration + "\n")
            }
        }
    }

    private static func lines(_ model: ModelConfiguration) -> [String] {
        let parameters = model.parameters
        var lines = [
            "\(model.name) (\(model.family), \(model.structure.rawValue))", "",
            "layers \(model.layers)\(model.encoderLayers > 0 ? " + \(model.encoderLayers) of the encoder" : ""), hidden \(model.hidden), "
                + "heads \(model.heads) of \(model.headDimension), key/value heads \(model.keyValueHeads)",
            "feed-forward \(model.intermediate)\(model.isGated ? " gated" : ""), \(model.activation.rawValue), \(model.normalisation.rawValue) "
                + "\(model.normPlacement.rawValue), vocabulary \(model.vocabulary)",
        ]
        if let experts = model.experts {
            lines.append(
                "experts \(experts.count) of width \(experts.intermediate), \(experts.perToken) a token, in \(experts.layers) layers"
                    + (experts.sharedIntermediate > 0 ? ", shared width \(experts.sharedIntermediate)" : ""))
        }
        lines += [
            "", "parameters \(parameters.total)", "  embeddings \(parameters.embeddings)", "  matrices \(parameters.matrices)",
            "  experts \(parameters.experts)", "  norms, biases, routers \(parameters.others)", "  head \(parameters.head)",
        ]
        if model.experts != nil { lines.append("active for a token \(model.activeParameters)") }
        if model.generates {
            let width = model.latentAttention.map { $0.cacheWidth } ?? 2 * model.keyValueWidth
            lines.append("KV cache \(Bytes(Double(width * model.layers) * 2).binaryDescription) a token in 16 bits")
        }
        if let quantization = model.quantization { lines.append("stored \(quantization.method) (\(quantization.scheme.rawValue))") }
        if let source = model.source { lines.append("source \(source)") }
        return lines + model.notes.map { "note: \($0)" }
    }
}
