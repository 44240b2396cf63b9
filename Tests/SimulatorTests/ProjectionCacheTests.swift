import Quantities
import Simulator
import Testing
import Workload

@Suite struct ProjectionCacheTests {
    @Test func rememberedProjectionsEqualFreshOnes() throws {
        let model = try GPUModel(GPUFixture.architecture(GPUFixture.h100), stack: GPUFixture.stack())
        var cache = ProjectionCache(model)
        let shapes = (1...40).map { Operator.matrixMultiply(MatrixMultiply(m: $0 * 7, n: 4096, k: 1024, scheme: .uniform(.bf16))) }
        for _ in 0..<3 {
            for shape in shapes { #expect(try cache.project(shape, under: .init()) == model.project(shape, under: .init())) }
        }
        #expect(cache.count == 40)
    }

    @Test func otherConditionsAreAnotherProjection() throws {
        var cache = ProjectionCache(try GPUModel(GPUFixture.architecture(GPUFixture.h100), stack: GPUFixture.stack()))
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 8, n: 4096, k: 4096, scheme: .uniform(.bf16)))
        let cold = try cache.project(shape, under: .init())
        let hot = try cache.project(shape, under: .init(residentWeights: Bytes(4096 * 4096 * 2)))
        #expect(hot.time < cold.time)
        #expect(cache.count == 2)
    }

    @Test func refusalsAreThrownEachTime() throws {
        var cache = ProjectionCache(try GPUModel(GPUFixture.architecture(GPUFixture.v100), stack: GPUFixture.stack()))
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 8, n: 8, k: 8, scheme: .fp8Plain))
        for _ in 0..<2 { #expect(throws: ProjectionError.self) { try cache.project(shape, under: .init()) } }
        #expect(cache.count == 0)
    }
}
