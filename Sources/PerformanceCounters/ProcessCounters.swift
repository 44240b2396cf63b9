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
    private var library: ThreadChain<ThreadCounters>
    private var kernel: ThreadChain<KernelCounters>
    private let libraryEvents: [CounterEvent]
    private let kernelEvents: [CounterEvent]
    private let processEvents: [CounterEvent]

    /// Starts counting: through PAPI, else by the kernel's generic events, else from the system's accounting of the whole process.
    ///
    /// - Parameters:
    ///   - events: what to count.
    ///   - threads: the system's numbers of the threads to count; nil for all that the process has now.
    public init(_ events: [CounterEvent] = CounterEvent.standard, threads: [Int]? = nil) {
        let numbers = (threads ?? Self.currentThreads).map { pid_t(truncatingIfNeeded: $0) }
        let byLibrary = Self.openLibrary(events, threads: numbers)
        library = byLibrary.threads
        libraryEvents = byLibrary.live
        var kernel = ThreadChain<KernelCounters>()
        var kernelEvents: [CounterEvent] = []
        var kernelReasons: [CounterUnavailability] = []
        for event in events where !byLibrary.live.contains(event) {
            // One chain link holds one event of one thread: an event that one thread lacks is left out for all.
            var links = ThreadChain<KernelCounters>()
            do throws(CounterUnavailability) {
                for thread in numbers { links.append(try KernelCounters([event], thread: thread), offset: kernelEvents.count) }
                kernel.append(contentsOf: links)
                kernelEvents.append(event)
            } catch {
                kernelReasons.append(error)
            }
        }
        self.kernel = kernel
        let direct = kernelEvents
        self.kernelEvents = direct
        let reasons = kernelReasons
        statuses = events.map { event in
            if byLibrary.live.contains(event) || direct.contains(event) { return CounterStatus(event: event, state: .perThread) }
            if ResourceUsage.value(of: event) != nil { return CounterStatus(event: event, state: .perProcess) }
            return CounterStatus(event: event, state: .unavailable(Self.reason(event, byLibrary, kernel: reasons)))
        }
        processEvents = statuses.filter { $0.state == .perProcess }.map(\.event)
        live = byLibrary.live + direct + processEvents
    }

    /// PAPI's reason and the kernel's, in one sentence.
    private static func reason(_ event: CounterEvent, _ library: OpenedLibrary, kernel: [CounterUnavailability]) -> CounterUnavailability {
        let own = library.reasons.first { $0.name == event.name }
        let general = CounterLibrary.performanceEventsReason ?? library.general
        let text = own?.text ?? general.map { "\($0.name): \($0.text)" } ?? "not offered"
        let code = own?.code ?? library.general?.code ?? general?.code ?? 0
        let direct = kernel.first { $0.name == event.name }
        return CounterUnavailability(
            name: event.name, code: code != 0 ? code : direct?.code ?? -1, text: text + (direct.map { "; \($0.text)" } ?? ""))
    }

    /// Reads all live counters; some microseconds a thread (`readingCostMicroseconds`).
    public mutating func read() -> CounterSample {
        var libraryTotals = Array(repeating: 0.0, count: libraryEvents.count)
        let isLibraryComplete = library.forEach { counters, _ in counters.add(to: &libraryTotals) }
        var kernelTotals = Array(repeating: 0.0, count: kernelEvents.count)
        let isKernelComplete = kernel.forEach { counters, offset in counters.add(to: &kernelTotals, offset: offset) }
        return CounterSample(
            values: libraryTotals.map { isLibraryComplete ? $0 : nil } + kernelTotals.map { isKernelComplete ? $0 : nil }
                + processEvents.map(ResourceUsage.value))
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

    private struct OpenedLibrary {
        var threads = ThreadChain<ThreadCounters>()
        var live: [CounterEvent] = []
        /// Why single events are not counted.
        var reasons: [CounterUnavailability] = []
        /// Why nothing is counted.
        var general: CounterUnavailability?
    }

    /// Opens the events on every thread; an event that one thread lacks is left out for all, since a partial sum would be a wrong number.
    private static func openLibrary(_ events: [CounterEvent], threads: [pid_t]) -> OpenedLibrary {
        var wanted = events
        var reasons: [CounterUnavailability] = []
        while !wanted.isEmpty {
            var open = ThreadChain<ThreadCounters>()
            var missing: [CounterUnavailability] = []
            for thread in threads {
                do throws(CounterUnavailability) {
                    let counters = try ThreadCounters(wanted, thread: thread)
                    missing = counters.unavailable
                    open.append(counters)
                } catch {
                    return OpenedLibrary(reasons: reasons, general: error)
                }
                if !missing.isEmpty { break }
            }
            if missing.isEmpty { return OpenedLibrary(threads: open, live: wanted, reasons: reasons) }
            reasons += missing
            wanted.removeAll { event in missing.contains { $0.name == event.name } }
        }
        return OpenedLibrary(reasons: reasons)
    }
}

/// Counters of several threads; a chain of owners, because arrays hold no noncopyable values.
private struct ThreadChain<Counters: ~Copyable> {
    private final class Link {
        var counters: Counters
        /// Where the link's first value goes among the totals.
        let offset: Int
        var next: Link?
        init(_ counters: consuming Counters, offset: Int, next: Link?) {
            self.counters = counters
            self.offset = offset
            self.next = next
        }
    }
    private var first: Link?

    mutating func append(_ counters: consuming Counters, offset: Int = 0) { first = Link(counters, offset: offset, next: first) }

    mutating func append(contentsOf other: ThreadChain) {
        guard var last = other.first else { return }
        while let next = last.next { last = next }
        last.next = first
        first = other.first
    }

    /// Calls body for each thread's counters until one answers false; whether all answered true.
    func forEach(_ body: (inout Counters, _ offset: Int) -> Bool) -> Bool {
        var link = first
        while let current = link {
            guard body(&current.counters, current.offset) else { return false }
            link = current.next
        }
        return true
    }
}
