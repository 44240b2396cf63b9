import CPUExecutor
import PerformanceCounters
import Workload

/// Takes down what an executor reports during one run; the clock is read first in each report, names are made after.
final class RunRecorder {
    /// One operator of the run.
    struct Entry {
        var place: String
        var shape: Operator
        /// Position of its phase among the run's phases.
        var phase: Int
        /// Microseconds since the run began.
        var start: Double
        var end: Double
        /// Counted over the operator; empty in runs that are timed.
        var counts: CounterSample
    }

    struct Phase {
        var kind: WorkloadPhase.Kind
        var tokens: Int
        var start: Double
        var end: Double
    }

    private(set) var entries: [Entry] = []
    private(set) var phases: [Phase] = []
    private let readCounters: (() -> CounterSample)?
    private var origin = 0.0
    private var start = 0.0
    private var countsAtStart = CounterSample(values: [])

    /// - Parameter readCounters: nil in runs that are timed, since reading takes some microseconds.
    init(readCounters: (() -> CounterSample)? = nil, expectedOperators: Int) {
        self.readCounters = readCounters
        entries.reserveCapacity(expectedOperators)
        origin = Self.now
    }

    var observer: OperatorObserver {
        OperatorObserver(
            begin: { [self] in
                if let readCounters { countsAtStart = readCounters() }
                start = Self.now
            },
            end: { [self] place, shape in
                // The place is made before this call but after the operator: its cost is in the gap, as is this append.
                let end = Self.now
                let counts = readCounters.map { $0().since(countsAtStart) } ?? CounterSample(values: [])
                entries.append(Entry(
                    place: place, shape: shape, phase: phases.count - 1, start: start - origin, end: end - origin, counts: counts))
            },
            beginPhase: { [self] kind, tokens in
                phases.append(Phase(kind: kind, tokens: tokens, start: Self.now - origin, end: 0))
            },
            endPhase: { [self] _ in
                if !phases.isEmpty { phases[phases.count - 1].end = Self.now - origin }
            })
    }

    private static var now: Double { ProbeTimer.now(.wall) * 1e6 }
}
