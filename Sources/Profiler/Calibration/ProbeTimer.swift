import Foundation

/// How calibration reads the clock.
///
/// One thread is timed by its own CPU time, which stands still while other programs run; threads together by the wall clock. Both take
/// the least of many repetitions: disturbance only ever adds.
struct ProbeTimer {
    /// Seconds to spend on one point, at least.
    var budgetSeconds: Double

    enum Clock { case threadTime, wall }

    /// Seconds of one call of `body`: the least over repetitions, each of enough calls to last `sampleSeconds`.
    func seconds(_ clock: Clock = .threadTime, sampleSeconds: Double = 5e-4, _ body: () -> Void) -> Double {
        body()
        var calls = 1
        var elapsed = Self.time(clock) { body() }
        while elapsed < sampleSeconds, calls < 1 << 30 {
            calls = elapsed > sampleSeconds / 100 ? max(calls + 1, Int(Double(calls) * sampleSeconds / elapsed * 1.2)) : calls * 10
            let count = calls
            elapsed = Self.time(clock) { for _ in 0..<count { body() } }
        }
        var least = elapsed
        let end = Self.now(.wall) + budgetSeconds
        var repetitions = 1
        let count = calls
        while repetitions < 3 || Self.now(.wall) < end {
            least = min(least, Self.time(clock) { for _ in 0..<count { body() } })
            repetitions += 1
        }
        return least / Double(count)
    }

    /// Seconds that one call takes.
    static func time(_ clock: Clock, _ body: () -> Void) -> Double {
        let start = now(clock)
        body()
        return now(clock) - start
    }

    /// The corresponding C function is `clock_gettime`.
    static func now(_ clock: Clock) -> Double {
        var time = timespec()
        clock_gettime(clock == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
