import Foundation

/// How much of an operand a cache still holds when it is read again.
///
/// A cyclic walk over F bytes through a cache of effective capacity C can at best find C / F of them: what stays is never evicted.
/// Least-recently-used replacement finds nothing once F exceeds C. Real caches lie between: the share is (C / F)^sharpness, with a
/// sharpness of 1 to 2 for hashed caches with protected lines and more for those that come close to recency order.
public struct CacheResidency: Sendable {
    /// Bytes of the cache that data of earlier kernels can use.
    public var effectiveCapacity: Double
    /// Exponent of the share, at least 1.
    public var sharpness: Double

    public init(effectiveCapacity: Double, sharpness: Double) {
        self.effectiveCapacity = effectiveCapacity
        self.sharpness = sharpness
    }

    /// Share of accesses that hit when `footprint` bytes are walked cyclically, from 0 to 1.
    public func hitShare(footprint: Double) -> Double {
        guard footprint > effectiveCapacity else { return 1 }
        let ratio = effectiveCapacity / footprint
        return ratio < 1e-3 ? 0 : pow(ratio, sharpness)
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
