import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Fields of an operator that every class of device must heed.
@Suite struct BackwardAttentionTests {
    private static func attention(backward: Bool, phase: Attention.Phase = .prefill, queries: Int = 512) -> Operator {
        var shape = Attention(
            phase: phase, batch: 2, queryTokens: queries, keyValueTokens: 512, heads: 8, keyValueHeads: 8, headDimension: 64, query: .fp16)
        shape.isBackward = backward
        return .attention(shape)
    }

    /// One device of each class that multiplies fp16.
    private static let devices = ["h100-sxm", "p100-sxm2", "tpu-v4", "gaudi-2", "groq-tsp", "bow", "alveo-u280"]

    @Test(arguments: devices) func backwardIsSlowerThanForward(id: String) throws {
        let model = try DeviceModels.model(for: try ModelFixture.device(id), stack: GPUFixture.stack())
        let forward = try model.project(Self.attention(backward: false), under: .init(launch: .excluded))
        let backward = try model.project(Self.attention(backward: true), under: .init(launch: .excluded))
        #expect(backward.time.value > forward.time.value * 1.05)
        #expect(backward.operations.value == 2.5 * forward.operations.value)
        // A single query, too: whatever kernel decodes, the gradient is the backward kernel's.
        let one = try model.project(Self.attention(backward: true, phase: .decode, queries: 1), under: .init(launch: .excluded))
        #expect(one.time.value >= one.operations.value / (try ModelFixture.device(id).peak(.fp16)?.value ?? 1))
    }

    /// Arithmetic of a CPU follows the five products where there were two.
    @Test func processorsMultiplyFiveTimes() throws {
        func shape(_ backward: Bool) -> Operator {
            var shape = Attention(
                phase: .prefill, batch: 1, queryTokens: 128, keyValueTokens: 128, heads: 4, keyValueHeads: 4, headDimension: 64, isCausal: false,
                query: .fp32)
            shape.isBackward = backward
            return .attention(shape)
        }
        let sample = SampleCPU(constants: [("attention_prefill_cycles_per_score", 0)])
        let forward = try sample.project(shape(false))
        let backward = try sample.project(shape(true))
        #expect(agree(backward.breakdown[.vectorPipe], 2.5 * forward.breakdown[.vectorPipe]))
    }

    /// Without a fused kernel the probabilities are kept: dV, dP, dQ, dK are four products of the forward's size, not two.
    @Test func unfusedBackwardIsFourProductsAndTheGradientOfSoftmax() {
        guard case .attention(let forward) = Self.attention(backward: false), case .attention(let backward) = Self.attention(backward: true) else { return }
        func products(_ shape: Attention) -> Double {
            UnfusedAttention.operators(for: shape).reduce(0) { sum, item in
                if case .matrixMultiply = item { sum + item.operations.value } else { sum }
            }
        }
        #expect(products(backward) == 2 * products(forward))
        #expect(UnfusedAttention.operators(for: backward).count == 6)
    }

    /// Consumer Pascal multiplies fp16 64 times slower than fp32: attention widens its operands as products do.
    @Test func attentionWidensWhereLanesAreFaster() throws {
        func time(_ id: String) throws -> Double {
            try DeviceModels.model(for: try ModelFixture.device(id), stack: GPUFixture.stack())
                .project(Self.attention(backward: false), under: .init(launch: .excluded)).time.value
        }
        #expect(try time("p40") < 4 * time("p100-sxm2"))
    }

    /// A matrix-vector product streams its weights on GPUs without tensor cores, too.
    @Test(arguments: ["p100-sxm2", "p40", "apple-m1-max-gpu"]) func oneTokenIsBoundByMemory(id: String) throws {
        let device = try ModelFixture.device(id)
        let product = MatrixMultiply(m: 1, n: 11008, k: 4096, scheme: .uniform(.fp16))
        let result = try DeviceModels.model(for: device, stack: GPUFixture.stack()).project(.matrixMultiply(product), under: .init(launch: .excluded))
        #expect(result.bound == .memoryBandwidth)
        #expect(result.time.value < 1.5 * product.weightBytes.value / device.memory.bandwidth.value.value)
        let two = MatrixMultiply(m: 2, n: 11008, k: 4096, scheme: .uniform(.fp16))
        let more = try DeviceModels.model(for: device, stack: GPUFixture.stack()).project(.matrixMultiply(two), under: .init(launch: .excluded))
        #expect(more.time.value >= result.time.value)
    }
}
