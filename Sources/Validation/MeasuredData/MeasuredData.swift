import ConfigurationFiles
import Quantities
import Workload

/// What rows of measured data have in common: everything but shape and time.
public struct MeasuredSeries: Hashable, Sendable {
    /// The file, as it was named on the command line or found in a folder.
    public var path: String
    public var family: MeasuredFamily
    /// Who measured, with which software: names the measurement protocol. Empty where the file does not say.
    public var source: String
    /// The device as the file calls it.
    public var device: String
    /// The format as the file calls it; for attention with another cache format `bf16/kv-fp8`.
    public var dtype: String
    /// Operator within the family: `linear`, `softmax`, `prefill`, `all_reduce`, …
    public var op: String
    /// Library kernel or flow, empty where not recorded.
    public var kernel: String
    /// Node kind of a collective, empty elsewhere.
    public var topology: String
}

/// One measured operator.
public struct MeasuredRow: Hashable, Sendable {
    /// Index into `MeasuredData.series`.
    public var series: Int
    /// Line in the series' file, from 1.
    public var line: Int
    public var shape: Operator
    public var time: Seconds
}

/// Rows that were read and understood but cannot be held against a projection, with the reason.
public struct SkippedRows: Hashable, Sendable {
    public var family: MeasuredFamily
    public var device: String
    public var reason: String
    public var count: Int

    public init(family: MeasuredFamily, device: String, reason: String, count: Int) {
        self.family = family
        self.device = device
        self.reason = reason
        self.count = count
    }
}

/// Measured data of one or several files.
public struct MeasuredData: Sendable {
    public var series: [MeasuredSeries] = []
    public var rows: [MeasuredRow] = []
    /// Passes of whole models.
    public var passes: [MeasuredPass] = []
    /// Published figures of whole models and kernels.
    public var figures: [PublishedFigure] = []
    /// Rows that are no operator of this program's vocabulary.
    public var skipped = SkipTally()
    /// Files read, in order.
    public var files: [String] = []

    public init() {}

    /// Rows read, skipped ones included.
    public var count: Int { rows.count + passes.count + figures.count + skipped.count }
}

/// Counts skipped rows by family, device and reason.
public struct SkipTally: Hashable, Sendable {
    private struct Key: Hashable {
        var family: MeasuredFamily
        var device: String
        var reason: String
    }
    private var counts: [Key: Int] = [:]

    public init() {}

    public mutating func add(_ family: MeasuredFamily, device: String, reason: String, count: Int = 1) {
        counts[Key(family: family, device: device, reason: reason), default: 0] += count
    }

    public mutating func add(_ other: SkipTally) {
        for (key, count) in other.counts { counts[key, default: 0] += count }
    }

    public var count: Int { counts.values.reduce(0, +) }

    /// Sorted by family, device and reason.
    public var entries: [SkippedRows] {
        counts.map { SkippedRows(family: $0.family, device: $0.device, reason: $0.reason, count: $1) }
            .sorted { ($0.family, $0.device, $0.reason) < ($1.family, $1.device, $1.reason) }
    }
}
