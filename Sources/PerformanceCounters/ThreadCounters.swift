import CPAPI
import Foundation

/// Counters of one thread, running from `init` until the end of its life.
///
/// It belongs to the thread that makes it, whichever thread it counts.
struct ThreadCounters: ~Copyable {
    private var set: Int32
    /// The events that could be opened, in the order asked for; values come in this order.
    let live: [CounterEvent]
    let unavailable: [CounterUnavailability]
    private var values: [Int64]

    /// Opens as many of the events as the machine offers. An event that cannot be counted is not an error: it is listed in `unavailable`.
    ///
    /// - Parameter thread: the system's thread number, nil for the calling thread.
    /// - Throws: when nothing can be counted at all. The corresponding C functions are `PAPI_create_eventset`, `PAPI_attach`,
    ///   `PAPI_add_named_event` and `PAPI_start`.
    init(_ events: [CounterEvent], thread: pid_t?) throws(CounterUnavailability) {
        if case .failure(let reason) = CounterLibrary.start { throw reason }
        var set = PAPI_NULL
        try Self.check(PAPI_create_eventset(&set), "event set")
        do {
            if let thread {
                try Self.check(PAPI_assign_eventset_component(set, 0), "event set")
                try Self.check(PAPI_attach(set, UInt(thread)), "thread \(thread)")
            }
            var live: [CounterEvent] = []
            var unavailable: [CounterUnavailability] = []
            for event in events {
                let code = PAPIReturnCode(rawValue: PAPI_add_named_event(set, event.name))
                if code == .ok { live.append(event) } else { unavailable.append(code.unavailability(of: event.name)) }
            }
            guard !live.isEmpty else { throw unavailable.first ?? CounterUnavailability(name: "event set", code: 0, text: "no event asked for") }
            try Self.check(PAPI_start(set), "event set")
            self.live = live
            self.unavailable = unavailable
        } catch let reason as CounterUnavailability {
            PAPI_cleanup_eventset(set)
            PAPI_destroy_eventset(&set)
            throw reason
        } catch {
            throw CounterUnavailability(name: "event set", code: 0, text: "\(error)")
        }
        self.set = set
        values = Array(repeating: 0, count: live.count)
    }

    deinit {
        var set = set
        PAPI_stop(set, nil)
        PAPI_cleanup_eventset(set)
        PAPI_destroy_eventset(&set)
    }

    /// Adds the counts since the start to `totals`, in the order of `live`. The corresponding C function is `PAPI_read`.
    ///
    /// - Returns: false when the thread's counters could not be read.
    mutating func add(to totals: inout [Double]) -> Bool {
        guard PAPI_read(set, &values) == PAPI_OK else { return false }
        for index in values.indices { totals[index] += Double(values[index]) }
        return true
    }

    private static func check(_ code: Int32, _ name: String) throws(CounterUnavailability) {
        let code = PAPIReturnCode(rawValue: code)
        if code != .ok { throw code.unavailability(of: name) }
    }
}
