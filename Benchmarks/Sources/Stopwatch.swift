import Foundation

/// Shortest time of repeated runs: the least disturbed one.
enum Stopwatch {
    /// Seconds of the fastest of many runs of `body`, for at least `budget` seconds in all.
    static func best(budget: Double = 0.3, _ body: () throws -> Void) rethrows -> Double {
        try body()
        var best = Double.infinity
        let end = now() + budget
        repeat {
            let start = now()
            try body()
            best = min(best, now() - start)
        } while now() < end
        return best
    }

    static func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}

/// One line of a result: ours, the baseline of the same run, and the ratio.
func line(_ name: String, _ ours: String, _ baseline: String, _ ratio: Double) {
    let share = String(format: "%6.1f %%", ratio * 100)
    print(name.padding(toLength: 44, withPad: " ", startingAt: 0) + ours.padding(toLength: 20, withPad: " ", startingAt: 0)
        + baseline.padding(toLength: 26, withPad: " ", startingAt: 0) + share)
}

func heading(_ text: String) { print("\n\(text)\n" + String(repeating: "-", count: 96)) }
