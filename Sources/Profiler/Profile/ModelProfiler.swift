import CPUExecutor
import Foundation
import HostTopology
import PerformanceCounters
import Quantities
import Workload

/// Runs a model on this CPU again and again: warm-up, then in turn runs without an observer and runs that are timed, then runs that are counted.
public struct ModelProfiler {
    let executor: TransformerExecutor
    let request: ProfileRequest
    private let ids: [Int]

    public init(executor: TransformerExecutor, request: ProfileRequest) throws(ProfileError) {
        guard request.batch > 0, request.promptTokens > 0, request.decodeSteps >= 0, request.repetitions > 0, request.warmUps >= 0 else {
            throw ProfileError(.invalidRequest, "batch, prompt and repetitions must be positive, generate and warm-ups not negative")
        }
        guard executor.model.generates || request.decodeSteps == 0 else {
            throw ProfileError(.invalidRequest, "\(executor.model.name) is an encoder and generates nothing; leave --generate out")
        }
        let (tokens, overflows) = request.batch.multipliedReportingOverflow(by: request.promptTokens)
        guard !overflows, tokens < 1 << 28 else { throw ProfileError(.invalidRequest, "\(request.batch) sequences of \(request.promptTokens) tokens are too many") }
        self.executor = executor
        self.request = request
        // Any ids do: kernels take the same time for all. Knuth's multiplicative hash spreads them over the embedding table.
        ids = (0..<tokens).map { Int((UInt64($0) &* 2_654_435_761) % UInt64(executor.model.vocabulary)) }
    }

    /// Runs everything.
    ///
    /// - Parameter progress: called before each run with its number and how many there will be.
    /// - Throws: what the executor throws; `ProfileError` when runs differ.
    public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> ProfileResult {
        let load = HostTopology.loadAverage
        let countedRuns = min(3, request.repetitions)
        let total = request.warmUps + 2 * request.repetitions + countedRuns
        var done = 0
        func step() {
            progress(done, total)
            done += 1
        }
        var operators = 64
        for _ in 0..<request.warmUps {
            step()
            let recorder = RunRecorder(expectedOperators: operators)
            try runOnce(recorder)
            operators = max(operators, recorder.entries.count)
        }
        var timed: [RunRecorder] = []
        var observed: [Double] = []
        var unobserved: [Double] = []
        for _ in 0..<request.repetitions {
            step()
            unobserved.append(try seconds { try runOnce(nil) })
            step()
            let recorder = RunRecorder(expectedOperators: operators)
            observed.append(try seconds { try runOnce(recorder) })
            timed.append(recorder)
        }
        // Opened after the workers exist, so that each of them is counted.
        let counters = CounterBox()
        var counted: [RunRecorder] = []
        var countedSeconds: [Double] = []
        if !counters.live.isEmpty {
            for _ in 0..<countedRuns {
                step()
                let recorder = RunRecorder(readCounters: counters.read, expectedOperators: operators)
                countedSeconds.append(try seconds { try runOnce(recorder) })
                counted.append(recorder)
            }
        }
        let overhead = ProfilingOverhead(
            unobserved: Seconds(Percentile.of(unobserved, 0.5)), observed: Seconds(Percentile.of(observed, 0.5)),
            counted: countedSeconds.isEmpty ? nil : Seconds(Percentile.of(countedSeconds, 0.5)))
        let summary = try RunSummary(timed: timed, counted: counted, live: counters.live)
        return ProfileResult(
            trace: summary.trace(workload: executor.model.name, properties: properties(counters.statuses, overhead, load)), places: summary.places(),
            phases: summary.phases(), counters: counters.statuses, overhead: overhead, repetitions: request.repetitions, threads: executor.threads,
            loadBefore: load)
    }

    private func runOnce(_ recorder: RunRecorder?) throws {
        executor.observer = recorder?.observer
        defer { executor.observer = nil }
        guard executor.model.generates else {
            _ = try executor.encode(ids, batch: request.batch)
            return
        }
        let cache = try executor.makeCache(batch: request.batch, capacity: request.promptTokens + request.decodeSteps)
        var tokens = executor.greedy(try executor.decode(ids, cache: cache), batch: request.batch)
        executor.endPhase(.prefill)
        for _ in 0..<request.decodeSteps {
            tokens = executor.greedy(try executor.decode(tokens, cache: cache), batch: request.batch)
            executor.endPhase(.decode)
        }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ProbeTimer.now(.wall)
        try body()
        return ProbeTimer.now(.wall) - start
    }
}

/// Counters that a closure reads: a noncopyable value cannot be captured.
private final class CounterBox {
    private var counters = ProcessCounters()
    var statuses: [CounterStatus] { counters.statuses }
    var live: [CounterEvent] { counters.live }
    func read() -> CounterSample { counters.read() }
}

/// Percentiles with linear interpolation between neighbours (Hyndman and Fan's type 7, as NumPy has it).
enum Percentile {
    static func of(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let position = share * Double(sorted.count - 1)
        let index = Int(position)
        guard index + 1 < sorted.count else { return last }
        return sorted[index] + (position - Double(index)) * (sorted[index + 1] - sorted[index])
    }
}
