import Foundation

/// The counts of one moment, in the order of `ProcessCounters.live`.
public struct CounterSample: Hashable, Sendable {
    /// Counts since the counters were started; nil where this reading failed.
    public var values: [Double?]

    public init(values: [Double?]) { self.values = values }

    /// What was counted since an earlier sample; absent where either reading is.
    public func since(_ earlier: CounterSample) -> CounterSample {
        CounterSample(values: zip(values, earlier.values).map { now, before in now.flatMap { now in before.map { now - $0 } } })
    }
}

/// Counters over threads of this process: each thread counted by itself where perf events allow, their sum reported.
///
/// Made and read by one thread. An event the machine does not count is never 0: it is missing from `live` and has its reason in `statuses`.
public struct ProcessCounters: ~Copyable {
    /// Every event asked for, live or not, in that order.
    public let statuses: [CounterStatus]
    /// The events that samples hold.
    public let live: [CounterEvent]
    private var threads: Threads
    private let perThread: [CounterEvent]
    private let perProcess: [CounterEvent]

    /// Starts counting.
    ///
    /// - Parameters:
    ///   - events: what to count.
    ///   - threads: the system's numbers of the threads to count; nil for all that the process has now.
    public init(_ events: [CounterEvent] = CounterEvent.standard, threads: [Int]? = nil) {
        let numbers = (threads ?? Self.currentThreads).map { pid_t($0) }
        let opened = Self.open(events, threads: numbers)
        self.threads = opened.threads
        let perThread = opened.live
        let reasons = opened.reasons
        statuses = events.map { event in
            if perThread.contains(event) { return CounterStatus(event: event, state: .perThread) }
            if ResourceUsage.value(of: event) != nil { return CounterStatus(event: event, state: .perProcess) }
            let general = (CounterLibrary.performanceEventsReason ?? opened.general).map {
                CounterUnavailability(name: event.name, code: opened.general?.code ?? $0.code, text: "\($0.name): \($0.text)")
            }
            let reason = reasons.first { $0.name == event.name } ?? general
            return CounterStatus(event: event, state: .unavailable(reason ?? CounterUnavailability(name: event.name, code: 0, text: "not offered")))
        }
        self.perThread = perThread
        perProcess = statuses.filter { $0.state == .perProcess }.map(\.event)
        live = perThread + perProcess
    }

    /// Reads all live counters; some microseconds a thread (`readingCostMicroseconds`).
    public mutating func read() -> CounterSample {
        var totals = Array(repeating: 0.0, count: perThread.count)
        let isComplete = threads.add(to: &totals)
        return CounterSample(values: totals.map { isComplete ? $0 : nil } + perProcess.map(ResourceUsage.value))
    }

    /// The median wall time of one reading, in microseconds, over 101 readings.
    public mutating func readingCostMicroseconds() -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<101 {
            let elapsed = clock.measure { _ = read() }
            times.append(Double(elapsed.components.attoseconds) * 1e-12 + Double(elapsed.components.seconds) * 1e6)
        }
        return times.sorted()[50]
    }

    /// Parts of the counter library that this machine switches off, with the reason.
    public static var disabledComponents: [CounterUnavailability] { CounterLibrary.disabledComponents }

    /// The system's numbers of the threads of this process, ascending.
    public static var currentThreads: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let numbers = names.compactMap { Int($0) }.sorted()
        return numbers.isEmpty ? [Int(getpid())] : numbers
    }

    /// The system's number of the calling thread, absent where /proc does not tell.
    public static var currentThread: Int? {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return path?.split(separator: "/").last.flatMap { Int($0) }
    }

    private struct Opened {
        var threads: Threads
        var live: [CounterEvent]
        var reasons: [CounterUnavailability]
        var general: CounterUnavailability?
    }

    /// Opens the events on every thread; an event that one thread lacks is left out for all, since a partial sum would be a wrong number.
    private static func open(_ events: [CounterEvent], threads: [pid_t]) -> Opened {
        var wanted = events
        var reasons: [CounterUnavailability] = []
        while !wanted.isEmpty {
            var open = Threads()
            var missing: [CounterUnavailability] = []
            for thread in threads {
                do throws(CounterUnavailability) {
                    let counters = try ThreadCounters(wanted, thread: thread)
                    missing = counters.unavailable
                    open.append(counters)
                } catch {
                    return Opened(threads: Threads(), live: [], reasons: reasons, general: error)
                }
                if !missing.isEmpty { break }
            }
            if missing.isEmpty { return Opened(threads: open, live: wanted, reasons: reasons, general: nil) }
            reasons += missing
            wanted.removeAll { event in missing.contains { $0.name == event.name } }
        }
        return Opened(threads: Threads(), live: [], reasons: reasons, general: nil)
    }
}

/// Event sets of several threads; a chain of owners, because arrays hold no noncopyable values.
private struct Threads {
    private final class Link {
        var counters: ThreadCounters
        let next: Link?
        init(_ counters: consuming ThreadCounters, next: Link?) {
            self.counters = counters
            self.next = next
        }
    }
    private var first: Link?

    init() {}

    mutating func append(_ counters: consuming ThreadCounters) { first = Link(counters, next: first) }

    /// Adds the counts of all threads to `totals`; false when any could not be read.
    mutating func add(to totals: inout [Double]) -> Bool {
        var link = first
        while let current = link {
            guard current.counters.add(to: &totals) else { return false }
            link = current.next
        }
        return true
    }
}
