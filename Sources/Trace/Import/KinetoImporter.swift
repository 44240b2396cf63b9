import Workload

/// Reads PyTorch's profiler traces: nested calls on each thread, and the device kernels that they launched.
///
/// The outermost call that we have a word for stands for everything inside it (`aten::linear` for its `aten::addmm`), so no work counts twice.
struct KinetoImporter {
    let content: TraceFileContent
    let name: String

    func document() -> TraceDocument {
        let calls = content.events.filter { $0.category == "cpu_op" || $0.category == "operator" }
        let kernels = content.events.filter { ["kernel", "gpu_memcpy", "gpu_memset"].contains($0.category) && $0.start != nil && $0.duration != nil }
        var walk = Walk()
        for thread in Self.threads(of: calls) { walk.thread(thread) }
        // Kernels know the call that launched them by its external id.
        var owners: [Int: Int] = [:]
        for (index, found) in walk.found.enumerated() { for id in found.externalIDs { owners[id] = index } }
        var kernelsOfCall: [[Int]] = Array(repeating: [], count: walk.found.count)
        var orphans: [Int] = []
        for (index, kernel) in kernels.enumerated() {
            if let id = kernel[argument: "External id"]?.integer, let owner = owners[id] { kernelsOfCall[owner].append(index) } else { orphans.append(index) }
        }
        let events = kernels.isEmpty ? walk.found.map(\.hostEvent) : Self.deviceEvents(walk.found, kernels, kernelsOfCall, orphans)
        let unknown = walk.unknown + orphans.map { (kernels[$0].name, kernels[$0].duration ?? 0) }
        return TraceDocument(
            trace: OperatorTrace(
                origin: .measured, workload: name, device: kernels.isEmpty ? nil : content.deviceName,
                events: Self.fromZero(events), properties: [TraceProperty(name: "source", value: "PyTorch profiler")]),
            importSummary: summary(walk, events: events, unknown: unknown, total: calls.count, hasKernels: !kernels.isEmpty))
    }

    private func summary(
        _ walk: Walk, events: [TraceEvent], unknown: [(String, Double)], total: Int, hasKernels: Bool
    ) -> ImportSummary {
        let known = events.reduce(0.0) { $0 + ($1.shape == nil ? 0 : $1.durationMicroseconds ?? 0) }
        let lost = unknown.reduce(0.0) { $0 + $1.1 }
        return ImportSummary(
            format: "PyTorch profiler trace", total: total, understood: walk.covered, bookkeeping: walk.bookkeeping,
            unknown: ImportSummary.entries(unknown), understoodShare: known + lost > 0 ? known / (known + lost) : nil, hasKernels: hasKernels)
    }

    /// Calls of each thread by start, the longer first where two start together.
    private static func threads(of calls: [ChromeEvent]) -> [[ChromeEvent]] {
        var positions: [String: Int] = [:]
        var threads: [[ChromeEvent]] = []
        for call in calls where call.start != nil && call.duration != nil {
            let key = "\(call.process)/\(call.thread)"
            if let position = positions[key] { threads[position].append(call) } else { positions[key] = threads.count; threads.append([call]) }
        }
        return threads.map { calls in
            calls.enumerated().sorted { left, right in
                let (a, b) = (left.element, right.element)
                return (a.start ?? 0, -(a.duration ?? 0), left.offset) < (b.start ?? 0, -(b.duration ?? 0), right.offset)
            }.map(\.element)
        }
    }

    /// One event for each call that launched kernels, with their time; kernels that no known call launched stand alone, without an operator.
    private static func deviceEvents(_ found: [FoundCall], _ kernels: [ChromeEvent], _ kernelsOfCall: [[Int]], _ orphans: [Int]) -> [TraceEvent] {
        var streams: [String: Int] = [:]
        func track(_ kernel: ChromeEvent) -> Int {
            if let known = streams[kernel.thread] { return known }
            streams[kernel.thread] = streams.count
            return streams.count - 1
        }
        var events: [TraceEvent] = []
        for (index, call) in found.enumerated() where !kernelsOfCall[index].isEmpty {
            let own = kernelsOfCall[index].map { kernels[$0] }
            let start = own.compactMap(\.start).min()
            let busy = own.reduce(0.0) { $0 + ($1.duration ?? 0) }
            events.append(TraceEvent(
                name: call.event.name, shape: call.shape, startMicroseconds: start, durationMicroseconds: busy, track: own.first.map(track) ?? 0))
        }
        for index in orphans {
            let kernel = kernels[index]
            events.append(TraceEvent(
                name: kernel.name, shape: nil, startMicroseconds: kernel.start, durationMicroseconds: kernel.duration, track: track(kernel)))
        }
        return events
    }

    /// Events by start, counted from the first one.
    private static func fromZero(_ events: [TraceEvent]) -> [TraceEvent] {
        let first = events.compactMap(\.startMicroseconds).min() ?? 0
        let sorted = events.enumerated().sorted { ($0.element.startMicroseconds ?? 0, $0.offset) < ($1.element.startMicroseconds ?? 0, $1.offset) }
        return sorted.map { item in
            var event = item.element
            event.startMicroseconds = event.startMicroseconds.map { $0 - first }
            return event
        }
    }
}

/// A call that became an operator.
struct FoundCall {
    var event: ChromeEvent
    var shape: Operator
    var track: Int
    /// External ids of the call and of everything inside it.
    var externalIDs: [Int] = []

    var hostEvent: TraceEvent {
        TraceEvent(name: event.name, shape: shape, startMicroseconds: event.start, durationMicroseconds: event.duration, track: track)
    }
}

/// Walks the calls of threads, outermost known call first.
struct Walk {
    private(set) var found: [FoundCall] = []
    private(set) var unknown: [(String, Double)] = []
    private(set) var bookkeeping = 0
    /// Calls that are operators or lie inside one.
    private(set) var covered = 0
    private var track = -1

    /// A call that is open while the next ones are looked at.
    private struct Open {
        var end: Double
        /// Name, where the call is unknown: it counts as unknown unless calls inside it do its work.
        var unknownName: String?
        var duration: Double
        var hasChildren = false
    }

    /// Takes the calls of one thread, sorted by start; linear.
    mutating func thread(_ calls: [ChromeEvent]) {
        track += 1
        var open: [Open] = []
        var coveredUntil = -Double.infinity
        for call in calls {
            guard let start = call.start, let duration = call.duration else { continue }
            if start < coveredUntil {
                // Inside the last operator found.
                covered += 1
                if let id = call[argument: "External id"]?.integer, !found.isEmpty { found[found.count - 1].externalIDs.append(id) }
                continue
            }
            while let last = open.last, last.end <= start { close(last); open.removeLast() }
            if !open.isEmpty { open[open.count - 1].hasChildren = true }
            switch FrameworkCall(event: call)?.meaning ?? .unknown {
            case .operatorShape(let shape):
                covered += 1
                coveredUntil = start + duration
                let ids = call[argument: "External id"]?.integer.map { [$0] } ?? []
                found.append(FoundCall(event: call, shape: shape, track: track, externalIDs: ids))
            case .bookkeeping:
                bookkeeping += 1
                open.append(Open(end: start + duration, unknownName: nil, duration: duration))
            case .unknown:
                open.append(Open(end: start + duration, unknownName: call.name, duration: duration))
            }
        }
        while let last = open.popLast() { close(last) }
    }

    private mutating func close(_ call: Open) {
        guard let name = call.unknownName, !call.hasChildren else { return }
        unknown.append((name, call.duration))
    }
}
