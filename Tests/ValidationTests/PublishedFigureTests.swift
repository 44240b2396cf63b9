import Foundation
import Hardware
import Quantities
import Testing
import Workload

@testable import Validation

@Suite struct PublishedFigureTests {
    static func figure(
        _ metric: String, _ unit: String, kind: PublishedFigure.Kind = .offline, value: Double = 1, model: String = "llama2-7b", devices: Int? = 1,
        batch: String = "8", input: String = "100", output: String = "50", parallelism: String = ""
    ) -> PublishedFigure {
        PublishedFigure(
            series: 0, line: 2, id: "", kind: kind, model: model, devices: devices, batch: batch, inputLength: input, outputLength: output,
            parallelism: parallelism, software: "", metric: metric, unit: unit, value: value, date: "", notes: "")
    }

    /// 8 sequences of 100 + 50 tokens on 4 devices in 2 s, of which a decode step takes 10 ms; 800 x 10^12 operations of the model; peak 200.
    @Test(arguments: [
        ("train_step_time", "s/step", 2.0), ("e2e_batch_latency", "ms", 2000.0), ("gemm_latency", "us", 2e6),
        ("tpot_p50", "ms/token", 10.0),
        // 2000 ms / (8 x 50)
        ("ms_per_generated_token", "ms/(token)", 5.0),
        // 8 x 100 / 2 s
        ("prefill_tokens_per_s", "tokens/s", 400.0), ("throughput_total", "tokens/s (system)", 400.0), ("throughput_per_device", "tokens/s/GPU", 100.0),
        // 8 x 50 / 2 s, and a quarter of that
        ("output_throughput_total", "output tokens/s", 200.0), ("output_throughput_per_device", "output tokens/s/GPU", 50.0),
        ("train_sequences_per_s", "sequences/s (system)", 4.0),
        // 8 / 10 ms, and one of the 8
        ("decode_tokens_per_s", "tokens/s", 800.0), ("decode_tokens_per_s_per_user", "tokens/s/user", 100.0),
        // 800 / 2 s / 4 devices; 96 operations counted where 72 are the model's; of a peak of 200
        ("model_tflops_per_device", "TFLOP/s/GPU", 100.0), ("hw_tflops_per_device", "TFLOP/s/GPU (incl. recompute)", 400.0 / 3), ("mfu", "%", 50.0),
    ] as [(String, String, Double)])
    func everyMetricFollowsFromTimes(metric: String, unit: String, expected: Double) throws {
        let run = PublishedRun(
            workload: Workload(name: "", phases: [], memory: MemoryFootprint(weights: .zero)), batch: 8, inputLength: 100, outputLength: 50, devices: 4,
            modelTeraOperations: 800)
        let value = try PublishedMetric(Self.figure(metric, unit)).value(of: run, total: 2e6, step: 10_000, peak: 200)
        #expect(abs(value / expected - 1) < 1e-12)
    }

    /// Two copies on each of 3 devices, 8 sequences each in 2 s: 3 x 2 x 8 / 2.
    @Test func copiesOnUnitsAddUp() throws {
        let run = PublishedRun(
            workload: Workload(name: "", phases: [], memory: MemoryFootprint(weights: .zero)), batch: 8, inputLength: 100, devices: 3, copiesPerDevice: 2,
            modelTeraOperations: 1)
        #expect(try PublishedMetric(Self.figure("sequences_per_s", "sequences/s")).value(of: run, total: 2e6, step: nil, peak: 1) == 24)
    }

    @Test(arguments: [
        ("mlperf_time_to_train", "minutes"), ("mlperf_offline_samples_per_s", "samples/s (system)"), ("mlperf_server_tokens_per_s", "tokens/s"),
        ("training_gpu_hours", "GPU-hours"), ("model_tflops_per_device", "TFLOP/s/GPU (up to)"),
    ])
    func metricsThatHideWhatRanAreRefused(metric: String, unit: String) {
        #expect(throws: FigureRefusal.self) { try PublishedMetric(Self.figure(metric, unit)) }
    }

    /// Rates are turned over: half the projected rate is twice the time.
    @Test func ratesCountAsTimesAndLatenciesAsTheyAre() throws {
        #expect(try PublishedMetric(Self.figure("decode_tokens_per_s", "tokens/s")).isRate)
        #expect(try !PublishedMetric(Self.figure("ttft", "ms")).isRate)
    }

    /// sqrt(0.5 x 2) = 1, bias (-50 + 100) / 2.
    @Test func theMeanFactorIsGeometric() throws {
        let statistics = try #require(FactorStatistics([2, 0.5]))
        #expect(abs(statistics.mean - 1) < 1e-12 && statistics.bias == 25 && statistics.least == 0.5 && statistics.most == 2)
        #expect(abs(statistics.p10 - 0.65) < 1e-12 && statistics.meanAbsolute == 75)
        #expect(FactorStatistics([]) == nil)
    }

    @Test(arguments: [
        ("bf16", NumberFormat.bf16, QuantizationScheme.none), ("f16", .fp16, .none), ("fp8 (use_fp8=True)", .bf16, .fp8), ("int8 (AQT)", .bf16, .int8),
        ("int8 weights, bf16 matmul", .bf16, .int8WeightOnly), ("int4 AWQ (w4a16)", .fp16, .int4WeightOnly), ("Autocast:BF16+SR", .bf16, .none),
        ("fp32 model (bf16 autocast)", .bf16, .none), ("fp16/bf16 mixed", .fp16, .none),
    ] as [(String, NumberFormat, QuantizationScheme)])
    func formatsAreReadFromTheSourcesWords(text: String, format: NumberFormat, scheme: QuantizationScheme) throws {
        let read = try PublishedFormat(text)
        #expect(read.activations == format && read.quantization == scheme)
    }

    /// A kernel's figure has no quantisation of activations in it.
    @Test func bareProductsFindTheirOperandsQuantised() throws {
        let scheme = try PublishedFormat("fp8").matrixScheme
        #expect(scheme.quantisation == .none && scheme.activation == .fp8e4m3 && scheme.compute == .fp8e4m3)
        #expect(try PublishedFormat("bf16").matrixScheme == .uniform(.bf16))
    }

    @Test(arguments: ["", "not stated", "Q4_K_M (~4.83 bpw)", "EXL2 2.5bpw", "mxfp8"])
    func otherFormatsAreRefused(text: String) { #expect(throws: FigureRefusal.self) { try PublishedFormat(text) } }

    @Test(arguments: [
        ("Llama-2-70B", "llama2-70b"), ("LLaMA 2 7B", "llama2-7b"), ("LLAMA3.1_405B", "llama3.1-405b"), ("BERT-large pretraining", "bert-large"),
        ("GPT-3-175B", "gpt3-175b"), ("Llama 3.1 8B", "llama3.1-8b"), ("HuggingFace BERT-Large Ph1 pre-training", "bert-large"), ("PaLM-540B", "palm-540b"),
    ])
    func modelsAreFoundByTheSourcesNames(text: String, id: String) throws {
        #expect(try PublishedModel.find(text, models: []).parameters.total == ModelLibrary.find(id).parameters.total)
    }

    @Test func unknownModelsAreNamedInTheReason() {
        #expect(throws: FigureRefusal(reason: "model not in the library: Frontier-9T")) { try PublishedModel.find("Frontier-9T", models: []) }
        #expect(throws: FigureRefusal(reason: "model not stated")) { try PublishedModel.find("", models: []) }
    }

    @Test(arguments: [("128", 128), ("2048 acc", 2048), ("32/gpu", 32), ("~8", 8), ("4096 acc (64 steps)", 4096)])
    func countsAreReadWithTheirWords(text: String, expected: Int) throws {
        #expect(try PublishedFigure.count(text, of: "batch", ignoring: ["acc", "gpu"]) == expected)
    }

    @Test(arguments: ["", "max load", "294 avg", "few tokens", "<=1024 ShareGPT", "1 to 8"])
    func textsWithoutOneNumberAreRefused(text: String) { #expect(throws: FigureRefusal.self) { try PublishedFigure.count(text, of: "batch") } }
}
