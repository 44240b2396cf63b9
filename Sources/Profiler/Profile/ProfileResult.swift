import PerformanceCounters
import Quantities
import Trace
import Workload

/// What repeated runs of one model on this CPU showed.
public struct ProfileResult: Hashable, Sendable {
    /// Every operator with its median, spread and counters.
    public var trace: OperatorTrace
    public var places: [ProfiledPlace]
    /// Wall time of each phase kind over one run, in order of appearance.
    public var phases: [ProfiledPhase]
    public var counters: [CounterStatus]
    public var overhead: ProfilingOverhead
    public var repetitions: Int
    public var threads: Int
    /// Mean runnable tasks before the first run, nil where unknown.
    public var loadBefore: Double?
}

/// All executions of one place of the model within one phase kind.
public struct ProfiledPlace: Hashable, Sendable {
    public var phase: WorkloadPhase.Kind
    public var place: String
    public var family: OperatorFamily
    /// Executions in one run.
    public var count: Int
    /// Sums over the executions of one run of each one's median, tenth and ninetieth percentile and least, over repetitions.
    public var median: Seconds
    public var p10: Seconds
    public var p90: Seconds
    public var least: Seconds
    /// Arithmetic and compulsory traffic of one run, from the shapes: not counted by the processor.
    public var operations: Operations
    public var traffic: Bytes
    /// Counts over one run by title; a counter that is not live, or could not be read, is missing.
    public var counters: [TraceCounter]
}

/// All phases of one kind.
public struct ProfiledPhase: Hashable, Sendable {
    public var kind: WorkloadPhase.Kind
    /// Times it ran in one run (decode steps).
    public var count: Int
    /// New tokens of one run.
    public var tokens: Int
    /// Wall time of one run, dispatch and gaps between operators included: median and percentiles over repetitions.
    public var median: Seconds
    public var p10: Seconds
    public var p90: Seconds

    public var tokensPerSecond: Double { Double(tokens) / median.value }
}

/// What looking costs: the same run with and without an observer, in turn.
public struct ProfilingOverhead: Hashable, Sendable {
    /// Median wall time of a run that nobody observes.
    public var unobserved: Seconds
    /// Median wall time of a run whose operators are timed.
    public var observed: Seconds
    /// Median wall time of a run whose operators are timed and counted; nil when no counter is live.
    public var counted: Seconds?

    /// Share that timing adds; negative when it drowns in noise.
    public var timingShare: Double { observed / unobserved - 1 }
}
