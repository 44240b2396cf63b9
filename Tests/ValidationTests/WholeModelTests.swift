import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct WholeModelTests {
    static func pass(_ phase: MeasuredPass.Phase, model: String = "gpt2", batch: Int = 4, sequence: Int = 128, parallelism: String = "none") -> MeasuredPass {
        MeasuredPass(series: 0, line: 2, model: model, dimensions: nil, phase: phase, batch: batch, sequence: sequence, parallelism: parallelism, time: Seconds(microseconds: 1000))
    }

    static func read(_ text: String) throws -> MeasuredData {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/end_to_end.csv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try MeasuredFolder.read([path])
    }

    static let header = "source,device,dtype,model,phase,batch,seq,gpus,parallelism,latency_ms,forward_ms,backward_ms"

    @Test func rowsBecomePassesAndASuffixSaysHowTheyWereCompiled() throws {
        let data = try Self.read("\(Self.header)\ns,alpha,fp32,gpt2+fused,inference,2,512,1,none,12.5,12.5,\n")
        #expect(data.passes.count == 1)
        #expect(data.count == 1)
        #expect(data.passes[0].model == "gpt2")
        #expect(abs(data.passes[0].time.microseconds - 12_500) < 1e-6)
        #expect(data.series[data.passes[0].series].op == "inference+fused")
    }

    @Test func statedDimensionsNeedNoKnownModel() throws {
        let data = try Self.read(
            "\(Self.header),layers,hidden,heads,kv_heads,head_dim,intermediate,vocabulary\ns,alpha,fp16,mine,decode,2,64,1,none,1,1,,2,256,4,2,64,512,0\n")
        let workload = try data.passes[0].workload(dtype: "fp16", under: PassProtocol())
        #expect(workload.phases.map(\.kind) == [.decode])
        let attention = try #require(workload.phases[0].operators.lazy.compactMap { item -> Attention? in
            guard case .attention(let shape) = item.shape else { return nil }
            return shape
        }.first)
        #expect(attention.heads == 4 && attention.keyValueHeads == 2 && attention.keyValueTokens == 64 && attention.batch == 2)
        // Bare layers: no table, no logits.
        #expect(!workload.phases[0].operators.contains { $0.name.hasPrefix("head") })
    }

    @Test func trainingIsWithoutTheOptimizerWhereTheSourceLeftItOut() throws {
        var circumstances = PassProtocol()
        let whole = try Self.pass(.training).workload(dtype: "fp32", under: circumstances)
        #expect(whole.phases.map(\.kind) == [.forward, .backward, .optimizer])
        circumstances.runsOptimizer = false
        let bare = try Self.pass(.training).workload(dtype: "fp32", under: circumstances)
        #expect(bare.phases.map(\.kind) == [.forward, .backward])
        let replicas = try Self.pass(.training, parallelism: "dp4").workload(dtype: "fp32", under: circumstances)
        #expect(replicas.phases.last?.operators.map(\.name) == ["gradients.all_reduce"])
    }

    @Test func dropoutAddsAPassOverTheProbabilitiesOfUnfusedAttention() throws {
        var circumstances = PassProtocol()
        (circumstances.fusion, circumstances.dropsActivations) = (.none, true)
        let names = try Self.pass(.training).workload(dtype: "fp32", under: circumstances).phases[0].operators
        let dropout = try #require(names.first { $0.name == "attention.dropout" })
        // 4 sequences, 12 heads, 128 x 128 scores, in each of 12 layers
        guard case .elementwise(let shape) = dropout.shape else { return #expect(Bool(false)) }
        #expect(shape.elements == 4 * 12 * 128 * 128)
        #expect(dropout.count == 12)
        #expect(try !Self.pass(.inference).workload(dtype: "fp32", under: circumstances).phases[0].operators.contains { $0.name.contains("dropout") })
    }

    @Test func parallelismIsReadWordByWord() throws {
        let layout = try PassLayout("tp8-pp4-dp2-microbatch1-interleave3-sequenceparallel-selectiverecompute")
        #expect(layout.parallelism.tensor == 8 && layout.parallelism.pipeline == 4 && layout.parallelism.data == 2 && layout.parallelism.splitsSequence)
        #expect(layout.recomputation == .selective && layout.virtualStages == 3)
        #expect(try layout.microBatches(batch: 64) == 32)
        #expect(try PassLayout("none").parallelism == .single)
        #expect(throws: PassRefusal.self) { try PassLayout("tp8-zp2") }
        #expect(throws: PassRefusal.self) { try PassLayout("tp0") }
        #expect(throws: PassRefusal.self) { try PassLayout("dp2-microbatch3").microBatches(batch: 8) }
    }

    @Test func anInterleavedPipelineIdlesLess() throws {
        func repetitions(_ text: String) throws -> [Int] {
            let phases = try Self.pass(.training, batch: 8, parallelism: text).workload(dtype: "fp16", under: PassProtocol()).phases
            return phases.filter { $0.kind == .forward || $0.kind == .bubble }.map(\.repetitions)
        }
        // 8 micro-batches and a bubble of 3, or a third of it.
        #expect(try repetitions("pp4-microbatch1") == [8, 3])
        #expect(try repetitions("pp4-microbatch1-interleave3") == [8, 1])
    }

    @Test(arguments: [
        ("fp32,nobodys-model,inference", "unknown model 'nobodys-model'"), ("fp9,gpt2,inference", "fp9"),
        ("fp32,gpt2,sleeping", "phase 'sleeping' is unknown"),
    ])
    func whatCannotBeProjectedIsCountedWithTheReason(fields: String, reason: String) throws {
        let data = try Self.read("\(Self.header)\ns,alpha,\(fields),1,16,1,none,1,,\n")
        let result = try Fixture.validator().validate(data)
        #expect(result.answered == 0 && result.asked == 1)
        #expect(result.skipped.entries.map(\.reason).joined().contains(reason), "\(result.skipped.entries)")
    }

    @Test func malformedRowsAreRefusedWithTheirPlace() throws {
        #expect { try Self.read("\(Self.header)\ns,alpha,fp32,gpt2,inference,0,16,1,none,1,,\n") } throws: { "\($0)".contains("end_to_end.csv:2") }
        #expect { try Self.read("\(Self.header)\ns,alpha,fp32,gpt2,inference,1,16,1,none,-1,,\n") } throws: { "\($0)".contains("'latency_ms'") }
    }

    /// Hugging Face's BERT: a pooler for classification, the vocabulary's logits for pretraining; GPT-2 projects queries, keys and values at once.
    @Test func huggingFaceModelsHaveTheirOwnHeadsAndProjections() throws {
        var circumstances = PassProtocol()
        (circumstances.fusion, circumstances.runsOptimizer) = (.huggingFaceEager, false)
        func names(_ phase: MeasuredPass.Phase, _ model: String) throws -> Set<String> {
            var pass = Self.pass(phase)
            pass.model = model
            return Set(try pass.workload(dtype: "fp32", under: circumstances).phases.flatMap(\.operators).map(\.name))
        }
        #expect(try names(.inference, "bert-large").contains("head.pooler"))
        #expect(try names(.training, "bert-large").isSuperset(of: ["head.logits", "gradients.accumulate"]))
        #expect(try names(.inference, "bert-large").contains("attention.query"))
        #expect(try names(.inference, "gpt2").contains("attention.query_key_value"))
        circumstances.fusion = .huggingFaceCompiled
        #expect(try names(.inference, "bert-large").contains("attention.scaled_dot_product"))
        #expect(try names(.inference, "gpt2").contains("attention.scores"))
    }

    /// The kit's decoder: rotary embedding is ten kernels, the cache two copies, the gated activation two kernels after one product.
    @Test func theKitsDecoderIsSpelledOut() throws {
        var circumstances = PassProtocol()
        circumstances.fusion = .pytorchDecoder
        var pass = Self.pass(.prefill)
        pass.dimensions = MeasuredPass.Dimensions(layers: 3, hidden: 256, heads: 4, keyValueHeads: 2, headDimension: 64, intermediate: 512, vocabulary: 0)
        let operators = try pass.workload(dtype: "bf16", under: circumstances).phases.flatMap(\.operators)
        #expect(operators.filter { $0.name.hasPrefix("attention.rotary") }.map(\.count) == Array(repeating: 3, count: 10))
        #expect(operators.filter { $0.name.hasPrefix("attention.cache") }.count == 2)
        #expect(operators.filter { $0.name.hasPrefix("feed_forward.") }.map(\.name).contains("feed_forward.gate_up"))
        #expect(operators.contains { $0.name == "feed_forward.multiply" })
        #expect(!operators.contains { $0.name.hasPrefix("head.") || $0.name.hasPrefix("embeddings.") })
    }

    @Test func halvesShareNoShapeAndLoseNoRow() throws {
        let sizes = (1...200).map { Fixture.product($0 * 8) }
        var data = Fixture.data(rows: sizes.map { ($0, 10) })
        data.append(device: "beta", source: "other", rows: sizes.reversed().map { ($0, 20) })
        data.passes = (1...60).map { count in
            var pass = Self.pass(.inference)
            pass.batch = count
            return pass
        }
        let (fit, judge) = (data.half(.fit), data.half(.judge))
        #expect(fit.rows.count + judge.rows.count == data.rows.count)
        #expect(fit.passes.count + judge.passes.count == data.passes.count)
        #expect((150...250).contains(fit.rows.count), "\(fit.rows.count)")
        #expect((15...45).contains(fit.passes.count), "\(fit.passes.count)")
        let fitted = Set(fit.rows.map { $0.shape })
        #expect(fitted.isDisjoint(with: judge.rows.map { $0.shape }))
        // Every shape is there twice, on two devices and in two files: both fall into one half.
        #expect(fit.rows.count == 2 * fitted.count)
    }

    @Test func integerProductsOfPyTorchWriteTheirSums() throws {
        let text = MeasuredReaderTests.gemmHeader + "s,alpha,int8,linear,1,32,64,64,5,torch._int_mm,,\ns,alpha,int8,linear,1,32,64,64,5,other,,\n"
        let written = try MeasuredReaderTests.read(text).rows.map(\.shape.bytesWritten.value)
        let expected: [Double] = [8192, 4096]
        #expect(written == expected)
    }

    /// Whole models of bert, gpt, opt and switch on seven devices, and Megatron's iterations on up to 512.
    @Test func measuredModelsAreWithinTheirBar() throws {
        guard let shared = Fixture.shared else {
            print("no shared measurements here (RIDGELINE_SHARED): skipped")
            return
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Architectures").standardized.path
        let validator = try Validator(library: ArchitectureLibrary(roots: [root]), model: DeviceModels.model(for:stack:))
        let result = try validator.validate(try MeasuredFolder.read(["\(shared)/measured/end_to_end.csv"]))
        #expect(result.answered == 77)
        // The switch models' eager loop runs every expert over padded tokens, whose number the rows do not say.
        let known = result.passes.filter { result.data.passes[$0.index].model != "switchxl4" }
        #expect(known.count == 71)
        let statistics = try #require(ErrorStatistics(known.map { $0.pair }))
        #expect(statistics.meanAbsolute < 10)
    }
}
