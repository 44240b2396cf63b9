import Foundation
import Quantities

/// Errors of a set of projections against measurements, in percent of the measured time.
public struct ErrorStatistics: Hashable, Sendable {
    public var count: Int
    /// Mean absolute percentage error.
    public var meanAbsolute: Double
    public var medianAbsolute: Double
    /// 90th percentile of the absolute percentage error.
    public var p90Absolute: Double
    /// Mean signed percentage error: above zero where projections are too slow.
    public var bias: Double
    /// Share of rows inside their P10 to P90 interval, 0 to 1.
    public var coverage: Double

    /// Statistics of pairs; nil for none.
    ///
    /// - Complexity: O(n log n).
    public init?(_ pairs: some Collection<MeasuredPair>) {
        guard !pairs.isEmpty else { return nil }
        var absolute: [Double] = []
        absolute.reserveCapacity(pairs.count)
        var signedSum = 0.0
        var absoluteSum = 0.0
        var inside = 0
        for pair in pairs {
            let error = pair.percentError
            absolute.append(abs(error))
            signedSum += error
            absoluteSum += abs(error)
            if pair.isInsideInterval { inside += 1 }
        }
        absolute.sort()
        count = absolute.count
        meanAbsolute = absoluteSum / Double(count)
        medianAbsolute = Quantile.of(sorted: absolute, 0.5)
        p90Absolute = Quantile.of(sorted: absolute, 0.9)
        bias = signedSum / Double(count)
        coverage = Double(inside) / Double(count)
    }
}

/// One measurement with its projection, in microseconds.
public struct MeasuredPair: Hashable, Sendable {
    public var measured: Double
    public var projected: Double
    /// P10 and P90 of the projection.
    public var low: Double
    public var high: Double

    public init(measured: Double, projected: Double, low: Double, high: Double) {
        self.measured = measured
        self.projected = projected
        self.low = low
        self.high = high
    }

    /// 100 (projected - measured) / measured.
    public var percentError: Double { 100 * (projected - measured) / measured }
    public var isInsideInterval: Bool { low <= measured && measured <= high }
}

/// Quantiles of samples.
public enum Quantile {
    /// The quantile of sorted, non-empty samples, interpolated linearly between the two nearest (Hyndman and Fan, "Sample quantiles in
    /// statistical packages", 1996, type 7).
    public static func of(sorted samples: [Double], _ share: Double) -> Double {
        guard let last = samples.last else { return .nan }
        let position = share * Double(samples.count - 1)
        let index = Int(position)
        guard index + 1 < samples.count else { return last }
        return samples[index] + (position - Double(index)) * (samples[index + 1] - samples[index])
    }
}

/// Ranges of measured time in which errors are reported apart.
public enum DurationBucket: String, CaseIterable, Hashable, Sendable {
    case below10 = "< 10 us"
    case to30 = "10-30 us"
    case to100 = "30-100 us"
    case to1000 = "100-1000 us"
    case longer = ">= 1000 us"

    public init(measuredMicroseconds time: Double) {
        self = time < 10 ? .below10 : time < 30 ? .to30 : time < 100 ? .to100 : time < 1000 ? .to1000 : .longer
    }
}
