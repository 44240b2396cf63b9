import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// What the kernels do, on cases small enough to work out by hand.
@Suite struct AttentionKernelTests {
    private func visits(_ shape: Attention, masked: Double = 0) -> KeyTileVisits {
        KeyTileVisits(shape, queryTile: 128, keyTile: 128, maskedShare: masked)
    }

    @Test func causalTilesFormATriangle() {
        // 512 tokens are four tiles; tile i sees i + 1 key tiles: 1 + 2 + 3 + 4.
        let seen = visits(ModelFixture.prefill(tokens: 512))
        #expect(seen.total == 10)
        #expect(seen.longest == 4)
    }

    @Test func aPrefixIsARectangleBeforeTheTriangle() {
        // 256 new tokens after 256: tiles see 3 and 4 key tiles.
        let seen = visits(ModelFixture.prefill(tokens: 256, prefix: 256))
        #expect(seen.total == 7)
        #expect(seen.longest == 4)
    }

    @Test func aSlidingWindowIsABand() {
        // Window 128: the first tile sees one key tile; the first query of tile i needs key 128 i - 127, so later tiles see two.
        let seen = visits(ModelFixture.prefill(tokens: 512, window: 128))
        #expect(seen.total == 7)
        #expect(seen.longest == 2)
    }

    @Test func aKernelThatDoesNotSkipComputesTheRectangle() {
        #expect(visits(ModelFixture.prefill(tokens: 512), masked: 1).total == 16)
    }

    @Test func raggedEndsCountAsWholeTiles() {
        // 130 queries: tiles of 128 and 2; they see ceil(128/128) and ceil(130/128) key tiles.
        #expect(visits(ModelFixture.prefill(tokens: 130)).total == 3)
    }

    @Test func prefillTimeIsStepsTimesCyclesOverUnits() throws {
        // One 128x128 tile a multiprocessor: 100 units, 1 batch x 100 heads, 128 tokens. Matrix 2 * 128 * 128 * 256 / 2048 = 4096 cycles,
        // softmax 128 * 128 / 16 = 1024, half of it hidden: 4608. At 1000 cycles per µs: 4.608 µs, and the least latency, 1 µs.
        var numbers = GPUFixture.a100
        (numbers.units, numbers.boost, numbers.memory) = (100, 1000, 1e6)
        let stack = ModelFixture.stack(["attention.prefill": [
            "kernel_latency_us": 0, "issue_share": 1, "softmax_cycles_per_score": 0.0625, "softmax_overlap": 0.5, "cta_cycles": 0,
            "row_cycles": 0, "tail_share": 0, "passes": 0, "pass_latency_us": 0,
        ]])
        let model = try AttentionModel(architecture: GPUFixture.architecture(numbers), stack: stack)
        let projection = try model.project(
            ModelFixture.prefill(tokens: 128, heads: 100, keyValueHeads: 100), under: ModelFixture.kernelOnly)
        #expect(abs(projection.time.microseconds - 5.608) < 1e-6)
        #expect(projection.bound == .matrixPipe)
    }

    @Test func decodeTimeIsCacheBytesOverBandwidthWhenMemoryBinds() throws {
        // 256 sequences x 8 KV heads x 4096 tokens x 256 elements x 2 B = 4.295 GB at 2039 GB/s x 0.9: 2340 µs; the 4-norm with the other
        // bounds (CTAs that stream 10 TB/s together) adds little.
        let stack = ModelFixture.stack(["attention.decode": [
            "grouped_latency_us": 0, "grouped_cta_us": 0, "grouped_row_us": 0, "grouped_cta_gb_per_second": 100,
            "grouped_unit_gb_per_second": 1000, "bandwidth_share": 0.9, "grouped_reduction_us": 0, "wave_quantisation": 0,
        ]])
        let model = try AttentionModel(architecture: GPUFixture.architecture(GPUFixture.a100), stack: stack)
        let projection = try model.project(ModelFixture.decode(batch: 256, tokens: 4096), under: ModelFixture.kernelOnly)
        #expect(abs(projection.time.microseconds / 2340.6 - 1) < 0.02)
        #expect(projection.bound == .memoryBandwidth)
    }

    @Test func manyQueryHeadsPerCacheHeadFallBackToTheSingleHeadKernel() throws {
        // 64 query heads over one KV head exceed the grouped kernel's 32: each head re-reads the cache.
        let model = try AttentionModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let grouped = try model.project(
            ModelFixture.decode(batch: 64, tokens: 4096, heads: 32, keyValueHeads: 1), under: ModelFixture.kernelOnly)
        let single = try model.project(
            ModelFixture.decode(batch: 64, tokens: 4096, heads: 64, keyValueHeads: 1), under: ModelFixture.kernelOnly)
        #expect(grouped.kernels[0].name.hasPrefix("grouped"))
        #expect(single.kernels[0].name.hasPrefix("single-head"))
        #expect(single.time.value > 5 * grouped.time.value)
    }

    @Test func aSlidingWindowCapsWhatDecodeReads() throws {
        let model = try AttentionModel(architecture: try ModelFixture.device("a100-sxm-80gb"), stack: ModelFixture.stack())
        let windowed = try model.project(ModelFixture.decode(batch: 64, tokens: 65536, window: 4096), under: ModelFixture.cold)
        let short = try model.project(ModelFixture.decode(batch: 64, tokens: 4096), under: ModelFixture.cold)
        #expect(windowed.time == short.time)
    }

    @Test func aNarrowCacheMovesHalfTheBytes() throws {
        let model = try AttentionModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let wide = try model.project(ModelFixture.decode(batch: 128, tokens: 8192, query: .bf16), under: ModelFixture.cold)
        let narrow = try model.project(
            ModelFixture.decode(batch: 128, tokens: 8192, query: .bf16, keyValue: .fp8e4m3), under: ModelFixture.cold)
        #expect(narrow.memoryTraffic.value < 0.51 * wide.memoryTraffic.value)
        #expect(narrow.time < wide.time)
    }

    @Test func latentAttentionIsBoundByMatrixWorkAtLargeBatch() throws {
        let device = try ModelFixture.device("h100-sxm")
        let model = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        let shape = ModelFixture.latent(batch: 132, tokens: 4096)
        let projection = try model.project(shape, under: ModelFixture.kernelOnly)
        // 2 * 132 * 128 * 4096 * 1088 = 1.506e11 operations: 152 µs at peak; the cache's 132 * 4096 * 576 * 2 B take 186 µs at pin rate.
        let peak = try #require(device.peak(.matrix, .bf16))
        #expect(projection.time.value > (shape.operations / peak).value)
        #expect(projection.time.value > (shape.keyValueBytes / device.memory.bandwidth.value).value)
        #expect(projection.kernels[0].name.hasPrefix("latent"))
    }

    @Test func unfusedAttentionDoesTheSameArithmetic() {
        let shape = Attention(
            phase: .prefill, batch: 2, queryTokens: 64, keyValueTokens: 64, heads: 4, keyValueHeads: 4, headDimension: 32, isCausal: false,
            query: .fp32)
        let parts = UnfusedAttention.operators(for: shape)
        let products = parts.reduce(0.0) { sum, part in
            if case .matrixMultiply = part { sum + part.operations.value } else { sum }
        }
        #expect(products == shape.operations.value)
        #expect(parts.count == 3)
    }

    @Test func aStackWithoutAFusedKernelRunsTheParts() throws {
        let device = try ModelFixture.device("v100-sxm2-16gb")
        let fused = try GPUModel(device, stack: ModelFixture.stack())
        let unfused = try GPUModel(device, stack: ModelFixture.stack(["attention": ["is_fused": 0]]))
        let shape = Operator.attention(ModelFixture.prefill(tokens: 2048))
        let separate = try unfused.project(shape, under: ModelFixture.cold)
        #expect(separate.kernels.count >= 3)
        #expect(abs(separate.breakdown.total.value - separate.time.value) <= 1e-9 * separate.time.value)
        #expect(separate.time > (try fused.project(shape, under: ModelFixture.cold)).time)
    }
}
