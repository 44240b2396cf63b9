import Foundation
import Quantities

/// Maps values to positions along an axis, linearly or logarithmically, and says where ticks stand.
struct ChartScale {
    enum Kind { case linear, logarithmic }

    let kind: Kind
    let domain: ClosedRange<Double>
    /// Positions of the ends of the domain; the first may be the larger (a vertical axis grows upwards).
    let range: (start: Double, end: Double)

    /// A linear scale from zero to a round value at or above `maximum`; to one where there is nothing to show.
    static func linear(upTo maximum: Double, range: (Double, Double)) -> ChartScale {
        guard maximum.isFinite, maximum > 1e-300 else { return ChartScale(kind: .linear, domain: 0...1, range: range) }
        let step = niceStep(for: maximum / 5)
        return ChartScale(kind: .linear, domain: 0...((maximum / step).rounded(.up) * step), range: range)
    }

    /// A logarithmic scale over whole decades around positive values.
    static func logarithmic(_ values: ClosedRange<Double>, range: (Double, Double), wholeDecades: Bool = true) -> ChartScale {
        let low = min(max(values.lowerBound, 1e-12), 1e30)
        let high = min(max(values.upperBound, low * 10), 1e31)
        guard wholeDecades else { return ChartScale(kind: .logarithmic, domain: low...high, range: range) }
        return ChartScale(kind: .logarithmic, domain: pow(10, floor(log10(low)))...pow(10, ceil(log10(high))), range: range)
    }

    func position(_ value: Double) -> Double {
        let fraction = switch kind {
        case .linear: (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        case .logarithmic:
            log10(max(value, domain.lowerBound * 1e-3) / domain.lowerBound) / log10(domain.upperBound / domain.lowerBound)
        }
        return range.start + min(max(fraction, -0.05), 1.05) * (range.end - range.start)
    }

    /// Values that get a tick, a label and a grid line.
    var ticks: [Double] {
        switch kind {
        case .linear:
            let step = Self.niceStep(for: (domain.upperBound - domain.lowerBound) / 5)
            let count = Int(((domain.upperBound - domain.lowerBound) / step).rounded())
            return (0...max(1, count)).map { domain.lowerBound + Double($0) * step }
        case .logarithmic:
            let first = Int(ceil(log10(domain.lowerBound) - 1e-9))
            let last = Int(floor(log10(domain.upperBound) + 1e-9))
            guard last > first else { return [domain.lowerBound, domain.upperBound] }
            let stride = max(1, (last - first + 6) / 7)
            return Swift.stride(from: first, through: last, by: stride).map { pow(10, Double($0)) }
        }
    }

    /// A label short enough for an axis: `0.1`, `25`, `3k`, `2M`.
    static func label(_ value: Double) -> String {
        let magnitude = abs(value)
        let scaled: (Double, String) =
            magnitude >= 1e15 ? (1e15, "P") : magnitude >= 1e12 ? (1e12, "T") : magnitude >= 1e9 ? (1e9, "G") : magnitude >= 1e6 ? (1e6, "M") : magnitude >= 1e4 ? (1e3, "k") : (1, "")
        let number = value / scaled.0
        let digits = abs(number) >= 100 || number == number.rounded() ? 0 : abs(number) >= 1 ? 1 : magnitude >= 0.1 ? 1 : magnitude >= 0.01 ? 2 : 3
        return FixedPoint.format(number, fractionDigits: digits) + scaled.1
    }

    /// 1, 2 or 5 times a power of ten, at or above `raw`.
    private static func niceStep(for raw: Double) -> Double {
        let power = pow(10, floor(log10(raw)))
        let mantissa = raw / power
        return power * (mantissa <= 1.0000001 ? 1 : mantissa <= 2.0000001 ? 2 : mantissa <= 5.0000001 ? 5 : 10)
    }
}
