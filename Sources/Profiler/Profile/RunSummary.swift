import PerformanceCounters
import Quantities
import Trace
import Workload

/// Repeated runs of the same operators, held against each other.
struct RunSummary {
    private let runs: [RunRecorder]
    private let counted: [RunRecorder]
    private let live: [CounterEvent]

    /// - Throws: when two runs did different operators.
    init(timed: [RunRecorder], counted: [RunRecorder], live: [CounterEvent]) throws(ProfileError) {
        for run in timed + counted {
            guard let first = timed.first, run.entries.count == first.entries.count, run.phases.count == first.phases.count,
                zip(run.entries, first.entries).allSatisfy({ $0.place == $1.place && $0.shape == $1.shape && $0.phase == $1.phase })
            else { throw ProfileError(.unstableRun, "two runs of one request did different operators") }
        }
        runs = timed
        self.counted = counted
        self.live = live
    }

    private var first: RunRecorder { runs[0] }

    private func durations(_ index: Int) -> [Double] { runs.map { $0.entries[index].end - $0.entries[index].start } }

    /// Median counts of an operator by title; what any run could not read is missing.
    private func counts(_ index: Int) -> [TraceCounter] {
        guard !counted.isEmpty else { return [] }
        return live.indices.compactMap { counter in
            let values = counted.compactMap { $0.entries[index].counts.values[counter] }
            guard values.count == counted.count else { return nil }
            return TraceCounter(name: live[counter].title, value: Percentile.of(values, 0.5))
        }
    }

    // MARK: - Trace

    /// Each operator with its median time, laid out one after another with the median gaps between them.
    func trace(workload: String, properties: [TraceProperty]) -> OperatorTrace {
        var events: [TraceEvent] = []
        var clock = 0.0
        var step = 0
        var index = 0
        for (number, phase) in first.phases.enumerated() {
            if phase.kind == .decode { step += 1 }
            let label = phase.kind == .decode ? "step \(step) " : ""
            let walls = runs.map { $0.phases[number].end - $0.phases[number].start }
            let header = events.count
            let begin = clock
            events.append(TraceEvent(
                name: label + phase.kind.rawValue, shape: nil, phase: phase.kind, startMicroseconds: begin,
                spreadMicroseconds: Percentile.of(walls, 0.1)...Percentile.of(walls, 0.9), phaseTokens: phase.tokens))
            while index < first.entries.count, first.entries[index].phase == number {
                let entry = first.entries[index]
                let times = durations(index)
                clock += Percentile.of(runs.map { $0.gap(before: index) }, 0.5)
                let median = Percentile.of(times, 0.5)
                events.append(TraceEvent(
                    name: label + entry.place, shape: entry.shape, phase: phase.kind, startMicroseconds: clock, durationMicroseconds: median,
                    spreadMicroseconds: Percentile.of(times, 0.1)...Percentile.of(times, 0.9), counters: counts(index)))
                clock += median
                index += 1
            }
            // The phase covers its operators, also where the sum of medians exceeds the median of sums.
            clock = max(clock, begin + Percentile.of(walls, 0.5))
            events[header].durationMicroseconds = clock - begin
        }
        return OperatorTrace(origin: .measured, workload: workload, device: "this-cpu", events: events, properties: properties)
    }

    // MARK: - Sums

    /// Places in the order in which they first run, phase by phase.
    func places() -> [ProfiledPlace] {
        struct Key: Hashable {
            var phase: WorkloadPhase.Kind
            var place: String
        }
        var places: [ProfiledPlace] = []
        var position: [Key: Int] = [:]
        for (index, entry) in first.entries.enumerated() {
            let kind = first.phases[max(0, entry.phase)].kind
            let name = TraceEvent.place(of: entry.place)
            let key = Key(phase: kind, place: name)
            let at = position[key] ?? places.count
            if at == places.count {
                position[key] = at
                places.append(ProfiledPlace(
                    phase: kind, place: name, family: entry.shape.family, count: 0, median: .zero, p10: .zero, p90: .zero, least: .zero,
                    operations: .zero, traffic: .zero, counters: []))
            }
            places[at].add(entry.shape, durations(index), counts(index))
        }
        return places
    }

    func phases() -> [ProfiledPhase] {
        var kinds: [WorkloadPhase.Kind] = []
        for phase in first.phases where !kinds.contains(phase.kind) { kinds.append(phase.kind) }
        return kinds.map { kind in
            let walls = runs.map { run in run.phases.filter { $0.kind == kind }.reduce(0) { $0 + $1.end - $1.start } }
            let own = first.phases.filter { $0.kind == kind }
            return ProfiledPhase(
                kind: kind, count: own.count, tokens: own.reduce(0) { $0 + $1.tokens }, median: Seconds(microseconds: Percentile.of(walls, 0.5)),
                p10: Seconds(microseconds: Percentile.of(walls, 0.1)), p90: Seconds(microseconds: Percentile.of(walls, 0.9)))
        }
    }
}

extension RunRecorder {
    /// Microseconds between the end of what ran before (or the phase's begin) and an operator's start.
    fileprivate func gap(before index: Int) -> Double {
        let entry = entries[index]
        let previous = index > 0 && entries[index - 1].phase == entry.phase ? entries[index - 1].end : phases[max(0, entry.phase)].start
        return max(0, entry.start - previous)
    }
}

extension ProfiledPlace {
    /// One more execution, with its times over repetitions in microseconds and its counts.
    fileprivate mutating func add(_ shape: Operator, _ durations: [Double], _ counts: [TraceCounter]) {
        count += 1
        median += Seconds(microseconds: Percentile.of(durations, 0.5))
        p10 += Seconds(microseconds: Percentile.of(durations, 0.1))
        p90 += Seconds(microseconds: Percentile.of(durations, 0.9))
        least += Seconds(microseconds: durations.min() ?? 0)
        operations += shape.operations
        traffic += shape.bytesRead + shape.bytesWritten
        guard count > 1 else {
            counters = counts
            return
        }
        // A counter that one execution lacks is unknown for the sum.
        counters = counters.compactMap { sum in
            counts.first { $0.name == sum.name }.map { TraceCounter(name: sum.name, value: sum.value + $0.value) }
        }
    }
}
