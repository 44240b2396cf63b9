import Simulator
import Workload

/// What a validation report says: groups with their baselines, totals per family, the worst rows.
public struct ValidationSummary: Sendable {
    /// All groups of one family together.
    public struct Family: Sendable {
        public var family: MeasuredFamily
        /// Positions in `groups`.
        public var groups: Range<Int>
        public var statistics: ErrorStatistics
        public var buckets: [(bucket: DurationBucket, statistics: ErrorStatistics)]
        /// Of the groups whose data sheet has what the baselines need.
        public var datasheet: ErrorStatistics?
        public var threeConstants: ErrorStatistics?
        /// Rows with the largest errors (by ratio), worst first: positions in `ValidationResult.rows`.
        public var worst: [Int]
    }

    public let result: ValidationResult
    public let groups: [ErrorGroup]
    /// One for each group.
    public let baselines: [BaselineErrors?]
    public let families: [Family]

    /// - Parameter worst: rows listed per family, at most one of each shape.
    /// - Complexity: a fit of three constants per group and fold.
    public init(_ result: ValidationResult, worst: Int = 12) {
        self.result = result
        let groups = result.groups()
        let baselines = groups.map { result.baselines(of: $0) }
        self.groups = groups
        self.baselines = baselines
        families = MeasuredFamily.allCases.compactMap { family in
            let own = groups.indices.filter { groups[$0].key.family == family }
            guard let first = own.first, let last = own.last else { return nil }
            let positions = own.flatMap { groups[$0].rows }
            let pairs = positions.map { result.rows[$0].pair }
            guard let statistics = ErrorStatistics(pairs) else { return nil }
            return Family(
                family: family, groups: first..<(last + 1), statistics: statistics,
                buckets: DurationBucket.allCases.compactMap { bucket in
                    ErrorStatistics(pairs.filter { DurationBucket(measuredMicroseconds: $0.measured) == bucket }).map { (bucket, $0) }
                },
                datasheet: ErrorStatistics(own.flatMap { baselines[$0]?.datasheetPairs ?? [] }),
                threeConstants: ErrorStatistics(own.flatMap { baselines[$0]?.threeConstantPairs ?? [] }),
                worst: Self.worst(positions, of: result, count: worst))
        }
    }

    private static func worst(_ positions: [Int], of result: ValidationResult, count: Int) -> [Int] {
        func badness(_ position: Int) -> Double {
            let pair = result.rows[position].pair
            return max(pair.projected / pair.measured, pair.measured / pair.projected)
        }
        var shapes: Set<Operator> = []
        var worst: [Int] = []
        for position in positions.sorted(by: { (badness($0), $1) > (badness($1), $0) }) where worst.count < count {
            if shapes.insert(result.data.rows[result.rows[position].index].shape).inserted { worst.append(position) }
        }
        return worst
    }
}
