import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct PublishedValidationTests {
    static let header = "id,kind,device,devices,dtype,model,batch,input_len,output_len,parallelism,software,metric,value,unit,source,date"

    /// Rows as a file in a folder that names the family.
    static func data(_ rows: [String]) throws -> MeasuredData {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/published", withIntermediateDirectories: true)
        let path = "\(folder)/published/mine.csv"
        try Data(([header] + rows).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        return try MeasuredFolder.read([path])
    }

    /// 2 x 1000^3 operations at 90 TFLOP/s are 22.2 us, launch 3 us: 25.2 us and 79.3 TFLOP/s; traffic is shorter.
    @Test func aProductIsHeldAgainstItsRateAndItsTime() throws {
        let rows = [
            "a,kernel_gemm,alpha,1,fp16,GEMM 1000x1000x1000,,,,,bench,gemm_tflops,40,TFLOP/s,paper,2025",
            "b,kernel_gemm,alpha,1,fp16,best GEMM M1000xN1000xK1000,,,,,bench,gemm_latency,0.05,ms,paper,2025",
            "c,kernel_gemm,alpha,1,fp16,up GEMM,,,,TP1 shard: M=1000 K=1000 N=1000,bench,gemm_latency,0.05,ms,paper,2025",
        ]
        let result = try Fixture.validator().validate(Self.data(rows))
        let time = 3 + 2e9 / 90e6
        #expect(result.figures.count == 3 && result.answered == 3 && result.asked == 3)
        #expect(abs(result.figures[0].projected - 2e9 / time * 1e-6) < 1e-9)
        #expect(abs(result.figures[0].factor - 40 / (2e9 / time * 1e-6)) < 1e-12)
        #expect(abs(result.figures[1].projected - time / 1000) < 1e-12 && abs(result.figures[1].factor - time / 50) < 1e-12)
        #expect(result.figures[2].projected == result.figures[1].projected)
    }

    /// Heads 2048 / 64 = 32; forward 4 x 2 x 32 x 1024^2 x 64 operations, half of them causal, and 2.5 times that backward.
    @Test func attentionIsCountedAsItsSourceCounts() throws {
        var figure = PublishedFigureTests.figure("attention_tflops", "TFLOP/s", kind: .attention, model: "attention fwd+bwd, head_dim 64, causal", batch: "2", input: "1024")
        figure.notes = "hidden dim 2048"
        let kernel = try PublishedKernel(figure, format: PublishedFormat("fp16"))
        #expect(kernel.operators.count == 2)
        #expect(abs(kernel.teraOperations - 4 * 2 * 32 * 1024 * 1024 * 64 * 0.5 * 3.5 * 1e-12) < 1e-12)
        figure.notes = ""
        #expect(throws: FigureRefusal(reason: "number of heads not stated")) { try PublishedKernel(figure, format: PublishedFormat("fp16")) }
    }

    /// Rows that leave something open are counted with the reason, and none is dropped.
    @Test func whatARowLeavesOpenIsTheReason() throws {
        let rows = [
            "a,inference_prefill,alpha,1,fp16,Frontier-9T,1,128,0,,x,ttft,5,ms,paper,2025",
            "b,inference_offline,alpha,1,fp16,llama2-7b,,128,128,,x,output_throughput_total,5,tokens/s,paper,2025",
            "c,inference_prefill,alpha,1,,llama2-7b,1,128,0,,x,ttft,5,ms,paper,2025",
            "d,inference_prefill,alpha,8,fp16,llama2-7b,1,128,0,,x,ttft,5,ms,paper,2025",
            "e,inference_prefill,nobody,1,fp16,llama2-7b,1,128,0,,x,ttft,5,ms,paper,2025",
            "f,cost,alpha,1,fp16,llama2-7b,1,,,,x,training_cost,5,USD,paper,2025",
            "g,inference_prefil,alpha,1,fp16,llama2-7b,1,128,0,,x,ttft,5,ms,paper,2025",
            "h,training,alpha,1,fp16,llama2-7b LoRA,8,512,,DP1,x,train_step_time,5,s/step,paper,2025",
            "i,inference_prefill,alpha,1,fp16,llama2-7b,1,,0,,x,ttft,5,ms,paper,2025",
        ]
        let result = try Fixture.validator().validate(Self.data(rows))
        #expect(result.figures.isEmpty && result.asked == rows.count && result.skipped.count == rows.count)
        let reasons = Set(result.skipped.entries.map(\.reason))
        #expect(reasons.isSuperset(of: [
            "model not in the library: Frontier-9T", "batch not stated", "format not stated", "how 8 devices share the model is not stated",
            "no accelerator is called 'nobody'", "a price is no projection", "input length not stated",
            "kind 'inference_prefil' is unknown; did you mean 'inference_prefill'?",
        ]))
    }

    @Test func numbersThatAreNoneAreProblemsOfTheFile() {
        let bad = #expect(throws: ConfigurationErrorProbe.self) {
            do {
                _ = try Self.data(["a,inference_prefill,alpha,two,fp16,llama2-7b,1,128,0,,x,ttft,-5,ms,paper,2025"])
            } catch {
                throw ConfigurationErrorProbe(text: "\(error)")
            }
        }
        #expect(bad?.text.contains("'devices' is 'two'") == true && bad?.text.contains("'value' is '-5'") == true)
    }

    /// 7 x 10^9 parameters in fp16 are 13.5 GB, 13.5 ms at 1 TB/s: a step in 5 ms read less than the weights.
    @Test func figuresBeyondTheDataSheetAreRefused() throws {
        var architecture = Fixture.architecture()
        architecture.caches = []
        let model = try ModelLibrary.find("llama2-7b")
        var workload = try model.workload(for: WorkloadRequest(batch: 1, promptTokens: 1, generatedTokens: 1, format: .fp16))
        workload.phases.removeAll { $0.kind != .decode }
        let floor = try #require(DataSheetFloor(workload, on: architecture)?.microseconds)
        #expect(floor > 12_900 && floor < 13_600)
        architecture.caches = [Cache(name: "all", scope: .device, capacity: Sourced(Bytes(1e12), source: Fixture.source))]
        #expect(try #require(DataSheetFloor(workload, on: architecture)?.microseconds) < 200)
    }

    /// 12 devices and 64 heads: padded to 72, as 24 cores have three each.
    @Test func shardsArePaddedWhereTheSoftwareDoes() throws {
        let figure = PublishedFigureTests.figure("tpot_p50", "ms/token", kind: .decode, model: "llama2-70b", devices: 12, parallelism: "TP24 NeuronCores")
        var circumstances = PassProtocol()
        #expect(throws: FigureRefusal.self) {
            try PublishedRun(figure, dtype: "bf16", under: circumstances, models: [], on: PublishedMachine(units: 2))
        }
        circumstances.padsShards = true
        let run = try PublishedRun(figure, dtype: "bf16", under: circumstances, models: [], on: PublishedMachine(units: 2))
        let attention = try #require(run.workload.phases.first?.operators.lazy.compactMap { item -> Attention? in
            if case .attention(let shape) = item.shape { shape } else { nil }
        }.first)
        #expect(attention.heads == 6 && attention.keyValueHeads == 2 && run.devices == 12)
    }

    /// 6 N and 12 layers x heads x head dimension x length a token (PaLM, appendix B): Llama-2-7B, 8 x 100 tokens.
    @Test func trainingCountsThreePassesOfTheModel() throws {
        let figure = PublishedFigureTests.figure("mfu", "%", kind: .training, parallelism: "DP1")
        let run = try PublishedRun(figure, dtype: "bf16", under: PassProtocol(), models: [], on: PublishedMachine())
        let expected = (6 * 6738.4e6 + 12 * 32 * 32 * 128 * 100) * 800 * 1e-12
        #expect(abs(run.modelTeraOperations / expected - 1) < 1e-4)
    }

    @Test func remarksLieBesideTheirFile() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("remarks:\n  alpha: because\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.remarks.yaml"))
        #expect(try PublishedRemarks(beside: ["\(folder)/a.csv", "\(folder)/b.csv"]).byDevice == ["alpha": "because"])
    }
}

/// Carries a message out of an expectation.
struct ConfigurationErrorProbe: Error { var text: String }
