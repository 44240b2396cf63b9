import Foundation
import Workload

/// Tokens of each expert of the fullest device, from a seeded draw of the routing.
///
/// The power law is the one that aiconfigurator's collector draws: loads of experts follow a truncated Pareto law, are scaled to tokens x
/// top-k, rounded, and never exceed the tokens; the device with most pairs is the one that the others wait for.
struct ExpertLoads: Sendable {
    /// (Token, expert) pairs of each local expert.
    var pairs: [Int]

    var total: Int { pairs.reduce(0, +) }
    var active: Int { pairs.count { $0 > 0 } }

    /// Tiles of `rows` pairs that the local experts need together.
    func tiles(rows: Int) -> Int { pairs.reduce(0) { $0 + ($1 + rows - 1) / rows } }

    /// - Parameter draw: number of the draw; equal draws give equal loads.
    /// - Complexity: O(experts log experts).
    init(_ layer: MixtureOfExperts, draw: UInt64) {
        let experts = max(1, layer.experts)
        let local = layer.localExperts
        var loads: [Int]
        switch layer.routing {
        case .balanced: loads = Self.balanced(tokens: layer.tokens, topK: layer.topK, experts: experts)
        case .powerLaw(let exponent):
            loads = Self.powerLaw(tokens: layer.tokens, topK: layer.topK, experts: experts, exponent: exponent, draw: draw)
        }
        if layer.routing == .balanced {
            pairs = Array(loads.prefix(local))
            return
        }
        var fullest = 0
        var most = -1
        var first = 0
        while first + local <= loads.count {
            let sum = loads[first..<first + local].reduce(0, +)
            if sum > most { (most, fullest) = (sum, first) }
            first += local
        }
        pairs = Array(loads[fullest..<min(fullest + local, loads.count)])
    }

    /// Pairs of the fullest device and its experts that get any, for models that run one expert after another: whole numbers of a balanced
    /// routing, the mean of a few draws of an uneven one, as a single draw may be lucky.
    ///
    /// - Throws: `invalidShape` for a layer without tokens, width or choices.
    static func mean(of layer: MixtureOfExperts) throws(ProjectionError) -> (pairs: Double, active: Double) {
        guard layer.tokens > 0, layer.hidden > 0, layer.topK > 0, layer.topK <= layer.experts else {
            throw ProjectionError(
                .invalidShape, "mixture of \(layer.experts) experts, \(layer.topK) for each of \(layer.tokens) tokens of width \(layer.hidden)")
        }
        guard case .powerLaw = layer.routing else {
            let pairs = max(1, layer.balancedPairs)
            return (pairs, min(Double(layer.localExperts), pairs))
        }
        let draws = (0..<4).map { ExpertLoads(layer, draw: $0) }
        let pairs = draws.reduce(0) { $0 + $1.total }
        let active = draws.reduce(0) { $0 + $1.active }
        return (max(1, Double(pairs) / 4), max(1, Double(active) / 4))
    }

    /// Token t takes experts t, t + stride, t + 2 stride, …; few tokens spread over the stride.
    private static func balanced(tokens: Int, topK: Int, experts: Int) -> [Int] {
        let stride = (experts + topK - 1) / max(1, topK)
        guard tokens < stride else {
            // Whole turns give every expert the same; the rest of the turn is walked.
            var loads = [Int](repeating: tokens / experts * topK, count: experts)
            for token in 0..<tokens % experts { for choice in 0..<topK { loads[(token + choice * stride) % experts] += 1 } }
            return loads
        }
        var loads = [Int](repeating: 0, count: experts)
        for token in 0..<tokens { for choice in 0..<topK { loads[(token * stride / tokens + choice * stride) % experts] += 1 } }
        return loads
    }

    private static func powerLaw(tokens: Int, topK: Int, experts: Int, exponent: Double, draw: UInt64) -> [Int] {
        let target = tokens * topK
        // Inverse distribution function of x^-exponent between two limits; an exponent of 1 is its limit, near enough at 1 + 1e-9.
        let power = 1 - (abs(exponent - 1) < 1e-9 ? 1 + 1e-9 : exponent)
        let (low, high) = target > experts ? (1.0, max(1.0001, 0.8 * Double(tokens))) : (0.01, 2.0)
        let (atLow, atHigh) = (pow(low, power), pow(high, power))
        var random = SplitMix64(state: 0x5EED_0000 &+ draw)
        let weights = (0..<experts).map { _ in pow((atHigh - atLow) * random.nextUnit() + atLow, 1 / power) }
        let scale = Double(target) / weights.reduce(0, +)
        var loads = weights.map { Int(($0 * scale).rounded(.toNearestOrEven)) }
        let order = weights.indices.sorted { weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1] }
        var left = target - loads.reduce(0, +)
        var position = 0
        while left > 0 {
            loads[order[position % experts]] += 1
            (left, position) = (left - 1, position + 1)
        }
        while left < 0 {
            let expert = order[experts - 1 - position % experts]
            if loads[expert] > 0 { (loads[expert], left) = (loads[expert] - 1, left + 1) }
            position += 1
        }
        return loads.map { min($0, tokens) }
    }
}

/// The SplitMix64 generator (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct SplitMix64: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in [0, 1).
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
