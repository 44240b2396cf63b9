/// How long and over which sizes calibration measures.
public struct CalibrationPlan: Hashable, Sendable {
    /// Seconds for each point, at least.
    public var secondsPerPoint: Double
    /// Working sets of the bandwidth probes, in bytes, ascending.
    public var workingSets: [Int]
    /// Working sets of the latency probe, in bytes, ascending.
    public var latencySets: [Int]
    /// Side of the square matrix products.
    public var productSide: Int
    /// Whether all threads together are measured too.
    public var measuresAllThreads: Bool

    /// A plan that ends with working sets well beyond the last cache.
    ///
    /// - Parameters:
    ///   - lastCacheBytes: size of the largest cache, nil when unknown.
    ///   - isQuick: under 20 seconds instead of under 60.
    public init(lastCacheBytes: Int?, isQuick: Bool) {
        // Four times the last cache, so that at most a quarter of a pass can be found in it; between 128 MiB and 1 GiB.
        let largest = min(1 << 30, max(128 << 20, 4 * (lastCacheBytes ?? 32 << 20)))
        let steps = isQuick ? [1.0, 1.5] : [1.0, 1.25, 1.5, 1.75]
        workingSets = Self.sizes(from: 12 << 10, to: largest, steps: steps)
        latencySets = Self.sizes(from: 16 << 10, to: largest, steps: isQuick ? [1.0] : [1.0, 1.5])
        secondsPerPoint = isQuick ? 0.02 : 0.08
        productSide = 1024
        measuresAllThreads = true
    }

    /// Multiples of powers of two, rounded down to whole 12 KiB (three arrays of whole pages).
    private static func sizes(from first: Int, to last: Int, steps: [Double]) -> [Int] {
        var sizes: [Int] = []
        var power = first
        while power <= last {
            for step in steps where Double(power) * step <= Double(last) {
                let size = Int(Double(power) * step) / 12_288 * 12_288
                if size > (sizes.last ?? 0) { sizes.append(size) }
            }
            power *= 2
        }
        return sizes
    }
}
