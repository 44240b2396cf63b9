import Quantities
import Workload

/// A record of operators over time, measured on a device, projected for one, or planned without any times.
///
/// Its file form is Chrome trace-event JSON (docs/file-formats.md), which Perfetto opens.
public struct OperatorTrace: Hashable, Sendable {
    /// Where the times come from.
    public enum Origin: String, Hashable, Sendable, CaseIterable {
        /// A device ran the operators; times are its clock's.
        case measured
        /// The simulator computed the times.
        case projected
        /// Nothing ran: the operators of a workload, without times.
        case planned
    }

    public var origin: Origin
    /// The workload's name.
    public var workload: String
    /// The device measured or projected on, absent for a plan.
    public var device: String?
    /// Events in order of start time (of appearance for a plan).
    public var events: [TraceEvent]
    /// What else is known of the run (threads, format, repetitions, library versions), in order of insertion.
    public var properties: [TraceProperty]

    public init(
        origin: Origin, workload: String, device: String? = nil, events: [TraceEvent], properties: [TraceProperty] = []
    ) {
        self.origin = origin
        self.workload = workload
        self.device = device
        self.events = events
        self.properties = properties
    }
}

/// One named fact of a run.
public struct TraceProperty: Hashable, Sendable {
    /// Name of the machine's load average (runnable threads, mean of a minute) before the first run.
    public static let loadAverageBefore = "load_average_before"

    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One execution of an operator, or of a phase that contains operators.
public struct TraceEvent: Hashable, Sendable {
    /// The place in the model, as `PlacedOperator.name` with layer and step where known, for example `layer 3 attention.output`.
    public var name: String
    /// The operator; absent for phases and for foreign events that are no operator we know.
    public var shape: Operator?
    /// The phase the event belongs to, absent when unknown.
    public var phase: WorkloadPhase.Kind?
    /// Times the operator ran back to back in this event (1 unless a plan folds equal layers).
    public var count: Int
    /// Start after the trace's beginning, in microseconds; absent in a plan.
    public var startMicroseconds: Double?
    /// Duration in microseconds; for repeated measurements the median. Absent in a plan.
    public var durationMicroseconds: Double?
    /// Tenth and ninetieth percentile of repeated measurements, or the interval of a projection, in microseconds.
    public var spreadMicroseconds: ClosedRange<Double>?
    /// Track: the thread, stream or device the event ran on.
    public var track: Int
    /// Hardware or software counters read over the event, by name; a counter that could not be read is missing.
    public var counters: [TraceCounter]
    /// New tokens that a phase processes, over all sequences; only on phase events (`shape` absent, `phase` present), which stand before
    /// the operators they contain. Each decode step is one phase event.
    public var phaseTokens: Int?

    public init(
        name: String, shape: Operator?, phase: WorkloadPhase.Kind? = nil, count: Int = 1, startMicroseconds: Double? = nil,
        durationMicroseconds: Double? = nil, spreadMicroseconds: ClosedRange<Double>? = nil, track: Int = 0,
        counters: [TraceCounter] = [], phaseTokens: Int? = nil
    ) {
        self.name = name
        self.shape = shape
        self.phase = phase
        self.count = count
        self.startMicroseconds = startMicroseconds
        self.durationMicroseconds = durationMicroseconds
        self.spreadMicroseconds = spreadMicroseconds
        self.track = track
        self.counters = counters
        self.phaseTokens = phaseTokens
    }
}

/// The value of one counter over one event.
public struct TraceCounter: Hashable, Sendable {
    public var name: String
    public var value: Double

    public init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}
