import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Mechanisms of products through shared memory, on cases small enough to work out by hand.
@Suite struct SharedTileTests {
    static let source = Source(.estimated, "test")

    /// Microseconds of an fp32 product on an A100 with the given constants and kernels.
    static func time(
        m: Int, n: Int, k: Int, batch: Int = 1, transposed: Bool = true, hasBias: Bool = false, constants: [String: Double] = [:],
        group: String = "gemm.fp32", catalogue: KernelCatalogue? = nil
    ) throws -> OperatorProjection {
        var device = GPUFixture.architecture(GPUFixture.a100)
        device.power = nil
        device.constants = [
            ConstantGroup(
                name: group,
                constants: constants.sorted { $0.key < $1.key }.map { NamedConstant(name: $0.key, number: Sourced($0.value, source: source)) })
        ]
        let product = MatrixMultiply(
            batch: batch, m: m, n: n, k: k, scheme: .uniform(.fp32), hasWeights: batch == 1, isWeightTransposed: transposed,
            hasBias: hasBias)
        return try GPUModel(device, stack: GPUFixture.stack(), catalogue: catalogue).project(
            .matrixMultiply(product), under: ExecutionConditions(launch: .excluded, isSustained: false))
    }

    @Test func ctasOfTwoWarpsShareSchedulersInPairs() throws {
        let machine = try GPUMachine(GPUFixture.architecture(GPUFixture.a100))
        // The first two sit on one pair of schedulers: twice the time of one, which has half of the lanes to itself.
        #expect((1...8).map { machine.turns(ctas: Double($0), warps: 2) } == [2, 4, 4, 4, 6, 8, 8, 8])
        #expect((1...3).map { machine.turns(ctas: Double($0), warps: 8) } == [1, 2, 3])
        var wide = GPUFixture.a100
        wide.warp = 64
        let wideMachine = try GPUMachine(GPUFixture.architecture(wide))
        #expect((1...5).map { wideMachine.turns(ctas: Double($0), warps: 1) } == [4, 4, 4, 4, 5])
    }

    @Test func outputRowsThatEndWithinASectorCostMore() throws {
        // 1000 columns of 4 bytes are 125 sectors of 32; 1001 are not whole.
        func growth(_ n: Int) throws -> Double {
            let partial = try Self.time(m: 8192, n: n, k: 8, batch: 8, transposed: false, constants: ["partial_store_factor": 2])
            return try partial.memoryTraffic.value / Self.time(m: 8192, n: n, k: 8, batch: 8, transposed: false).memoryTraffic.value
        }
        #expect(try growth(1000) == 1)
        #expect(try growth(1001) > 1.8)
    }

    @Test func rowsWithinAPageAreNotFetchedAgain() throws {
        // Many open lines: 64 products of 4096 rows. Rows of 64 elements are 256 bytes, four to a page of 1024; rows of 512 fill two pages.
        let constants = ["sector_overfetch": 3.0, "open_line_share": 0.01]
        func growth(_ k: Int, page: Double) throws -> Double {
            var lost = constants
            lost["memory_page_bytes"] = page
            let product = try Self.time(m: 4096, n: 32, k: k, batch: 64, transposed: false, constants: lost)
            return try product.memoryTraffic.value
                / Self.time(m: 4096, n: 32, k: k, batch: 64, transposed: false, constants: ["sector_overfetch": 1]).memoryTraffic.value
        }
        #expect(try growth(64, page: 1024) == 1)
        #expect(try growth(512, page: 1024) > 2)
        #expect(try growth(512, page: 1024) > growth(512, page: 4096))
    }

    @Test func biasSpreadByACopyIsAPassOfItsOwn() throws {
        let fused = try Self.time(m: 4096, n: 4096, k: 512, hasBias: true)
        let copied = try Self.time(m: 4096, n: 4096, k: 512, hasBias: true, constants: ["bias_is_copied": 1], group: "gemm")
        #expect(fused.breakdown[.extraPasses] == 0)
        // 67 MB at 1.5 to 2 TB/s.
        #expect(copied.breakdown[.extraPasses] > 30 && copied.breakdown[.extraPasses] < 80)
        #expect(try Self.time(m: 4096, n: 4096, k: 512, constants: ["bias_is_copied": 1], group: "gemm").breakdown[.extraPasses] == 0)
    }

    @Test func tunedLibraryRunsTheKernelOfTheNearestSize() throws {
        let kernels = [
            TunedKernel(tile: KernelTile(features: 64, tokens: 64), depth: 16, split: 1, sharedMemoryBytes: 16384, usesMatrixPipe: false),
            TunedKernel(tile: KernelTile(features: 16, tokens: 16), depth: 16, split: 4, sharedMemoryBytes: 8192, usesMatrixPipe: false),
        ]
        let sizes = TunedSizes(preferred: [
            .init(features: 4096, tokens: 4096, contraction: 1024, kernel: 0), .init(features: 64, tokens: 64, contraction: 1024, kernel: 1),
        ])
        var catalogue = KernelCatalogue.standard
        catalogue.tuned = ["ampere": TunedKernels(kernels: kernels, normal: sizes, transposed: sizes)]
        #expect(try Self.time(m: 3000, n: 3000, k: 1024, catalogue: catalogue).kernels.first?.name == "gemm fp32 64x64")
        // Nothing weighs the times: a small tile runs near its size even if the batch fills the device many times.
        let batched = try Self.time(m: 200, n: 200, k: 1024, batch: 512, transposed: false, catalogue: catalogue)
        #expect(batched.kernels.first?.name == "gemm fp32 16x16 split 4")
        #expect(batched.kernels.first?.gridSize == 13 * 13 * 512 * 4)
    }

    @Test func plainKernelsWalkFeaturesFirst() throws {
        // 1024 tokens are 16 tiles; 65536 features 1024. Row after row, each row of tiles reads all weights again; swizzled waves share them.
        let tile = KernelTile(features: 64, tokens: 64, threads: 128)
        func traffic(_ featuresFirst: [KernelTile]) throws -> Double {
            let set = KernelSet(engine: .vector, generations: ["ampere"], tiles: [tile], splits: [1], splitBelowGridPerUnit: 0, featuresFirst: featuresFirst)
            return try Self.time(
                m: 1024, n: 65536, k: 1024, constants: ["sector_overfetch": 1], catalogue: KernelCatalogue(id: "t", name: "t", sets: [set])
            ).memoryTraffic.value
        }
        #expect(try traffic([tile]) > 2 * traffic([]))
    }
}

/// Formats that a device lacks are refused, not emulated without a word.
@Suite struct MissingFormatTests {
    @Test func sixteenBitsThatNoUnitMultipliesAreRefused() throws {
        var numbers = GPUFixture.a100
        numbers.vector = [.fp32: 128]
        numbers.matrix = [.fp16: 1024]
        let model = try GPUModel(GPUFixture.architecture(numbers), stack: GPUFixture.stack())
        func product(_ format: NumberFormat) -> Operator {
            .matrixMultiply(MatrixMultiply(batch: 1, m: 64, n: 64, k: 64, scheme: .uniform(format), hasWeights: true, isWeightTransposed: true))
        }
        _ = try model.project(product(.fp16), under: ExecutionConditions())
        let error = #expect(throws: ProjectionError.self) { try model.project(product(.bf16), under: ExecutionConditions()) }
        #expect(error?.description.contains("nearest that works: fp16") == true)
    }
}
