import Foundation
import Hardware
import Quantities
import Simulator
import Workload

/// Measured rows of one generation with everything that a projection of them needs but the constants being fitted.
public struct FitProblem: Sendable {
    struct Row: Sendable {
        /// Index into the rows of the measured data.
        var index: Int
        var shape: Operator
        var conditions: ExecutionConditions
        /// Index into `machines`.
        var machine: Int
        /// Index into `harnesses`, -1 where nothing is added.
        var harness: Int
        var measured: Double
        var fold: UInt64
        /// Number of its sampling population: source, device, dtype and operator, whatever the kernel.
        var population: Int
    }

    /// Time around the kernels of one series, which a fit settles for itself: it belongs to the measurement.
    struct Harness: Sendable {
        var label: String
        var stated: Double
        var plausible: ClosedRange<Double>?
        var rule: HarnessTime.Rule
    }

    let rows: [Row]
    /// Which rows a fit looks at; errors are those of all rows.
    let sampled: [Bool]
    let machines: [(architecture: Architecture, stack: SoftwareStack)]
    let harnesses: [Harness]
    let model: DeviceModelMaker
    let threads: Int
    /// Rows that were not taken, with the reason.
    public let skipped: SkipTally
    /// Sources of the rows taken, sorted.
    public let sources: [String]

    /// Ids of the architectures that have rows, sorted.
    public var devices: [String] { Set(rows.map { machines[$0.machine].architecture.id }).sorted() }
    public var count: Int { rows.count }

    /// Which measured rows a fit uses.
    public struct Selection: Sendable {
        public var family: MeasuredFamily
        /// nil for all.
        public var generation: String?
        /// Patterns of the columns of that name; empty for all.
        public var sources: [String] = []
        public var dtypes: [String] = []
        public var ops: [String] = []
        /// Only rows that ran this software stack; nil for all.
        public var stack: String?
        /// Rows taken of one series at most, evenly spread; nil for all.
        public var sample: Int?

        public init(family: MeasuredFamily, generation: String? = nil) {
            self.family = family
            self.generation = generation
        }
    }

    /// - Throws: when the library lacks a stack that a protocol names, or one of its files is wrong.
    public init(_ data: MeasuredData, selection: Selection, validator: Validator) throws(ArchitectureLibraryError) {
        let isWanted = data.series.map { series in
            series.family == selection.family && ProtocolPatterns.any(selection.sources, series.source)
                && ProtocolPatterns.any(selection.dtypes, series.dtype) && ProtocolPatterns.any(selection.ops, series.op)
        }
        let plans = try PairingPlans(data, validator: validator)
        var builder = Builder(data: data, plans: plans, generation: selection.generation, stack: selection.stack)
        for index in data.rows.indices where isWanted[data.rows[index].series] { builder.add(data.rows[index], index: index) }
        rows = builder.rows
        sampled = Self.evenlySpread(builder.rows.map(\.population), limit: selection.sample)
        machines = plans.machines
        harnesses = builder.harnesses
        skipped = builder.skipped
        sources = builder.sources.sorted()
        model = validator.model
        threads = validator.threads
    }

    /// Whether each row is taken when at most `limit` of each key are, evenly spread over the rows in their order.
    private static func evenlySpread(_ keys: [Int], limit: Int?) -> [Bool] {
        guard let limit else { return [Bool](repeating: true, count: keys.count) }
        var counts = [Int](repeating: 0, count: (keys.max() ?? 0) + 1)
        for key in keys { counts[key] += 1 }
        var seen = [Int](repeating: 0, count: counts.count)
        return keys.map { key in
            let (before, after) = (seen[key], seen[key] + 1)
            seen[key] = after
            return counts[key] <= limit || before * limit / counts[key] != after * limit / counts[key]
        }
    }

    /// Projected kernel times in microseconds with the given constants, row by row; NaN where the model refuses.
    ///
    /// - Complexity: one model a machine, one projection a row.
    func kernelTimes(_ variables: [FitVariable], _ values: [Double], rows selected: [Int]) -> [Double] {
        var isUsed = [Bool](repeating: false, count: machines.count)
        for index in selected { isUsed[rows[index].machine] = true }
        let models = zip(machines, isUsed).map { machine, isUsed in
            guard isUsed else { return nil as (any DeviceModel)? }
            return try? model(
                machine.architecture.setting(variables, to: values),
                machine.stack.setting(variables, to: values, generation: machine.architecture.generation))
        }
        let chunks = Parallel.map(count: selected.count, threads: threads) { range in
            range.map { position -> Double in
                let row = rows[selected[position]]
                guard let model = models[row.machine], let projection = try? model.project(row.shape, under: row.conditions) else { return .nan }
                return projection.time.microseconds
            }
        }
        return Array(chunks.joined())
    }

    /// Harness times that fit best beside kernel times, by harness: the median of what measurements have over kernels, weighted by the
    /// inverse of the measured time, which minimises the mean relative error; inside the plausible range. Stated ones where none is given.
    func harnessTimes(kernels: [Double], rows selected: [Int]) -> [Double] {
        var gaps = [[(gap: Double, weight: Double)]](repeating: [], count: harnesses.count)
        var pairs = [[(kernel: Double, measured: Double)]](repeating: [], count: harnesses.count)
        for (position, index) in selected.enumerated() {
            let row = rows[index]
            guard row.harness >= 0, harnesses[row.harness].plausible != nil, kernels[position].isFinite else { continue }
            gaps[row.harness].append((row.measured - kernels[position], 1 / row.measured))
            pairs[row.harness].append((kernels[position], row.measured))
        }
        return harnesses.indices.map { index in
            guard let plausible = harnesses[index].plausible, !gaps[index].isEmpty else { return harnesses[index].stated }
            if harnesses[index].rule == .atLeast { return Self.period(pairs[index], plausible: plausible) }
            let sorted = gaps[index].sorted { $0.gap < $1.gap }
            let half = sorted.reduce(0) { $0 + $1.weight } / 2
            var sum = 0.0
            let median = sorted.first { entry in
                sum += entry.weight
                return sum >= half
            }
            return min(max(median?.gap ?? harnesses[index].stated, plausible.lowerBound), plausible.upperBound)
        }
    }

    /// The lower limit of measured times with the least mean relative error, in steps of a hundredth of its range.
    private static func period(_ pairs: [(kernel: Double, measured: Double)], plausible: ClosedRange<Double>) -> Double {
        func error(_ period: Double) -> Double { pairs.reduce(0) { $0 + abs(max($1.kernel, period) / $1.measured - 1) } }
        let width = plausible.upperBound - plausible.lowerBound
        let tried = (0...100).map { plausible.lowerBound + width * Double($0) / 100 }
        return tried.map { ($0, error($0)) }.min { $0.1 < $1.1 }?.0 ?? plausible.lowerBound
    }

    /// Logarithms of projected over measured time; NaN where the model refuses.
    func residuals(kernels: [Double], harness: [Double], rows selected: [Int]) -> [Double] {
        zip(selected, kernels).map { index, kernel in
            let row = rows[index]
            return log(measuredTime(kernel: kernel, row: row, harness: harness) / row.measured)
        }
    }

    /// What a measurement of a kernel shows with the given harness times.
    func measuredTime(kernel: Double, row: Row, harness: [Double]) -> Double {
        guard row.harness >= 0 else { return kernel }
        let around = harness[row.harness]
        return harnesses[row.harness].rule == .added ? kernel + around : max(kernel, around)
    }
}

/// Collects the rows of a fit problem.
private struct Builder {
    let data: MeasuredData
    let plans: PairingPlans
    let generation: String?
    let stack: String?
    let populations: [Int]
    var rows: [FitProblem.Row] = []
    var harnesses: [FitProblem.Harness] = []
    var skipped = SkipTally()
    var sources: Set<String> = []
    private var harnessIndex: [String: Int] = [:]

    init(data: MeasuredData, plans: PairingPlans, generation: String?, stack: String?) {
        self.stack = stack
        self.data = data
        self.plans = plans
        self.generation = generation
        populations = Self.populations(data)
    }

    /// For each series the number of its sampling population.
    private static func populations(_ data: MeasuredData) -> [Int] {
        var known: [[String]: Int] = [:]
        return data.series.map { series in
            let key = [series.source, series.device, series.dtype, series.op, series.topology]
            if let index = known[key] { return index }
            known[key] = known.count
            return known.count - 1
        }
    }

    mutating func add(_ row: MeasuredRow, index: Int) {
        let series = data.series[row.series]
        let plan: PairingPlans.Plan
        switch plans.series[row.series] {
        case .success(let value): plan = value
        case .failure(let refused):
            skipped.add(series.family, device: series.device, reason: refused.reason)
            return
        }
        let architecture = plans.machines[plan.model].architecture
        guard generation == nil || architecture.generation == generation, stack == nil || stack == plan.circumstances.stack else { return }
        guard !PhysicalLimit(architecture).isBeaten(by: row) else {
            skipped.add(series.family, device: series.device, reason: "faster than the data sheet allows: not fitted")
            return
        }
        if case .failure(let refused) = plans.project(row, index: index) {
            skipped.add(series.family, device: series.device, reason: refused.reason)
            return
        }
        let shape = plan.circumstances.adjusted(row.shape)
        sources.insert(series.source)
        rows.append(FitProblem.Row(
            index: index, shape: shape, conditions: plan.circumstances.conditions(for: shape, cacheCapacity: plan.cacheCapacity),
            machine: plan.model, harness: harness(plan.circumstances, series), measured: row.time.microseconds,
            fold: StableHash.value(of: row.shape), population: populations[row.series]))
    }

    private mutating func harness(_ circumstances: MeasurementProtocol, _ series: MeasuredSeries) -> Int {
        guard let stated = circumstances.harness.first(where: { $0.applies(to: series) }) else { return -1 }
        let label = "\(circumstances.id) \(series.device) \(series.op)"
        if let known = harnessIndex[label] { return known }
        harnessIndex[label] = harnesses.count
        harnesses.append(
            .init(label: label, stated: stated.time.value.microseconds, plausible: stated.plausibleMicroseconds, rule: stated.rule))
        return harnesses.count - 1
    }
}
