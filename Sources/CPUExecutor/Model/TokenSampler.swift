import CPUKernels
import Foundation

/// Picks tokens from logits: greedy, or from the most probable ones by a seeded generator.
public struct TokenSampler {
    /// Most probable tokens considered; nil for all.
    public var topK: Int?
    /// Smallest set of most probable tokens whose probability reaches this; nil for all.
    public var topP: Double?
    public var temperature: Double
    private var state: UInt64

    public init(topK: Int? = nil, topP: Double? = nil, temperature: Double = 1, seed: UInt64) {
        self.topK = topK
        self.topP = topP
        self.temperature = max(1e-6, temperature)
        state = seed
    }

    /// The most likely token; the lowest of equals.
    public static func greedy(_ logits: UnsafeBufferPointer<Float>, kernels: KernelTable) -> Int {
        guard let base = logits.baseAddress else { return 0 }
        let best = kernels.maximum(base, logits.count)
        return logits.firstIndex(of: best) ?? 0
    }

    /// A token drawn from softmax(logits / temperature) restricted to top k and top p.
    ///
    /// - Complexity: O(n log n) in the vocabulary.
    public mutating func next(_ logits: [Float]) -> Int {
        guard let largest = logits.max() else { return 0 }
        let weights = logits.map { exp(Double($0 - largest) / temperature) }
        var order = weights.indices.sorted { weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1] }
        if let topK { order = Array(order.prefix(max(1, topK))) }
        if let topP {
            let total = order.reduce(0) { $0 + weights[$1] }
            var sum = 0.0
            var kept = 0
            while kept < order.count, sum < topP * total {
                sum += weights[order[kept]]
                kept += 1
            }
            order = Array(order.prefix(max(1, kept)))
        }
        var remaining = uniform() * order.reduce(0) { $0 + weights[$1] }
        for index in order {
            remaining -= weights[index]
            if remaining < 0 { return index }
        }
        return order.last ?? 0
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014), in [0, 1).
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
    }
}
