import CPUExecutor
import CPUKernels
import Foundation
import PerformanceCounters
import Quantities
import Testing
import Trace
import Workload

@testable import Profiler

@Suite(.serialized) struct ModelProfilerTests {
    /// A GPT-2 of two layers with 32 features and made-up weights.
    private func executor(threads: Int = 1) throws -> TransformerExecutor {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("profile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = """
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 2, "n_embd": 32, "n_head": 4, "n_positions": 64, "vocab_size": 101,
             "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true}
            """
        let path = folder.appendingPathComponent("config.json")
        try Data(text.utf8).write(to: path)
        let model = try ModelLibrary.find(path.path)
        return try TransformerExecutor(model: model, weights: WeightStore(seed: 1), threads: threads)
    }

    @Test func theTraceHoldsEveryOperatorOfEveryPhase() throws {
        let request = ProfileRequest(batch: 2, promptTokens: 9, decodeSteps: 3, repetitions: 3, warmUps: 1)
        let result = try ModelProfiler(executor: try executor(), request: request).run()
        let phases = result.trace.events.filter { $0.shape == nil }
        #expect(phases.map(\.phase) == [.prefill, .decode, .decode, .decode])
        #expect(phases.map(\.phaseTokens) == [18, 2, 2, 2])
        let attention = result.trace.events.filter { if case .attention = $0.shape { true } else { false } }
        #expect(attention.count == 2 * 4)
        for event in result.trace.events {
            #expect(event.durationMicroseconds ?? -1 >= 0)
            guard event.shape != nil, let spread = event.spreadMicroseconds, let median = event.durationMicroseconds else { continue }
            #expect(spread.contains(median))
        }
        #expect(result.trace.origin == .measured)
    }

    @Test func operatorsLieInsideTheirPhaseAndDoNotOverlap() throws {
        let request = ProfileRequest(promptTokens: 5, decodeSteps: 2, repetitions: 3, warmUps: 0)
        let events = try ModelProfiler(executor: try executor(), request: request).run().trace.events
        var phaseEnd = 0.0
        var previousEnd = 0.0
        for event in events {
            let start = try #require(event.startMicroseconds)
            let end = start + (event.durationMicroseconds ?? 0)
            #expect(start >= previousEnd - 1e-6)
            if event.shape == nil {
                phaseEnd = end
                previousEnd = start
            } else {
                #expect(end <= phaseEnd + 1e-6)
                previousEnd = end
            }
        }
    }

    @Test func sumsAgreeWithTheTrace() throws {
        let request = ProfileRequest(promptTokens: 7, decodeSteps: 2, repetitions: 2)
        let result = try ModelProfiler(executor: try executor(threads: 2), request: request).run()
        let events = result.trace.events.filter { $0.shape != nil }
        #expect(result.places.reduce(0) { $0 + $1.count } == events.count)
        let traced = events.reduce(0) { $0 + ($1.durationMicroseconds ?? 0) }
        let summed = result.places.reduce(Seconds.zero) { $0 + $1.median }.microseconds
        #expect(abs(traced - summed) < 1e-6 * max(1, traced))
        for place in result.places { #expect(place.least <= place.median && place.p10 <= place.p90) }
        let operations = events.reduce(Operations.zero) { $0 + ($1.shape?.operations ?? .zero) }
        #expect(abs(result.places.reduce(Operations.zero) { $0 + $1.operations }.value - operations.value) < 1)
    }

    @Test func unavailableCountersAreNamedAndNeverZero() throws {
        let result = try ModelProfiler(executor: try executor(), request: ProfileRequest(promptTokens: 4, repetitions: 1)).run()
        let live = Set(result.counters.filter(\.isLive).map(\.event.title))
        for event in result.trace.events { #expect(Set(event.counters.map(\.name)).isSubset(of: live)) }
        for status in result.counters where !status.isLive {
            #expect(result.trace.properties.contains { $0.name == "counter_unavailable.\(status.event.title)" })
        }
        #expect(result.overhead.unobserved > .zero && result.overhead.observed > .zero)
    }

    @Test func theTraceReplaysAsTheSameWorkload() throws {
        let request = ProfileRequest(promptTokens: 6, decodeSteps: 1, repetitions: 1)
        let trace = try ModelProfiler(executor: try executor(), request: request).run().trace
        let workload = trace.replayedWorkload()
        #expect(workload.phases.map(\.kind) == [.prefill, .decode])
        let products = workload.phases[0].operators.filter { if case .matrixMultiply = $0.shape { true } else { false } }
        // Query-key-value, attention output, up and down of two layers, and the head.
        #expect(products.reduce(0) { $0 + $1.count } == 2 * 4 + 1)
        #expect(!trace.properties.contains { $0.value.contains("/") && $0.name != "load_average_before" && !$0.name.hasPrefix("counter") })
    }

    @Test(arguments: [
        ProfileRequest(batch: 0), ProfileRequest(promptTokens: 0), ProfileRequest(decodeSteps: -1), ProfileRequest(repetitions: 0),
        ProfileRequest(warmUps: -1), ProfileRequest(batch: Int.max, promptTokens: 2),
    ])
    func impossibleRequestsAreRefused(request: ProfileRequest) throws {
        let executor = try executor()
        let error = #expect(throws: ProfileError.self) { try ModelProfiler(executor: executor, request: request) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func promptsBeyondTheModelsPositionsAreTheExecutorsError() throws {
        let profiler = try ModelProfiler(executor: try executor(), request: ProfileRequest(promptTokens: 65))
        #expect(throws: ExecutionError.self) { try profiler.run() }
    }
}

@Suite struct PercentileTests {
    /// Of 1, 2, 3, 4: the median lies halfway between the middle two; P10 at position 0.3, P90 at 2.7.
    @Test(arguments: [(0.5, 2.5), (0.1, 1.3), (0.9, 3.7), (0.0, 1.0), (1.0, 4.0)]) func percentilesInterpolate(share: Double, expected: Double) {
        #expect(abs(Percentile.of([4, 1, 3, 2], share) - expected) < 1e-12)
    }

    @Test func oneValueIsEveryPercentile() {
        #expect(Percentile.of([7], 0.1) == 7)
        #expect(Percentile.of([7], 0.9) == 7)
    }
}
