import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// Devices, shapes and conditions of the attention, mixture-of-experts and collective tests.
enum ModelFixture {
    private static let source = Source(.estimated, "test")

    /// The library in the checkout, with its calibrations.
    static func library() throws -> ArchitectureLibrary {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../Architectures").standardized
        return try ArchitectureLibrary(roots: [root.path])
    }

    static func device(_ id: String) throws -> Architecture { try library().architecture(named: id) }

    /// A stack whose constants a test sets; launches cost 1 µs in a graph.
    static func stack(_ groups: [String: [String: Double]] = [:]) -> SoftwareStack {
        var stack = GPUFixture.stack()
        stack.constants = groups.keys.sorted().map { name in
            let values = groups[name] ?? [:]
            return ConstantGroup(
                name: name, constants: values.keys.sorted().map { NamedConstant(name: $0, number: Sourced(values[$0] ?? 0, source: source)) })
        }
        return stack
    }

    static let cold = ExecutionConditions(launch: .graph)
    static let kernelOnly = ExecutionConditions(launch: .excluded, isSustained: false)

    static func prefill(
        batch: Int = 1, tokens: Int, prefix: Int = 0, heads: Int = 32, keyValueHeads: Int = 8, dimension: Int = 128, window: Int? = nil,
        query: NumberFormat = .fp16, keyValue: NumberFormat? = nil
    ) -> Attention {
        Attention(
            phase: .prefill, batch: batch, queryTokens: tokens, keyValueTokens: tokens + prefix, heads: heads, keyValueHeads: keyValueHeads,
            headDimension: dimension, window: window, query: query, keyValue: keyValue)
    }

    static func decode(
        batch: Int, tokens: Int, heads: Int = 32, keyValueHeads: Int = 8, dimension: Int = 128, window: Int? = nil,
        query: NumberFormat = .fp16, keyValue: NumberFormat? = nil
    ) -> Attention {
        Attention(
            phase: .decode, batch: batch, queryTokens: 1, keyValueTokens: tokens, heads: heads, keyValueHeads: keyValueHeads,
            headDimension: dimension, window: window, query: query, keyValue: keyValue)
    }

    /// DeepSeek-V3's decode with absorbed projections: 128 heads over one latent vector of 512 + 64.
    static func latent(batch: Int, tokens: Int) -> Attention {
        Attention(
            phase: .decode, batch: batch, queryTokens: 1, keyValueTokens: tokens, heads: 128, keyValueHeads: 1, headDimension: 576,
            valueHeadDimension: 512, query: .bf16, sharesKeyAndValue: true)
    }

    /// Shapes over all regimes, the same in every run.
    static func attentions(query: NumberFormat, keyValue: NumberFormat) -> [Attention] {
        var random = GPURandom(state: 11)
        var shapes: [Attention] = []
        for number in 0..<160 {
            let keyValueHeads = 1 << Int(random.next() * 4)
            let heads = keyValueHeads * (1 << Int(random.next() * 6))
            let dimension = random.next() < 0.5 ? 64 : 128
            let batch = 1 << Int(random.next() * 8)
            let tokens = 1 + Int(random.next() * Double(1 << Int(4 + random.next() * 12)))
            let window = number % 7 == 0 ? 512 : nil
            shapes.append(
                number % 2 == 0
                    ? decode(
                        batch: batch, tokens: tokens, heads: heads, keyValueHeads: keyValueHeads, dimension: dimension, window: window,
                        query: query, keyValue: keyValue)
                    : prefill(
                        batch: batch, tokens: tokens, prefix: number % 5 == 0 ? 1000 : 0, heads: heads, keyValueHeads: keyValueHeads,
                        dimension: dimension, window: window, query: query, keyValue: keyValue))
        }
        return shapes
    }
}

/// A small linear congruential generator, so that random shapes are the same in every run.
struct GPURandom {
    var state: UInt64

    /// Uniform in [0, 1).
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24)
    }
}
