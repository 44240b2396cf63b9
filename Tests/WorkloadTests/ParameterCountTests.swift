import ConfigurationFiles
import Testing
import Workload

/// Counts that the makers or the reference implementation (`model.num_parameters()` of Hugging Face transformers) state.
@Suite struct ParameterCountTests {
    @Test(arguments: [
        ("bert-base", 109_482_240), ("bert-large", 335_141_888), ("distilbert", 66_362_880), ("minilm-l6", 22_713_216),
        ("xlm-r-base", 278_043_648), ("roberta-base", 124_645_632),
        ("t5-small", 60_506_624), ("t5-base", 222_903_552), ("t5-large", 737_668_096), ("t5-3b", 2_851_598_336), ("t5-11b", 11_307_321_344),
        ("gpt1", 116_534_784), ("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("gpt2-large", 774_030_080), ("gpt2-xl", 1_557_611_200),
        ("gpt-j-6b", 6_050_882_784), ("pythia-160m", 162_322_944), ("pythia-6.9b", 6_857_302_016), ("gpt-neox-20b", 20_554_567_680),
        ("opt-125m", 125_239_296), ("opt-350m", 331_196_416), ("opt-6.7b", 6_658_473_984), ("bloom-560m", 559_214_592), ("bloom-176b", 176_247_271_424),
        ("mpt-7b", 6_649_286_656), ("falcon-7b", 6_921_720_704), ("falcon-180b", 179_522_565_120),
        ("llama-7b", 6_738_415_616), ("llama2-7b", 6_738_415_616), ("llama2-13b", 13_015_864_320), ("llama2-70b", 68_976_648_192),
        ("llama3-8b", 8_030_261_248), ("llama3-70b", 70_553_706_496), ("llama3.1-405b", 405_853_388_800), ("llama3.2-1b", 1_235_814_400),
        ("tinyllama-1.1b", 1_100_048_384), ("solar-10.7b", 10_731_524_096), ("mistral-7b", 7_241_732_096),
        ("qwen2-7b", 7_615_616_512), ("qwen2.5-0.5b", 494_032_768), ("qwen3-8b", 8_190_735_360),
        ("gemma-2b", 2_506_172_416), ("gemma-7b", 8_537_680_896), ("gemma2-9b", 9_241_705_984), ("stablelm-3b", 2_795_443_200),
        ("mixtral-8x7b", 46_702_792_704), ("mixtral-8x22b", 140_620_634_112), ("qwen3-30b-a3b", 30_532_122_624), ("qwen1.5-moe-a2.7b", 14_315_784_192),
        ("deepseek-v2-lite", 15_706_484_224), ("deepseek-v3", 671_026_419_200),
        ("vit-base-16", 86_389_248), ("clip-vit-base-32", 151_277_313), ("clip-vit-large-14", 427_616_513),
        ("switch-base-8", 619_339_008),
    ])
    func presetHasExactlyThePublishedParameters(id: String, expected: Int) throws {
        let model = try ModelLibrary.find(id)
        #expect(model.parameters.total == expected, "off by \(model.parameters.total - expected)")
    }

    /// Papers round: GPT-3's table says 175.0B, Megatron-Turing 530B, PaLM 540.35B, OPT 175B, LLaMA 65.2B.
    @Test(arguments: [
        ("gpt3-175b", 175e9, 0.005), ("mt-nlg-530b", 530e9, 0.005), ("palm-540b", 540.35e9, 0.002), ("opt-175b", 175e9, 0.005),
        ("llama-65b", 65.2e9, 0.003), ("transformer-base", 65e6, 0.05), ("transformer-big", 213e6, 0.05), ("cerebras-gpt-13b", 13e9, 0.02),
        ("falcon-40b", 41.8e9, 0.02), ("polyglot-ko-12.8b", 12.9e9, 0.01), ("switch-base-128", 7.4e9, 0.05),
    ])
    func presetIsNearTheRoundedCountOfItsPaper(id: String, published: Double, tolerance: Double) throws {
        let total = Double(try ModelLibrary.find(id).parameters.total)
        #expect(abs(total / published - 1) < tolerance, "\(total)")
    }

    @Test func aMixtureActivatesOnlyTheExpertsOfItsTokens() throws {
        // Mixtral: 12.9B of 46.7B ("Mixtral of Experts", 2024, section 1).
        #expect(try ModelLibrary.find("mixtral-8x7b").activeParameters == 12_879_925_248)
        // DeepSeek-V3: 37B of 671B (technical report, 2024).
        let deepSeek = Double(try ModelLibrary.find("deepseek-v3").activeParameters)
        #expect(abs(deepSeek / 37.5e9 - 1) < 0.02)
        let dense = try ModelLibrary.find("llama2-7b")
        #expect(dense.activeParameters == dense.parameters.total)
    }

    @Test(arguments: ModelPreset.all)
    func everyPresetIsReadAsAFileIs(preset: ModelPreset) throws {
        let model = try preset.model()
        #expect(model.parameters.total > 1_000_000)
        #expect(!preset.source.isEmpty)
    }

    @Test func presetNamesAreUnique() {
        let names = ModelPreset.all.flatMap { [$0.id] + $0.aliases } + UndisclosedModel.all.flatMap { [$0.id] + $0.aliases }
        #expect(Set(names).count == names.count, "\(Dictionary(grouping: names, by: { $0 }).filter { $1.count > 1 }.keys.sorted())")
        #expect(names.allSatisfy { $0 == $0.lowercased() })
    }
}
