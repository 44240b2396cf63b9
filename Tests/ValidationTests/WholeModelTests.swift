import ConfigurationFiles
import Foundation
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
        func repetitions(_ text: String) throws -> Int? {
            try Self.pass(.training, batch: 8, parallelism: text).workload(dtype: "fp16", under: PassProtocol()).phases.first?.repetitions
        }
        // 8 micro-batches and 3 idle slots, or a third of them.
        #expect(try repetitions("pp4-microbatch1") == 11)
        #expect(try repetitions("pp4-microbatch1-interleave3") == 9)
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
}
