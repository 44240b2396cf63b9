import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Single mechanisms on cases small enough to work out by hand.
@Suite struct GPUMechanismTests {
    @Test func whatFitsStaysAndWhatDoesNotKeepsItsShare() {
        // Capacity 10: a walk over 8 always hits. Over 20 with sharpness 1: the half that is never evicted; with 2 a quarter.
        let best = CacheResidency(effectiveCapacity: 10, sharpness: 1)
        #expect(best.hitShare(footprint: 8) == 1)
        #expect(abs(best.hitShare(footprint: 20) - 0.5) < 1e-12)
        #expect(abs(CacheResidency(effectiveCapacity: 10, sharpness: 2).hitShare(footprint: 20) - 0.25) < 1e-12)
        #expect(best.residentShare(operand: 4, resident: 2, reuseFootprint: nil) == 0.5)
        #expect(best.residentShare(operand: 4, resident: 0, reuseFootprint: nil) == 0)
    }

    static func limit(watts: Double, exponent: Double) throws -> PowerLimit {
        var device = GPUFixture.architecture(GPUFixture.a100)
        device.power = Power(thermalDesign: Sourced(Watts(watts), source: Source(.datasheet, "test")))
        device.constants = [
            ConstantGroup(
                name: "power",
                constants: [
                    NamedConstant(name: "clock_exponent", number: Sourced(exponent, source: Source(.estimated, "test"))),
                    NamedConstant(name: "cap_share", number: Sourced(1, source: Source(.estimated, "test"))),
                    NamedConstant(name: "static_share", number: Sourced(0, source: Source(.estimated, "test"))),
                ])
        ]
        let read = ConstantReader(DeviceConstants(architecture: device, stack: GPUFixture.stack()))
        return PowerLimit(try GPUMachine(device), read)
    }

    @Test func powerHoldsTheClockDown() throws {
        // 100 W for work that takes 1 us at full clock and 200 uJ: energy that does not depend on the clock needs 2 us.
        let flat = try Self.limit(watts: 100, exponent: 0).settle(dynamic: 200e6, memory: 0) { 1 / $0 }
        #expect(abs(flat.time - 2) < 1e-5)
        // Energy falling with the clock f: 200 f / 100 = 1 / f, so f = 0.7071 and 1.414 us.
        let falling = try Self.limit(watts: 100, exponent: 1).settle(dynamic: 200e6, memory: 0) { 1 / $0 }
        #expect(abs(falling.clock - 0.70711) < 1e-4)
        #expect(abs(falling.time - 1.41421) < 1e-4)
        // Within the limit nothing happens.
        #expect(try Self.limit(watts: 100, exponent: 1).settle(dynamic: 50e6, memory: 40e6) { 1 / $0 }.clock == 1)
    }

    @Test func coolBoardApproachesTheSustainedTime() throws {
        let limit = try Self.limit(watts: 100, exponent: 0)
        #expect(limit.transient(full: 1, sustained: 1) == 1)
        #expect(limit.transient(full: 1, sustained: 2) < 1.01)
        #expect(limit.transient(full: 1e6, sustained: 2e6) > 1.99e6)
    }

    static func time(_ shape: Operator, _ conditions: ExecutionConditions, _ numbers: GPUFixture.Numbers = GPUFixture.a100) throws -> OperatorProjection {
        try GPUModel(GPUFixture.architecture(numbers), stack: GPUFixture.stack()).project(shape, under: conditions)
    }

    /// A100's fp32 kernels with the constants of a library that keeps guarded kernels, and of a chip whose translation covers 32 MiB.
    private static func singlePrecision(_ constants: [String: Double], m: Int, k: Int, batch: Int = 1) throws -> Double {
        var device = GPUFixture.architecture(GPUFixture.a100)
        let source = Source(.estimated, "test")
        device.constants = [
            ConstantGroup(name: "gemm.fp32", constants: constants.sorted { $0.key < $1.key }.map { NamedConstant(name: $0.key, number: Sourced($0.value, source: source)) })
        ]
        let product = MatrixMultiply(batch: batch, m: m, n: 2048, k: k, scheme: .uniform(.fp32), hasWeights: batch == 1, isWeightTransposed: true)
        return try GPUModel(device, stack: GPUFixture.stack()).project(.matrixMultiply(product), under: ExecutionConditions(launch: .excluded, isSustained: false)).time.microseconds
    }

    @Test func edgesAndOddContractionsRunGuardedKernels() throws {
        let whole = try Self.singlePrecision([:], m: 4096, k: 1024)
        #expect(try Self.singlePrecision(["guarded_share": 0.5], m: 4096, k: 1024) == whole)
        // One token more than whole tiles, and a contraction that vectors do not fill.
        for (m, k) in [(4097, 1024), (4096, 1025)] {
            let free = try Self.singlePrecision([:], m: m, k: k)
            let guarded = try Self.singlePrecision(["guarded_share": 0.5], m: m, k: k)
            #expect(guarded > 1.6 * free && guarded < 2.1 * free)
        }
        // Batched products have the guarded kernel only.
        #expect(try Self.singlePrecision(["guarded_share": 0.5], m: 1024, k: 1024, batch: 8) > 1.3 * Self.singlePrecision([:], m: 1024, k: 1024, batch: 8))
    }

    @Test func rowsThatSpanMoreThanTranslationCoversSlowTheMainLoop() throws {
        let translating = ["translation_reach_mib": 32.0, "translation_penalty": 1.0]
        // 4096 rows of 1 KiB span 4 MiB: x = 1/8, 1 + x^2/(1 + x^2) = 1.015. Rows of 128 KiB span at least 256 MiB: x > 8, nearly twice.
        let short = try Self.singlePrecision(translating, m: 4096, k: 256) / Self.singlePrecision([:], m: 4096, k: 256)
        let long = try Self.singlePrecision(translating, m: 4096, k: 32768) / Self.singlePrecision([:], m: 4096, k: 32768)
        #expect(short < 1.03)
        #expect(long > 1.8 && long <= 2)
    }

    @Test func launchBelongsToTheStack() throws {
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 64, n: 4096, k: 4096, scheme: .uniform(.bf16)))
        let kernel = try Self.time(shape, .init(launch: .excluded)).time.microseconds
        #expect(abs(try Self.time(shape, .init(launch: .graph)).time.microseconds - kernel - 1) < 1e-9)
        #expect(abs(try Self.time(shape, .init(launch: .eager)).time.microseconds - kernel - 6) < 1e-9)
        #expect(try Self.time(shape, .init(launch: .eager)).breakdown[.launch] == 6)
    }

    @Test func decodeIsBoundByMemoryAndPrefillByArithmetic() throws {
        let decode = try Self.time(.matrixMultiply(MatrixMultiply(m: 8, n: 12288, k: 12288, scheme: .uniform(.bf16))), .init())
        #expect(decode.bound == .memoryBandwidth)
        let prefill = try Self.time(.matrixMultiply(MatrixMultiply(m: 8192, n: 12288, k: 12288, scheme: .uniform(.bf16))), .init())
        #expect(prefill.bound == .matrixPipe)
        // 302 MB over 2.04 TB/s is 148 us at the pins; the stream reaches 0.7 to 1 of them.
        #expect(decode.time.microseconds > 148 && decode.time.microseconds < 148 / 0.7)
    }

    @Test func fewTokensOnALongContractionAreSplit() throws {
        let split = try Self.time(.matrixMultiply(MatrixMultiply(m: 16, n: 512, k: 32768, scheme: .uniform(.bf16))), .init())
        #expect(split.kernels[0].name.contains("split"))
        #expect(split.breakdown[.extraPasses] > 0)
        let whole = try Self.time(.matrixMultiply(MatrixMultiply(m: 8192, n: 8192, k: 8192, scheme: .uniform(.bf16))), .init())
        #expect(!whole.kernels[0].name.contains("split"))
    }

    @Test func dynamicQuantisationCostsPasses() throws {
        let plain = try Self.time(
            .matrixMultiply(MatrixMultiply(m: 64, n: 4096, k: 4096, scheme: .fp8Plain)), .init(), GPUFixture.h100)
        let dynamic = try Self.time(
            .matrixMultiply(MatrixMultiply(m: 64, n: 4096, k: 4096, scheme: .fp8Dynamic)), .init(), GPUFixture.h100)
        #expect(dynamic.time > plain.time)
        #expect(dynamic.breakdown[.extraPasses] > 1)
        #expect(dynamic.kernels.count == 2)
    }

    @Test func oneTokenTakesTheVectorKernel() throws {
        let one = try Self.time(.matrixMultiply(MatrixMultiply(m: 1, n: 4096, k: 4096, scheme: .uniform(.bf16))), .init())
        #expect(one.kernels[0].name.contains("2x1"))
        let two = try Self.time(.matrixMultiply(MatrixMultiply(m: 2, n: 4096, k: 4096, scheme: .uniform(.bf16))), .init())
        #expect(!two.kernels[0].name.contains("2x1"))
    }

    @Test func batchedSinglePrecisionOnAmpereAlwaysTakesTheLargeTile() throws {
        for (m, n) in [(33, 17), (1000, 20), (512, 512)] {
            let product = MatrixMultiply(
                batch: 40, m: m, n: n, k: 64, scheme: .uniform(.fp32), hasWeights: false, isWeightTransposed: false)
            #expect(try Self.time(.matrixMultiply(product), .init()).kernels[0].name == "gemm fp32 128x128")
        }
    }

    @Test func rowsThatExceedTheCacheAreReadAgainFromMemory() throws {
        // A LayerNorm of PyTorch reads its input twice: 2 + 1 passes of 0.4 GB when nothing stays.
        let wide = try Self.time(.rowwise(Rowwise(.layerNorm, rows: 2000, columns: 50_000, format: .fp32)), .init())
        // 108 x 16 rows of 200 KB are under way; 0.7 of the 40 MiB of cache is what is left of them for the second reading.
        let kept = 0.7 * 40 * 1_048_576 / (108 * 16 * 200_000)
        #expect(abs(wide.memoryTraffic.value / ((3 - kept) * 4e8) - 1) < 1e-3)
        let narrow = try Self.time(.rowwise(Rowwise(.layerNorm, rows: 100_000, columns: 1000, format: .fp32)), .init())
        #expect(narrow.memoryTraffic.value < 2.1 * 4e8)
    }

    @Test func halfPrecisionWithoutFastUnitsRunsAtTheSinglePrecisionRate() throws {
        // Consumer Pascal multiplies fp16 at a 64th of the fp32 rate: libraries widen instead.
        var slow = GPUFixture.p4
        slow.vector[.fp16] = 4
        let half = try Self.time(.matrixMultiply(MatrixMultiply(m: 512, n: 2048, k: 2048, scheme: .uniform(.fp16))), .init(), slow)
        let single = try Self.time(.matrixMultiply(MatrixMultiply(m: 512, n: 2048, k: 2048, scheme: .uniform(.fp32))), .init(), slow)
        #expect(half.time <= single.time * 1.05)
    }
}
