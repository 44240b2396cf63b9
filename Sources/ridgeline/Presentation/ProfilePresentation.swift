import PerformanceCounters
import Profiler
import Quantities
import Reports
import Trace
import Workload

/// A profile as text and as data.
struct ProfilePresentation {
    let result: ProfileResult

    private var counterTitles: [String] { result.counters.filter(\.isLive).map(\.event.title) }

    var text: String {
        var sections = [phases.plain, places.plain]
        if !counterTitles.isEmpty { sections.append(counters.plain) }
        sections.append(notes.joined(separator: "\n"))
        return sections.joined(separator: "\n\n") + "\n"
    }

    var csv: String { places.csv + "\n" }
    var jsonText: String { json.rendered + "\n" }

    private static func milliseconds(_ time: Seconds) -> String { FixedPoint.format(time.milliseconds, fractionDigits: 3) }

    private var phases: TextTable {
        TextTable(
            columns: [.text("phase"), .number("times"), .number("tokens"), .number("median ms"), .number("P10 ms"), .number("P90 ms"), .number("tokens/s")],
            rows: result.phases.map { phase in
                [
                    phase.kind.rawValue, "\(phase.count)", "\(phase.tokens)", Self.milliseconds(phase.median), Self.milliseconds(phase.p10),
                    Self.milliseconds(phase.p90), FixedPoint.format(phase.tokensPerSecond, fractionDigits: 1),
                ]
            })
    }

    /// Rates are analytic: arithmetic and compulsory bytes of the shapes over the measured time.
    private var places: TextTable {
        let total = result.places.reduce(Seconds.zero) { $0 + $1.median }
        return TextTable(
            columns: [
                .text("phase"), .text("operator"), .number("times"), .number("median ms"), .number("P10 ms"), .number("P90 ms"), .number("least ms"),
                .number("share %"), .number("GFLOP/s"), .number("GB/s"),
            ],
            rows: result.places.map { place in
                [
                    place.phase.rawValue, place.place, "\(place.count)", Self.milliseconds(place.median), Self.milliseconds(place.p10),
                    Self.milliseconds(place.p90), Self.milliseconds(place.least), FixedPoint.format(100 * (place.median / total), fractionDigits: 1),
                    FixedPoint.format(place.operations.value / place.median.value / 1e9, fractionDigits: 1),
                    FixedPoint.format(place.traffic.value / place.median.value / 1e9, fractionDigits: 1),
                ]
            })
    }

    private var counters: TextTable {
        TextTable(
            columns: [.text("phase"), .text("operator")] + counterTitles.map { .number($0) },
            rows: result.places.map { place in
                [place.phase.rawValue, place.place] + counterTitles.map { title in
                    place.counters.first { $0.name == title }.map { FixedPoint.format($0.value, fractionDigits: 0) } ?? "unknown"
                }
            })
    }

    private var notes: [String] {
        let overhead = result.overhead
        var notes = [
            "Times: median over \(result.repetitions) runs on \(result.threads) threads; GFLOP/s and GB/s from the operators' shapes, not counted.",
            "Overhead: a run takes \(Self.milliseconds(overhead.unobserved)) ms unobserved, \(Self.milliseconds(overhead.observed)) ms timed "
                + "(\(FixedPoint.format(100 * overhead.timingShare, fractionDigits: 2)) %)"
                + (overhead.counted.map { ", \(Self.milliseconds($0)) ms timed and counted" } ?? "") + ".",
        ]
        if let note = HostLoad.note(result.loadBefore) { notes.append(note) }
        for status in result.counters {
            guard let reason = status.unavailability else { continue }
            notes.append("Counter \(status.event.title) is unavailable: \(reason).")
        }
        return notes
    }

    private var json: JSONText {
        .object([
            "repetitions": .integer(result.repetitions), "threads": .integer(result.threads), "load_average_before": .optional(result.loadBefore),
            "run_unobserved_us": .number(result.overhead.unobserved.microseconds), "run_observed_us": .number(result.overhead.observed.microseconds),
            "run_counted_us": .optional(result.overhead.counted?.microseconds),
            "phases": .array(result.phases.map { phase in
                .object([
                    "phase": .string(phase.kind.rawValue), "count": .integer(phase.count), "tokens": .integer(phase.tokens),
                    "median_us": .number(phase.median.microseconds), "p10_us": .number(phase.p10.microseconds), "p90_us": .number(phase.p90.microseconds),
                    "tokens_per_s": .number(phase.tokensPerSecond),
                ])
            }),
            "operators": .array(result.places.map(Self.json)),
            "counters_unavailable": .array(result.counters.compactMap { status in
                status.unavailability.map {
                    .object(["name": .string($0.name), "title": .string(status.event.title), "code": .integer($0.code), "reason": .string($0.text)])
                }
            }),
        ])
    }

    private static func json(_ place: ProfiledPlace) -> JSONText {
        .object([
            "phase": .string(place.phase.rawValue), "operator": .string(place.place), "family": .string(place.family.rawValue),
            "count": .integer(place.count), "median_us": .number(place.median.microseconds), "p10_us": .number(place.p10.microseconds),
            "p90_us": .number(place.p90.microseconds), "least_us": .number(place.least.microseconds), "flop": .number(place.operations.value),
            "bytes": .number(place.traffic.value),
            "counters": .object(place.counters.map { JSONText.Member($0.name, .number($0.value)) }),
        ])
    }
}
