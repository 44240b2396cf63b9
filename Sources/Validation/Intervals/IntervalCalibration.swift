import Foundation
import Hardware
import Quantities
import Simulator
import Workload

/// Quantiles of measured over projected time from validated rows, and how well they hold on rows and devices that were left out.
public struct IntervalCalibration: Sendable {
    struct Sample: Sendable {
        var family: OperatorFamily
        var architecture: Int
        var format: String
        var regime: Operator.Regime
        var shape: Operator
        /// Measured over projected, both without the time around the kernels.
        var ratio: Double
        var projected: Double
        var fold: UInt64
    }

    private let samples: [Sample]
    private let architectures: [Architecture]

    /// Populations of fewer residuals than this state no quantiles of their own.
    static let fewestRows = 25

    /// Takes the rows whose time is mostly the kernel's: where launch and waiting are more than 30 % of it, a residual says little.
    public init(_ result: ValidationResult) {
        architectures = result.architectures
        samples = result.rows.compactMap { row in
            let measured = result.data.rows[row.index]
            guard let architecture = result.plans[row.series].architecture, !row.isBeyondLimits, row.harness <= 0.3 * row.pair.measured else { return nil }
            let projected = row.pair.projected - row.harness
            return Sample(
                family: measured.shape.family, architecture: architecture, format: measured.shape.formatLabel,
                regime: measured.shape.regime(time: Seconds(microseconds: projected)), shape: measured.shape,
                ratio: (row.pair.measured - row.harness) / projected, projected: projected, fold: StableHash.value(of: measured.shape))
        }
    }

    /// The table of all rows.
    public func table() -> IntervalTable { Self.table(samples, architectures) }

    /// Shares of rows inside their interval when the interval was made without their shape (five folds) or without their device.
    public struct Coverage: Sendable {
        public var family: OperatorFamily
        public var rows: Int
        public var shapesLeftOut: Double
        /// Absent where a family was measured on one device only.
        public var devicesLeftOut: Double?
    }

    /// Coverage per family on left-out rows and devices.
    ///
    /// - Complexity: one table a fold and a device.
    public func coverage() -> [Coverage] {
        var inside: [OperatorFamily: Int] = [:]
        var devicesInside: [OperatorFamily: Int] = [:]
        for fold in 0..<5 {
            let kept = samples.filter { $0.fold % 5 != UInt64(fold) }
            count(samples.filter { $0.fold % 5 == UInt64(fold) }, with: Self.table(kept, architectures), into: &inside)
        }
        for architecture in architectures.indices {
            let own = samples.filter { $0.architecture == architecture }
            guard !own.isEmpty else { continue }
            count(own, with: Self.table(samples.filter { $0.architecture != architecture }, architectures), into: &devicesInside)
        }
        return OperatorFamily.allCases.compactMap { family in
            let rows = samples.count { $0.family == family }
            guard rows > 0 else { return nil }
            let devices = Set(samples.filter { $0.family == family }.map(\.architecture)).count
            return Coverage(
                family: family, rows: rows, shapesLeftOut: Double(inside[family] ?? 0) / Double(rows),
                devicesLeftOut: devices > 1 ? Double(devicesInside[family] ?? 0) / Double(rows) : nil)
        }
    }

    private func count(_ rows: [Sample], with table: IntervalTable, into inside: inout [OperatorFamily: Int]) {
        var resolved: [Int: DeviceIntervals] = [:]
        for row in rows {
            let intervals = resolved[row.architecture] ?? table.intervals(for: architectures[row.architecture])
            resolved[row.architecture] = intervals
            let interval = intervals.interval(for: row.shape, time: Seconds(microseconds: row.projected))
            let measured = row.ratio * row.projected
            if interval.p10.microseconds <= measured, measured <= interval.p90.microseconds { inside[row.family, default: 0] += 1 }
        }
    }

    private struct Population: Hashable {
        var family: OperatorFamily
        var vendor: String
        var generation: String
        var format: String
        var regime: String
    }

    static func table(_ samples: [Sample], _ architectures: [Architecture]) -> IntervalTable {
        var ratios: [Population: [Double]] = [:]
        var devices: [Population: Set<Int>] = [:]
        for sample in samples where sample.ratio.isFinite && sample.ratio > 0 {
            let architecture = architectures[sample.architecture]
            for (format, regime) in [(sample.format, sample.regime.rawValue), (sample.format, ""), ("", sample.regime.rawValue), ("", "")] {
                let key = Population(
                    family: sample.family, vendor: architecture.vendor, generation: architecture.generation, format: format, regime: regime)
                ratios[key, default: []].append(sample.ratio)
                devices[key, default: []].insert(sample.architecture)
            }
        }
        let entries = ratios.compactMap { key, values -> IntervalTable.Entry? in
            guard values.count >= fewestRows else { return nil }
            let sorted = values.sorted()
            return IntervalTable.Entry(
                family: key.family, vendor: key.vendor, generation: key.generation, format: key.format, regime: key.regime,
                low: rounded(Quantile.of(sorted: sorted, 0.1)), high: rounded(Quantile.of(sorted: sorted, 0.9)), rows: values.count,
                devices: (devices[key] ?? []).map { architectures[$0].id }.sorted())
        }
        return IntervalTable(entries.sorted {
            ($0.family.rawValue, $0.vendor, $0.generation, $0.format, $0.regime) < ($1.family.rawValue, $1.vendor, $1.generation, $1.format, $1.regime)
        })
    }

    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
