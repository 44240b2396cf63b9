import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// What attention refuses, and what the refusal says.
@Suite struct AttentionRefusalTests {
    private func refusal(_ id: String, _ shape: Attention) throws -> ProjectionError {
        let model = try AttentionModel(architecture: try ModelFixture.device(id), stack: ModelFixture.stack())
        return try #require(throws: ProjectionError.self) { try model.project(shape, under: ModelFixture.cold) }
    }

    @Test func bfloat16OnVoltaNamesHalfPrecision() throws {
        let error = try refusal("v100-sxm2-16gb", ModelFixture.prefill(tokens: 128, query: .bf16))
        #expect(error.code == .unsupportedFormat)
        #expect(error.description.contains("fp16 works"))
    }

    @Test func an8BitFloatCacheOnAmpereNamesInt8() throws {
        let error = try refusal("a100-sxm-80gb", ModelFixture.decode(batch: 1, tokens: 128, query: .bf16, keyValue: .fp8e4m3))
        #expect(error.code == .unsupportedFormat)
        #expect(error.description.contains("int8"))
    }

    @Test func fp8QueriesOnAmpereNameTheNearestFormat() throws {
        let error = try refusal("a100-sxm-80gb", ModelFixture.prefill(tokens: 128, query: .fp8e4m3))
        #expect(error.code == .unsupportedFormat)
        #expect(error.description.contains("bf16 works"))
    }

    static let badShapes: [Attention] = [
        ModelFixture.prefill(batch: 0, tokens: 128), ModelFixture.prefill(tokens: 0), ModelFixture.prefill(tokens: -5),
        ModelFixture.prefill(tokens: 128, heads: 0, keyValueHeads: 1), ModelFixture.prefill(tokens: 128, heads: 4, keyValueHeads: 0),
        ModelFixture.prefill(tokens: 128, dimension: 0), ModelFixture.prefill(tokens: 128, heads: 4, keyValueHeads: 8),
        ModelFixture.prefill(tokens: 128, window: 0), ModelFixture.prefill(tokens: 128, prefix: -64),
        ModelFixture.decode(batch: 1, tokens: 0),
    ]

    @Test(arguments: badShapes) func impossibleShapesAreRefused(_ shape: Attention) throws {
        #expect(try refusal("h100-sxm", shape).code == .invalidShape)
    }
}
