import Foundation
import HostTopology
import Quantities

/// One level of memory as the curves show it: rates in bytes per second, a store's bytes counted once.
public struct CalibratedLevel: Hashable, Sendable {
    /// `L1`, `L2`, `L3`, `memory`.
    public var name: String
    /// Bytes of one instance as the system describes it; nil for main memory.
    public var describedBytes: Int?
    /// The working set up to which the level's bandwidth holds; nil for main memory.
    public var effectiveBytes: Int?
    /// Whether each core has one of its own.
    public var isPerCore: Bool
    public var readPerCore: Double
    public var writePerCore: Double
    /// All threads together; nil where they were not measured.
    public var readTogether: Double?
    public var writeTogether: Double?
    /// Load-to-use time; nil where no working set fell into the level.
    public var latencySeconds: Double?
}

extension Calibration {
    /// The levels that the bandwidth curves have plateaus for, nearest first, main memory last.
    ///
    /// A level's bandwidth is the median over working sets that fill at most three quarters of it and do not fit the level before. Its
    /// effective capacity is where the curve falls below the geometric mean of its own plateau and the next one's: what other programs
    /// and hypervisors take of a shared cache is taken off here.
    public var levels: [CalibratedLevel] {
        let single = curve(threads: 1)
        let together = threads > 1 ? curve(threads: threads) : []
        var levels: [CalibratedLevel] = []
        var nearer = 0
        let caches = host.caches.filter { cache in cache.level == 1 || host.caches.first { $0.level == cache.level } == cache }
        for cache in caches {
            let range = (nearer + 1)...max(nearer + 1, cache.sizeBytes * 3 / 4)
            let own = single.filter { range.contains($0.workingSetBytes) }
            let sharing = cache.coresPerInstance > 1 ? min(threads, cache.coresPerInstance) : 1
            let shared = together.filter { range.contains($0.workingSetBytes * sharing) && $0.workingSetBytes > nearer }
            guard let read = Self.median(own.map(\.read)), let write = Self.median(own.map(\.write)) else { continue }
            levels.append(CalibratedLevel(
                name: cache.name, describedBytes: cache.sizeBytes, effectiveBytes: nil, isPerCore: cache.coresPerInstance == 1, readPerCore: read,
                writePerCore: write, readTogether: Self.median(shared.map(\.read)), writeTogether: Self.median(shared.map(\.write)),
                latencySeconds: Self.median(latency.filter { range.contains($0.workingSetBytes) }.map(\.seconds))))
            nearer = cache.sizeBytes
        }
        let far = single.suffix(3)
        levels.append(CalibratedLevel(
            name: "memory", describedBytes: nil, effectiveBytes: nil, isPerCore: false, readPerCore: Self.median(far.map(\.read)) ?? 0,
            writePerCore: Self.median(far.map(\.write)) ?? 0, readTogether: Self.median(together.suffix(3).map(\.read)),
            writeTogether: Self.median(together.suffix(3).map(\.write)), latencySeconds: latency.last?.seconds))
        for index in levels.indices.dropLast() {
            levels[index].effectiveBytes = Self.knee(
                single, from: index == 0 ? 0 : levels[index - 1].effectiveBytes ?? 0, described: levels[index].describedBytes ?? 0,
                threshold: (levels[index].readPerCore * levels[index + 1].readPerCore).squareRoot())
        }
        return levels
    }

    /// The last working set before the curve falls below the threshold, at most what the level is described as.
    private static func knee(_ curve: [BandwidthPoint], from nearer: Int, described: Int, threshold: Double) -> Int {
        var last: Int?
        for point in curve where point.workingSetBytes > nearer {
            guard point.read >= threshold else { break }
            last = point.workingSetBytes
        }
        return min(described, last ?? described)
    }

    /// How well arithmetic and streaming of weights overlap in a product: the exponent p of (a^p + b^p)^(1/p) = time, between 1 (one after
    /// the other) and 16 (only the longer counts). From one fp32 product of few rows whose weights come from main memory.
    public var overlapExponent: Double? {
        guard let square = products.first(where: { $0.format == .fp32 && $0.threads == 1 && $0.m == $0.side }),
            let streaming = products.first(where: { $0.format == .fp32 && $0.threads == 1 && $0.m < $0.side }),
            let memory = levels.last, memory.readPerCore > 0
        else { return nil }
        let operations = 2 * Double(streaming.m) * Double(streaming.side) * Double(streaming.side)
        let arithmetic = operations / square.operationsPerSecond
        let stream = Double(streaming.side) * Double(streaming.side) * 4 / memory.readPerCore
        return Self.exponent(arithmetic, stream, together: operations / streaming.operationsPerSecond)
    }

    /// Solves (a^p + b^p)^(1/p) = t for p in 1...16 by bisection; the left side falls with p.
    static func exponent(_ a: Double, _ b: Double, together t: Double) -> Double {
        let longer = max(a, b)
        let ratio = min(a, b) / longer
        func norm(_ p: Double) -> Double { longer * pow(1 + pow(ratio, p), 1 / p) }
        guard t < norm(1) else { return 1 }
        guard t > norm(16) else { return 16 }
        var low = 1.0
        var high = 16.0
        for _ in 0..<50 {
            let middle = (low + high) / 2
            if norm(middle) > t { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
