import Foundation

/// What every Unix accounts to a process, for machines whose perf events are forbidden (containers, paranoid settings).
struct ResourceUsage {
    /// The value of a software event since the process began, nil where the accounting lacks it.
    /// The corresponding C functions are `getrusage` and `clock_gettime`.
    static func value(of event: CounterEvent) -> Double? {
        if event == .taskClock {
            var time = timespec()
            guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        switch event {
        case .pageFaults: return Double(usage.ru_minflt + usage.ru_majflt)
        case .contextSwitches: return Double(usage.ru_nvcsw + usage.ru_nivcsw)
        default: return nil
        }
    }
}
