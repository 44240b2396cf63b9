import Foundation
import Hardware

/// How far the projections of several published figures are off, as factors.
public struct FactorStatistics: Hashable, Sendable {
    public var count: Int
    /// Geometric mean of projected over published time.
    public var mean: Double
    public var median: Double
    public var least: Double
    public var most: Double
    public var p10: Double
    public var p90: Double
    /// Mean signed error of the times, in percent.
    public var bias: Double
    /// Mean absolute error of the times, in percent.
    public var meanAbsolute: Double

    /// Statistics of positive factors; nil for none.
    ///
    /// - Complexity: O(n log n).
    public init?(_ factors: [Double]) {
        let sorted = factors.filter { $0 > 0 && $0.isFinite }.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        count = sorted.count
        mean = exp(sorted.reduce(0) { $0 + log($1) } / Double(count))
        (least, most) = (first, last)
        (median, p10, p90) = (Quantile.of(sorted: sorted, 0.5), Quantile.of(sorted: sorted, 0.1), Quantile.of(sorted: sorted, 0.9))
        bias = 100 * sorted.reduce(0) { $0 + $1 - 1 } / Double(count)
        meanAbsolute = 100 * sorted.reduce(0) { $0 + abs($1 - 1) } / Double(count)
    }
}

/// Published figures of one metric on one device.
public struct FigureGroup: Sendable {
    /// Id of the architecture.
    public var architecture: String
    public var kind: PublishedFigure.Kind
    public var metric: String
    public var statistics: FactorStatistics
    /// Positions in `ValidationResult.figures`.
    public var figures: [Int]
}

extension ValidationResult {
    /// The architecture of a figure.
    public func architectureID(of figure: ValidatedFigure) -> String { plans[figure.series].architecture.map { architectures[$0].id } ?? "" }

    /// Factors per device, kind and metric, sorted.
    public func figureGroups() -> [FigureGroup] {
        groups { (architectureID(of: $0), data.figures[$0.index].kind.rawValue, data.figures[$0.index].metric) }
    }

    /// Factors per device, all metrics together, sorted.
    public func figureDevices() -> [FigureGroup] { groups { (architectureID(of: $0), "", "") } }

    private func groups(_ key: (ValidatedFigure) -> (String, String, String)) -> [FigureGroup] {
        var order: [(key: (String, String, String), members: [Int])] = []
        var positions: [String: Int] = [:]
        for (position, figure) in figures.enumerated() {
            let found = key(figure)
            let joined = "\(found.0)\n\(found.1)\n\(found.2)"
            if let known = positions[joined] { order[known].members.append(position) } else {
                positions[joined] = order.count
                order.append((found, [position]))
            }
        }
        return order.sorted { $0.key < $1.key }.compactMap { entry in
            guard let statistics = FactorStatistics(entry.members.map { figures[$0].factor }) else { return nil }
            let kind = data.figures[figures[entry.members[0]].index].kind
            return FigureGroup(architecture: entry.key.0, kind: kind, metric: entry.key.2, statistics: statistics, figures: entry.members)
        }
    }
}
