import Hardware
import Quantities
import Simulator
import Workload

/// A measured row with its projection.
public struct ValidatedRow: Hashable, Sendable {
    /// Index into the rows of the measured data.
    public var index: Int
    /// Index into the series of the measured data.
    public var series: Int
    public var pair: MeasuredPair
    /// Owners of the projected time; what the harness adds counts as launch.
    public var breakdown: TimeBreakdown
    /// Microseconds of the projection that are the measurement's own: dispatch, events, waiting.
    public var harness: Double
    /// The first kernel, as the model names it.
    public var kernel: String
    /// Whether the measurement is faster than the device's data sheet allows: something in the row is not what it says.
    public var isBeyondLimits: Bool

    init(
        _ row: MeasuredRow, index: Int, projection: OperatorProjection, harness: Seconds, intervals: DeviceIntervals?, shape: Operator,
        isBeyondLimits: Bool
    ) {
        self.index = index
        series = row.series
        self.isBeyondLimits = isBeyondLimits
        breakdown = projection.breakdown
        if harness > .zero { breakdown[.launch] += harness.microseconds }
        kernel = projection.kernels.first?.name ?? ""
        let time = projection.time + harness
        let kernel = intervals?.interval(for: shape, time: projection.time) ?? projection.interval
        self.harness = harness.microseconds
        let interval = TimeInterval(p10: kernel.p10 + harness * (1 - Self.harnessSpread), p90: kernel.p90 + harness * (1 + Self.harnessSpread))
        pair = MeasuredPair(
            measured: row.time.microseconds, projected: time.microseconds, low: interval.p10.microseconds, high: interval.p90.microseconds)
    }
}

extension ValidatedRow {
    /// Relative distance of P10 and P90 from the time around a kernel: how far host dispatch varies from call to call and hour to hour on
    /// one machine, as small elementwise kernels of the source neusight show it.
    static let harnessSpread = 0.08
}

/// What the rows of a series were held against.
public struct SeriesPlan: Hashable, Sendable {
    /// Index into `ValidationResult.architectures`; nil where the series was not projected.
    public var architecture: Int?
    public var circumstances: MeasurementProtocol?
}

/// Measured rows with their projections, and those that have none.
public struct ValidationResult: Sendable {
    public let data: MeasuredData
    public let architectures: [Architecture]
    /// One for each series of the data.
    public let plans: [SeriesPlan]
    /// In the order of the data.
    public var rows: [ValidatedRow] = []
    /// Passes of whole models, in the order of the data.
    public var passes: [ValidatedPass] = []
    /// Published figures, in the order of the data.
    public var figures: [ValidatedFigure] = []
    public var skipped = SkipTally()

    init(data: MeasuredData, architectures: [Architecture], plans: [SeriesPlan]) {
        self.data = data
        self.architectures = architectures
        self.plans = plans
    }

    public var answered: Int { rows.count + passes.count + figures.count }
    public var asked: Int { data.count }

    /// Published figures among those asked for: they were read off papers and data sheets, not measured as rows are.
    public var askedFigures: Int { figures.count + skipped.entries.reduce(0) { $0 + ($1.family == .published ? $1.count : 0) } }

    /// Series whose source no protocol knows, by source: their rows were given the neutral protocol.
    public var neutralSources: [(source: String, rows: Int)] {
        var counts: [String: Int] = [:]
        for row in rows where plans[row.series].circumstances?.source == nil { counts[data.series[row.series].source, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The architecture of a row.
    public func architecture(of row: ValidatedRow) -> Architecture? { plans[row.series].architecture.map { architectures[$0] } }
}

/// What a row of an error table has in common.
public struct ErrorGroupKey: Hashable, Sendable, Comparable {
    public var family: MeasuredFamily
    public var source: String
    public var device: String
    /// Id of the architecture.
    public var architecture: String
    public var dtype: String
    public var op: String

    public static func < (left: Self, right: Self) -> Bool {
        (left.family, left.source, left.device, left.dtype, left.op, left.architecture)
            < (right.family, right.source, right.device, right.dtype, right.op, right.architecture)
    }
}

/// Errors of one group, with the buckets of measured time that hold rows.
public struct ErrorGroup: Sendable {
    public var key: ErrorGroupKey
    public var statistics: ErrorStatistics
    public var buckets: [(bucket: DurationBucket, statistics: ErrorStatistics)]
    /// Rows that are faster than the device's data sheet allows; they are in the statistics.
    public var beyondLimits: Int
    /// Positions in `ValidationResult.rows`.
    public var rows: [Int]
}

extension ValidationResult {
    /// Errors per family, source, device, dtype and operator, sorted.
    ///
    /// - Complexity: O(n log n) in the rows.
    public func groups() -> [ErrorGroup] {
        var keys: [ErrorGroupKey: Int] = [:]
        var members: [[Int]] = []
        var groupOfSeries = [Int](repeating: -1, count: data.series.count)
        for (position, row) in rows.enumerated() {
            if groupOfSeries[row.series] < 0 {
                let series = data.series[row.series]
                let key = ErrorGroupKey(
                    family: series.family, source: series.source, device: series.device,
                    architecture: architecture(of: row)?.id ?? "", dtype: series.dtype, op: series.op)
                let next = keys[key] ?? members.count
                if next == members.count {
                    keys[key] = next
                    members.append([])
                }
                groupOfSeries[row.series] = next
            }
            members[groupOfSeries[row.series]].append(position)
        }
        return keys.sorted { $0.key < $1.key }.compactMap { key, index in
            let positions = members[index]
            let pairs = positions.map { rows[$0].pair }
            guard let statistics = ErrorStatistics(pairs) else { return nil }
            let buckets = DurationBucket.allCases.compactMap { bucket in
                ErrorStatistics(pairs.filter { DurationBucket(measuredMicroseconds: $0.measured) == bucket }).map { (bucket, $0) }
            }
            return ErrorGroup(
                key: key, statistics: statistics, buckets: buckets, beyondLimits: positions.count { rows[$0].isBeyondLimits }, rows: positions)
        }
    }
}

/// What no measurement on a device can beat.
struct PhysicalLimit {
    private let architecture: Architecture
    private let cache: Bytes

    init(_ architecture: Architecture) {
        self.architecture = architecture
        cache = architecture.caches.last { $0.scope == .device }?.capacity.value ?? .zero
    }

    /// Whether a row is faster than the data sheet's bandwidth or peak, 2 % of clock and rounding apart.
    ///
    /// Traffic counts only where it cannot come from the cache: operands of more than four times its capacity.
    func isBeaten(by row: MeasuredRow) -> Bool {
        guard row.shape.family != .collective else { return false }
        let traffic = row.shape.bytesRead + row.shape.bytesWritten
        let time = row.time * 1.02
        if traffic > cache * 4, traffic / architecture.memory.bandwidth.value > time { return true }
        guard let format = row.shape.computeFormat, let peak = architecture.peak(format) else { return false }
        return row.shape.operations / peak > time
    }
}

extension Operator {
    /// The format that the multiply units see, nil for operators that have none.
    var computeFormat: NumberFormat? {
        switch self {
        case .matrixMultiply(let product): product.scheme.compute
        case .mixtureOfExperts(let layer): layer.scheme.compute
        case .attention(let attention): attention.query
        default: nil
        }
    }
}
