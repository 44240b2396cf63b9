/// Something that the processor or the operating system counts.
public struct CounterEvent: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// Counted by the core's performance monitoring unit, which many virtual machines hide.
        case hardware
        /// Counted by the kernel.
        case software
    }

    /// The library's name, for example `PAPI_TOT_CYC` or `perf::PAGE-FAULTS`.
    public var name: String
    /// The name in reports and traces, with the unit where it is not a count.
    public var title: String
    public var kind: Kind

    public init(name: String, title: String, kind: Kind) {
        self.name = name
        self.title = title
        self.kind = kind
    }

    public static let taskClock = CounterEvent(name: "perf::TASK-CLOCK", title: "task_clock_ns", kind: .software)
    public static let pageFaults = CounterEvent(name: "perf::PAGE-FAULTS", title: "page_faults", kind: .software)
    public static let contextSwitches = CounterEvent(name: "perf::CONTEXT-SWITCHES", title: "context_switches", kind: .software)
    public static let migrations = CounterEvent(name: "perf::CPU-MIGRATIONS", title: "cpu_migrations", kind: .software)

    /// What the kernel counts.
    public static let software = [taskClock, pageFaults, contextSwitches, migrations]

    /// What the core counts; presets of PAPI, which translates them to the processor's own events.
    public static let hardware = [
        CounterEvent(name: "PAPI_TOT_CYC", title: "cycles", kind: .hardware),
        CounterEvent(name: "PAPI_TOT_INS", title: "instructions", kind: .hardware),
        CounterEvent(name: "PAPI_L1_DCM", title: "l1_data_misses", kind: .hardware),
        CounterEvent(name: "PAPI_L2_DCM", title: "l2_data_misses", kind: .hardware),
        CounterEvent(name: "PAPI_L3_TCM", title: "l3_misses", kind: .hardware),
        CounterEvent(name: "PAPI_TLB_DM", title: "data_tlb_misses", kind: .hardware),
        CounterEvent(name: "PAPI_BR_MSP", title: "branch_mispredictions", kind: .hardware),
    ]

    /// All that the profiler asks for.
    public static let standard = software + hardware
}

/// Why an event is not counted: the library's code and sentence.
public struct CounterUnavailability: Error, Hashable, Sendable, CustomStringConvertible {
    /// The event's library name, or the library's own where nothing works.
    public var name: String
    /// The library's return code, for example -7 (`PAPI_ENOEVNT`).
    public var code: Int
    /// The library's text for it.
    public var text: String

    public init(name: String, code: Int, text: String) {
        self.name = name
        self.code = code
        self.text = text
    }

    public var description: String { "\(name): \(text) (code \(code))" }
}

/// Whether an event is counted on this machine, and by whom.
public struct CounterStatus: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        /// Counted for each thread of the process through perf events, by PAPI or by the kernel's generic events.
        case perThread
        /// Counted for the whole process by the operating system's accounting (`getrusage`, process clock).
        case perProcess
        case unavailable(CounterUnavailability)
    }

    public var event: CounterEvent
    public var state: State

    public init(event: CounterEvent, state: State) {
        self.event = event
        self.state = state
    }

    public var isLive: Bool {
        if case .unavailable = state { false } else { true }
    }

    /// The reason where it is not counted.
    public var unavailability: CounterUnavailability? {
        if case .unavailable(let reason) = state { reason } else { nil }
    }
}
