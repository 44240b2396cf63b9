import Foundation

/// How much of an operand a cache still holds when it is read again.
///
/// A cyclic walk over F bytes through a cache of effective capacity C keeps a share h with h = exp(-(1 - h) x), x = (F / C)^sharpness:
/// each line survives until misses have replaced it. Sharpness 1 is random replacement; 2.5 fits the edges seen on data-centre parts.
public struct CacheResidency: Sendable {
    /// Bytes of the cache that data of earlier kernels can use.
    public var effectiveCapacity: Double
    /// Exponent of the footprint ratio.
    public var sharpness: Double

    public init(effectiveCapacity: Double, sharpness: Double) {
        self.effectiveCapacity = effectiveCapacity
        self.sharpness = sharpness
    }

    /// Share of accesses that hit when `footprint` bytes are walked cyclically, from 0 to 1.
    public func hitShare(footprint: Double) -> Double {
        guard footprint > effectiveCapacity else { return 1 }
        let x = pow(footprint / effectiveCapacity, sharpness)
        guard x < 40 else { return 0 }
        // The root below 1 of h = exp(-(1 - h) x), which fixed-point iteration from 0 reaches from below; Newton for x near 1.
        var h = exp(-x)
        for _ in 0..<24 {
            let e = exp(-(1 - h) * x)
            let slope = 1 - x * e
            let next = slope > 0.02 ? h - (h - e) / slope : e
            if abs(next - h) < 1e-9 { return min(max(next, 0), 1) }
            h = min(max(next, 0), 1)
        }
        return h
    }

    /// Share of an operand found in the cache: what was left there, as far as it survived.
    ///
    /// - Parameters:
    ///   - operand: bytes of the operand.
    ///   - resident: bytes of it that earlier kernels left in the cache.
    ///   - reuseFootprint: bytes touched between two uses, nil when `resident` is already what survived.
    public func residentShare(operand: Double, resident: Double, reuseFootprint: Double?) -> Double {
        guard operand > 0, resident > 0 else { return 0 }
        let left = min(resident / operand, 1)
        return left * hitShare(footprint: reuseFootprint ?? resident)
    }
}
