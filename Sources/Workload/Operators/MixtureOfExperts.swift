import Quantities

/// One fused mixture-of-experts layer on one device: permutation, grouped products, activation, weighted sum; routing excluded.
public struct MixtureOfExperts: OperatorShape {
    /// How tokens spread over experts.
    public enum Routing: Hashable, Sendable {
        /// Every expert gets the same share.
        case balanced
        /// Expert loads follow a truncated Pareto law with this exponent; the projection is for the fullest device.
        case powerLaw(exponent: Double)
    }

    /// Tokens that enter the layer (of all devices of the expert-parallel group).
    public var tokens: Int
    public var hidden: Int
    /// Width of one expert before tensor sharding.
    public var intermediate: Int
    public var topK: Int
    /// Experts of the layer over all devices.
    public var experts: Int
    /// Devices that share one expert.
    public var tensorParallel: Int
    /// Devices that share the set of experts.
    public var expertParallel: Int
    /// Whether an expert has gate, up and down matrices (3) or only up and down (2).
    public var isGated: Bool
    public var routing: Routing
    public var scheme: MatrixMultiplyScheme

    public init(
        tokens: Int, hidden: Int, intermediate: Int, topK: Int, experts: Int, tensorParallel: Int = 1, expertParallel: Int = 1,
        isGated: Bool = true, routing: Routing = .balanced, scheme: MatrixMultiplyScheme
    ) {
        self.tokens = tokens
        self.hidden = hidden
        self.intermediate = intermediate
        self.topK = topK
        self.experts = experts
        self.tensorParallel = tensorParallel
        self.expertParallel = expertParallel
        self.isGated = isGated
        self.routing = routing
        self.scheme = scheme
    }

    /// Experts held by this device.
    public var localExperts: Int { max(1, experts / max(1, expertParallel)) }
    /// Expert width held by this device.
    public var localIntermediate: Int { max(1, intermediate / max(1, tensorParallel)) }
    private var matrices: Double { isGated ? 3 : 2 }
    /// (Token, expert) pairs that this device computes if load is balanced.
    public var balancedPairs: Double { Double(tokens) * Double(topK) * Double(localExperts) / Double(max(1, experts)) }

    /// Matrix arithmetic for a balanced load.
    public var operations: Operations {
        Operations(2 * balancedPairs * Double(hidden) * Double(localIntermediate) * matrices)
    }
    /// Weights of the experts that are hit on average by uniform routing, and the activations.
    public var bytesRead: Bytes {
        let untouched = pow(1 - Double(topK) / Double(max(1, experts)), Double(tokens))
        let active = Double(localExperts) * (1 - untouched)
        let weights = active * matrices * Double(hidden) * Double(localIntermediate) * scheme.weight.bytesPerElement
        return Bytes(weights + Double(tokens) * Double(hidden) * scheme.activation.bytesPerElement)
    }
    public var bytesWritten: Bytes { Bytes(Double(tokens) * Double(hidden) * scheme.output.bytesPerElement) }

    /// base^exponent for a base in [0, 1] by repeated squaring over the integer exponent.
    private func pow(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var square = max(0, base)
        var remaining = Int(exponent)
        while remaining > 0 {
            if remaining & 1 == 1 { result *= square }
            square *= square
            remaining >>= 1
        }
        return result
    }
}
