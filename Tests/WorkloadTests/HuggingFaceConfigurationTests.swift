import ConfigurationFiles
import Foundation
import Quantities
import Testing
import Workload

@Suite struct HuggingFaceConfigurationTests {
    private static func model(_ json: String) throws -> ModelConfiguration {
        try ModelConfiguration(huggingFace: ConfigurationDocument(text: json, path: "config.json", format: .json).root)
    }

    private static let llama = """
        {
          "model_type": "llama",
          "hidden_size": 96,
          "num_hidden_layers": 3,
          "num_attention_heads": 6,
          "num_key_value_heads": 2,
          "intermediate_size": 250,
          "vocab_size": 257
        }
        """

    private static func changed(_ line: String, to replacement: String) -> String {
        llama.replacingOccurrences(of: line, with: replacement)
    }

    @Test func familyConventionsFillWhatTheFileLeavesOut() throws {
        let model = try Self.model(Self.llama)
        #expect(model.headDimension == 16 && model.keyValueHeads == 2)
        #expect(model.normalisation == .rmsNorm && model.isGated && model.activation == .silu && model.biases == .none)
        #expect(!model.tiesEmbeddings && model.head == .languageModel && model.isCausal)
        #expect(model.positions == .rotary(RotaryParameters(dimension: 16, base: 10_000)))
    }

    @Test func newRopeParametersAndFormatsAreRead() throws {
        let model = try Self.model(Self.changed("\"vocab_size\": 257", to: """
            "vocab_size": 257, "dtype": "bfloat16", "rms_norm_eps": 1e-06, "head_dim": null,
            "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3"}, "some_new_key": [1, 2]
            """))
        #expect(model.storedFormat == .bf16 && model.normEpsilon == 1e-6)
        #expect(model.positions.rotary == RotaryParameters(dimension: 16, base: 500_000, scaling: "llama3"))
    }

    /// A line of the file, what it is changed to, and what the message must say with its place.
    private static let mistakes: [(String, String, String)] = [
        ("\"hidden_size\": 96", "\"hidden_size\": 0", "config.json:3:18: 'hidden_size' is 0, allowed are 1 to"),
        ("\"hidden_size\": 96", "\"hidden_size\": -96", "config.json:3:18: 'hidden_size' is -96"),
        ("\"hidden_size\": 96", "\"hidden_size\": 99999999999", "config.json:3:18: 'hidden_size' is 99999999999"),
        ("\"hidden_size\": 96", "\"hidden_size\": \"96\"", "config.json:3:18: 'hidden_size': found the string"),
        ("\"hidden_size\": 96", "\"hidden_size\": 96.5", "config.json:3:18"),
        ("\"hidden_size\": 96", "\"hidden_size\": 100", "6 heads do not divide the hidden width 100"),
        ("\"hidden_size\": 96", "\"hiden_size\": 96", "'hidden_size' (or 'n_embd', 'd_model', 'dim') is missing; is 'hiden_size' meant to be it?"),
        ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 99999", "'num_hidden_layers' is 99999, allowed are 1 to 16384"),
        ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4", "config.json:6:26: 4 key/value heads do not divide 6 query heads"),
        ("\"num_key_value_heads\": 2", "\"head_dim\": 15", "15 rotated elements of a head of 15"),
        ("\"model_type\": \"llama\"", "\"model_type\": \"lama\"", "config.json:2:17: unknown model_type 'lama'"),
        ("\"model_type\": \"llama\"", "\"model_type\": \"lama\"", "did you mean 'llama'?"),
        ("\"model_type\": \"llama\",", "", "'model_type' is missing"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"torch_dtype\": \"float61\"", "unknown number format 'float61'"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"hidden_act\": \"sillu\"", "did you mean 'silu'?"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"num_local_experts\": 4", "'num_experts_per_tok' is missing"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"num_local_experts\": 4, \"num_experts_per_tok\": 5", "5 experts a token, but a layer has only 4"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"layers_block_type\": [\"mamba\"]", "hybrid state-space layers, which are not modelled"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"sliding_window\": 0", "'sliding_window' is 0"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"sliding_window\": 8, \"layer_types\": [\"sliding_attention\"]", "names 1 layers, the model has 3"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"quantization_config\": {\"bits\": 4}", "'quant_method' is missing"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"quantization_config\": {\"quant_method\": \"gptq\", \"bits\": 3}", "quantisation 'gptq' of this kind is not modelled"),
        ("\"vocab_size\": 257", "\"vocab_size\": 257, \"kv_lora_rank\": 16", "'qk_rope_head_dim' is missing"),
        ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 16384, \"num_local_experts\": 16384, \"num_experts_per_tok\": 1, \"moe_intermediate_size\": 4194304", "more than 10^15 parameters"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamedWithItsPlace(line: String, replacement: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.model(Self.changed(line, to: replacement)) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func allMistakesOfAFileAreReportedTogether() {
        let text = Self.changed("\"hidden_size\": 96", to: "\"hidden_size\": 0")
            .replacingOccurrences(of: "\"vocab_size\": 257", with: "\"vocab_size\": -1")
            .replacingOccurrences(of: "\"num_attention_heads\": 6", with: "\"num_attention_heads\": \"six\"")
        let error = #expect(throws: ConfigurationError.self) { try Self.model(text) }
        #expect(error?.problems.map(\.location.line) == [3, 5, 8])
    }

    @Test(arguments: ["", "[]", "3", "\"llama\"", "{", "{\"model_type\": \"llama\"", "null"])
    func whatIsNoMappingIsRefused(text: String) {
        #expect(throws: ConfigurationError.self) { try Self.model(text) }
    }

    private static let quantisations: [(String, QuantizationScheme)] = [
        ("{\"quant_method\": \"gptq\", \"bits\": 4, \"group_size\": 128}", .int4WeightOnly),
        ("{\"quant_method\": \"awq\", \"bits\": 4}", .int4WeightOnly),
        ("{\"quant_method\": \"gptq\", \"bits\": 8}", .int8WeightOnly),
        ("{\"quant_method\": \"fp8\", \"weight_block_size\": [128, 128]}", .fp8Block),
        ("{\"quant_method\": \"fp8\", \"activation_scheme\": \"static\"}", .fp8Static),
        ("{\"quant_method\": \"fp8\", \"activation_scheme\": \"dynamic\"}", .fp8),
        ("{\"quant_method\": \"bitsandbytes\", \"load_in_4bit\": true, \"bnb_4bit_quant_type\": \"nf4\"}", .nf4),
        ("{\"quant_method\": \"bitsandbytes\", \"load_in_8bit\": true}", .int8),
        ("{\"quant_method\": \"mxfp4\"}", .mxfp4),
        ("{\"quant_method\": \"modelopt\", \"quant_algo\": \"NVFP4\"}", .nvfp4),
        ("{\"quant_method\": \"compressed-tensors\", \"config_groups\": {\"group_0\": {\"weights\": {\"num_bits\": 8, \"type\": \"float\"}, \"input_activations\": {\"num_bits\": 8}}}}", .fp8),
        ("{\"quant_method\": \"compressed-tensors\", \"config_groups\": {\"group_0\": {\"weights\": {\"num_bits\": 4, \"type\": \"int\"}}}}", .int4WeightOnly),
    ]

    @Test(arguments: quantisations)
    func statedQuantisationIsUnderstood(text: String, scheme: QuantizationScheme) throws {
        let model = try Self.model(Self.changed("\"vocab_size\": 257", to: "\"vocab_size\": 257, \"quantization_config\": \(text)"))
        #expect(model.quantization?.scheme == scheme)
    }

    @Test func familiesDifferWhereTheirImplementationsDo() throws {
        let gptJ = try ModelLibrary.find("gpt-j-6b")
        #expect(gptJ.isParallel && gptJ.normPlacement == .shared && gptJ.biases.languageModelHead)
        #expect(gptJ.positions.rotary == RotaryParameters(dimension: 64, base: 10_000, pairing: .neighbours))
        let falcon = try ModelLibrary.find("falcon-7b")
        #expect(falcon.keyValueHeads == 1 && falcon.normPlacement == .shared)
        let newFalcon = try ModelLibrary.find("falcon-40b")
        #expect(newFalcon.keyValueHeads == 8 && newFalcon.normPlacement == .before && newFalcon.isParallel)
        #expect(try ModelLibrary.find("pythia-6.9b").positions.rotary?.dimension == 32)
        #expect(try ModelLibrary.find("opt-125m").positions == .learned(rows: 2050))
        #expect(try ModelLibrary.find("mpt-7b").positions == .linearBias)
        #expect(try ModelLibrary.find("gemma2-9b").slidingWindowLayers == 21)
        #expect(try ModelLibrary.find("gemma-2b").embeddingScale == 2048.0.squareRoot())
        #expect(try ModelLibrary.find("bert-base").normPlacement == .after)
        #expect(try ModelLibrary.find("deepseek-v3").experts?.layers == 58)
        #expect(try ModelLibrary.find("redpajama-7b").isParallel == false)
    }
}

@Suite struct ModelLibraryTests {
    @Test(arguments: [("gpt2", "gpt2"), ("GPT2-Small", "gpt2"), ("meta-llama/Llama-2-7b-hf", "llama2-7b"), ("gpt3", "gpt3-175b"), ("all-MiniLM-L6-v2", "minilm-l6")])
    func presetsAreFoundByIdAndAlias(name: String, id: String) throws {
        #expect(try ModelLibrary.find(name).name == id)
    }

    @Test(arguments: ["gpt-4", "gpt-3.5", "Claude-2", "palm-2", "gemini-nano"])
    func undisclosedSizesAreExplainedWithAWayOut(name: String) {
        let error = #expect(throws: ModelLibrary.LookUpError.self) { try ModelLibrary.find(name) }
        #expect(error?.description.contains("not public") == true)
        #expect(error?.description.contains("config.json") == true)
    }

    @Test func unknownNamesGetASuggestion() {
        let error = #expect(throws: ModelLibrary.LookUpError.self) { try ModelLibrary.find("mixtrall") }
        #expect(error?.description.contains("did you mean 'mixtral'?") == true)
        #expect(throws: ModelLibrary.LookUpError.self) { try ModelLibrary.find("") }
    }

    @Test func foldersAndFilesAreRead() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-models-\(UUID().uuidString)/tiny")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }
        let text = "{\"model_type\": \"gpt2\", \"n_embd\": 80, \"n_head\": 5, \"n_layer\": 3, \"n_positions\": 96, \"vocab_size\": 257, \"n_inner\": null}"
        try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
        let model = try ModelLibrary.find(folder.path)
        #expect(model.name == "tiny" && model.intermediate == 320)
        #expect(try ModelLibrary.find(folder.path + "/config.json") == model)
        let missing = #expect(throws: ModelLibrary.LookUpError.self) { try ModelLibrary.find(folder.path + "/confg.json") }
        #expect(missing?.description.contains("confg.json") == true)
    }
}
