import Foundation

/// Times of a kernel that streams data, microseconds: what each resource would take alone, and their blend.
struct StreamingEstimate: Sendable {
    var memory: Double
    var cache: Double
    /// Arithmetic of the general lanes.
    var arithmetic = 0.0
    /// Waiting with too few bytes in flight, or for the life of a CTA.
    var latency = 0.0
    /// Fixed start and end of the kernel.
    var fill: Double
    /// Blend of the resources.
    var body: Double
    var memoryTraffic: Double
    var cacheTraffic: Double
    var grid: Double
    var waves: Double

    var time: Double { body + fill }

    /// Adds the owners of this kernel's time to `breakdown`; they add up to `time`.
    func attribute(to breakdown: inout TimeBreakdown) {
        breakdown[.fill] += fill
        let largest = max(memory, cache, arithmetic, latency)
        let owned = min(largest, body)
        if memory >= largest {
            breakdown[.memoryBandwidth] += owned
        } else if cache >= largest {
            breakdown[.l2Bandwidth] += owned
        } else if arithmetic >= largest {
            breakdown[.vectorPipe] += owned
        } else {
            breakdown[.memoryLatency] += owned
        }
        breakdown[.contention] += body - owned
    }
}

/// The soft maximum of independent resources of a streaming kernel: the 4-norm, sharper than a tile loop's because every CTA overlaps
/// with many others (docs/model.md, overlap).
@inline(__always)
func sharpOverlap(_ a: Double, _ b: Double) -> Double {
    let x = a * a
    let y = b * b
    return (x * x + y * y).squareRoot().squareRoot()
}
