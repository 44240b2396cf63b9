import Quantities

/// What other programs on the measured machine mean for its times.
public enum HostLoad {
    /// A sentence where half a core or more was taken before the measurement began; nil below, and where the load is unknown.
    ///
    /// - Parameter average: the load average, in runnable threads.
    public static func note(_ average: Double?) -> String? {
        guard let average, average > 0.5 else { return nil }
        return "Load average \(FixedPoint.format(average, fractionDigits: 2)) before the first run (mean of a minute): other programs ran on these cores; if they still do, times are upper bounds."
    }
}
