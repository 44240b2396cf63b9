import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// A CPU whose numbers make hand calculations short: 1 GHz, 32 fp32 operations a clock and core, caches of 32 KiB, 1 MiB and 16 MiB.
struct SampleCPU {
    var cores = 2
    var memoryGigabytesPerSecond = 10.0
    var overlapExponent = 1.0
    var constants: [(String, Double)] = []

    func architecture() -> Architecture {
        let source = Source(.estimated, "made up for tests")
        func sourced<Value>(_ value: Value) -> Sourced<Value> { Sourced(value, source: source) }
        let compute = Compute(
            unitName: "core", units: sourced(cores), boostClock: sourced(Hertz(1e9)),
            rates: [ComputeRate(.vector, .fp32, operationsPerClock: sourced(32)), ComputeRate(.vector, .bf16, operationsPerClock: sourced(64))])
        let memory = Memory(
            technology: "DRAM", capacity: sourced(Bytes(16e9)), bandwidth: sourced(BytesPerSecond(memoryGigabytesPerSecond * 1e9)))
        var architecture = Architecture(
            id: "sample-cpu", name: "Sample", vendor: "none", deviceClass: .cpu, generation: "sample", compute: compute, memory: memory)
        func cache(_ name: String, _ scope: Cache.Scope, _ kibibytes: Double, _ gigabytes: Double) -> Cache {
            var cache = Cache(name: name, scope: scope, capacity: sourced(Bytes(kibibytes * 1024)))
            cache.bandwidth = sourced(BytesPerSecond(gigabytes * 1e9))
            return cache
        }
        architecture.caches = [cache("L1", .unit, 32, 100), cache("L2", .unit, 1024, 50), cache("L3", .device, 16384, 40)]
        var processor = Processor(vectorBits: sourced(512), vectorPorts: sourced(1))
        processor.dispatchLatency = sourced(Seconds(microseconds: 2))
        architecture.processor = processor
        let all = [
            ("product_efficiency", 1.0), ("library_call_us", 1.0), ("overlap_exponent", overlapExponent), ("add_cycles_per_element", 0.25),
            ("memory_write_gb_per_s_per_core", 5.0), ("memory_write_gb_per_s", 5.0),
        ] + constants
        architecture.constants = [
            ConstantGroup(name: "cpu", constants: all.map { NamedConstant(name: $0.0, number: sourced($0.1)) })
        ]
        return architecture
    }

    func model() throws -> CPUModel {
        let none = Sourced(Seconds.zero, source: Source(.estimated, "made up for tests"))
        return try CPUModel(
            architecture: architecture(), stack: SoftwareStack(id: "test", name: "test", kernelLibrary: "none", graphLaunch: none, eagerLaunch: none))
    }

    func project(_ shape: Operator, _ conditions: ExecutionConditions = .init()) throws -> OperatorProjection {
        try model().project(shape, under: conditions)
    }
}

@Suite struct CPUModelTests {
    static let operators: [Operator] = [
        .matrixMultiply(MatrixMultiply(m: 512, n: 768, k: 768, scheme: .uniform(.fp32), hasBias: true)),
        .matrixMultiply(MatrixMultiply(m: 3, n: 50257, k: 768, scheme: .uniform(.fp32))),
        .matrixMultiply(MatrixMultiply(m: 1, n: 3072, k: 768, scheme: .uniform(.fp32), hasBias: true)),
        .matrixMultiply(MatrixMultiply(m: 1, n: 3072, k: 768, scheme: .uniform(.bf16))),
        .matrixMultiply(MatrixMultiply(batch: 12, m: 77, n: 65, k: 64, scheme: .uniform(.bf16), hasWeights: false)),
        .attention(Attention(phase: .prefill, batch: 1, queryTokens: 130, keyValueTokens: 130, heads: 12, keyValueHeads: 12, headDimension: 64, query: .fp32)),
        .attention(Attention(phase: .prefill, batch: 2, queryTokens: 64, keyValueTokens: 64, heads: 4, keyValueHeads: 2, headDimension: 32, isCausal: false, query: .fp32)),
        .attention(Attention(phase: .decode, batch: 3, queryTokens: 1, keyValueTokens: 700, heads: 12, keyValueHeads: 4, headDimension: 64, query: .fp32)),
        .rowwise(Rowwise(.layerNorm, rows: 512, columns: 768, format: .fp32)),
        .rowwise(Rowwise(.addRMSNorm, rows: 1, columns: 768, format: .fp32)),
        .rowwise(Rowwise(.softmax, rows: 7, columns: 1000, format: .fp32)),
        .elementwise(Elementwise(.gelu, elements: 1_572_864, inputs: 1, format: .fp32)),
        .elementwise(Elementwise(.siluMul, elements: 333, inputs: 2, format: .fp32)),
        .rotary(RotaryEmbedding(tokens: 100, heads: 24, dimension: 64, format: .fp32)),
        .gather(Gather(rows: 512, columns: 768, tableRows: 50257, format: .fp32)),
        .sampling(Sampling(.greedy, rows: 1, vocabulary: 50257, format: .fp32)),
        .copy(MemoryCopy(.deviceToDevice, bytes: 1 << 22)),
        .mixtureOfExperts(MixtureOfExperts(tokens: 64, hidden: 512, intermediate: 1024, topK: 2, experts: 8, scheme: .uniform(.fp32))),
    ]

    /// 128 x 128 x 128 on one core: 2 * 128^3 = 4194304 operations at 32 a clock of 1 GHz are 131.072 µs. One call of 1 µs, one dispatch of 2 µs.
    /// Weights, activations and result of 64 KiB each lie in L2 (192 KiB): with perfect overlap only the arithmetic counts.
    @Test func squareProductIsArithmeticAndOneDispatch() throws {
        let product = MatrixMultiply(m: 128, n: 128, k: 128, scheme: .uniform(.fp32))
        let conditions = ExecutionConditions(residentInput: product.activationBytes, residentWeights: product.weightBytes, unitsInUse: 1)
        let projection = try SampleCPU(overlapExponent: 1e9).project(.matrixMultiply(product), conditions)
        #expect(abs(projection.breakdown[.vectorPipe] - 131.072) < 1e-9)
        #expect(abs(projection.breakdown[.dispatch] - 3) < 1e-9)
        #expect(abs(projection.time.microseconds - 134.072) < 1e-6)
        #expect(projection.memoryTraffic == .zero)
    }

    /// One row times [4096, 4096]: 64 MiB of weights at 10 GB/s are 6710.8864 µs; the loop itself takes in 64 B a cycle on each of two cores,
    /// 524.288 µs, which nothing overlaps here. The vector of 16 KiB is read from memory too (1.6384 µs) and the result is written to L1.
    @Test func oneRowIsTheStreamOfWeights() throws {
        let product = MatrixMultiply(m: 1, n: 4096, k: 4096, scheme: .uniform(.fp32))
        let projection = try SampleCPU().project(.matrixMultiply(product))
        let written = 16384.0 / 1e5
        #expect(projection.bound == .memoryBandwidth)
        #expect(abs(projection.breakdown[.memoryBandwidth] - (6710.8864 + 1.6384)) < 1e-6)
        #expect(abs(projection.time.microseconds - (6710.8864 + 1.6384 + 524.288 + written + 2)) < 1e-6)
    }

    /// The same where the loop was measured to draw 4 GB/s a core from memory: 8 GB/s on two cores make 8388.608 µs of the 64 MiB, of which
    /// 6710.8864 µs are the stream at 10 GB/s and the rest exposed latency.
    @Test func aLoopThatDrawsLessThanTheStreamWaitsForLatency() throws {
        let product = MatrixMultiply(m: 1, n: 4096, k: 4096, scheme: .uniform(.fp32))
        let cpu = SampleCPU(constants: [("matrix_vector_memory_gb_per_s_per_core", 4)])
        let breakdown = try cpu.project(.matrixMultiply(product)).breakdown
        #expect(abs(breakdown[.memoryLatency] - (8388.608 - 6710.8864)) < 1e-6)
        #expect(breakdown[.memoryBandwidth] == (try SampleCPU().project(.matrixMultiply(product)).breakdown[.memoryBandwidth]))
    }

    /// Two arrays of 4 MiB added on two cores: 1048576 elements at 0.25 cycles are 131.072 µs on two cores. 12 MiB lie in L3 when the operator
    /// before left them: 8388608 B read at 40 GB/s are 209.7152 µs, 4194304 B written at half of that 209.7152 µs; one dispatch of 2 µs.
    @Test func residualAddStreamsThroughTheCacheThatHoldsIt() throws {
        let add = Operator.elementwise(Elementwise(.add, elements: 1_048_576, inputs: 2, format: .fp32))
        let projection = try SampleCPU().project(add, ExecutionConditions(residentInput: Bytes(4_194_304)))
        #expect(abs(projection.time.microseconds - (131.072 + 209.7152 + 209.7152 + 2)) < 1e-6)
        #expect(projection.memoryTraffic == .zero)
    }

    @Test(arguments: operators) func partsAddUpToTheTime(shape: Operator) throws {
        for exponent in [1, 1.7, 16] {
            let projection = try SampleCPU(overlapExponent: exponent).project(shape)
            #expect(projection.time > .zero)
            #expect(projection.time.value.isFinite)
            #expect(abs(projection.breakdown.total / projection.time - 1) < 1e-12)
            for part in projection.breakdown.parts { #expect(part.time > .zero) }
            #expect(projection.interval.p10 < projection.time && projection.time < projection.interval.p90)
        }
    }

    @Test(arguments: operators) func moreBandwidthIsNeverSlower(shape: Operator) throws {
        let slow = try SampleCPU(memoryGigabytesPerSecond: 10).project(shape)
        for bandwidth in [10.5, 20, 1000] {
            #expect(try SampleCPU(memoryGigabytesPerSecond: bandwidth).project(shape).time <= slow.time)
        }
    }

    @Test(arguments: operators) func warmDataIsNeverSlower(shape: Operator) throws {
        let cold = try SampleCPU().project(shape).time
        let warm = ExecutionConditions(residentInput: shape.bytesRead, residentWeights: shape.bytesRead)
        #expect(try SampleCPU().project(shape, warm).time.value <= cold.value * (1 + 1e-12))
    }

    @Test(arguments: operators) func aSecondCoreNeverCostsMoreThanItsDispatch(shape: Operator) throws {
        let one = try SampleCPU().project(shape, ExecutionConditions(launch: .excluded, unitsInUse: 1)).time
        let two = try SampleCPU().project(shape, ExecutionConditions(launch: .excluded, unitsInUse: 2)).time
        #expect(two.value <= one.value * (1 + 1e-12))
        #expect(two.value >= one.value / 2 * (1 - 1e-12))
    }

    @Test(arguments: operators) func neverFasterThanPeakOrMemory(shape: Operator) throws {
        let projection = try SampleCPU(overlapExponent: 16).project(shape)
        let cores = 2.0
        let peak: Double = switch shape {
        case .matrixMultiply(let product): product.scheme.compute == .bf16 ? 64e3 : 32e3
        default: 0
        }
        if peak > 0 { #expect(projection.time.microseconds >= shape.operations.value / (peak * cores) * (1 - 1e-2)) }
        #expect(projection.time.microseconds >= projection.memoryTraffic.value / 1e4 * (1 - 1e-9))
    }

    @Test func uncountedCoresAreClampedToTheMachine() throws {
        let shape = Self.operators[0]
        let all = try SampleCPU().project(shape).time
        #expect(try SampleCPU().project(shape, ExecutionConditions(unitsInUse: 64)).time == all)
        #expect(try SampleCPU().project(shape, ExecutionConditions(unitsInUse: 0)).time > all)
    }

    @Test func aMissingFormatNamesTheNearest() throws {
        let product = Operator.matrixMultiply(MatrixMultiply(m: 4, n: 4, k: 4, scheme: .uniform(.fp16)))
        let error = #expect(throws: ProjectionError.self) { try SampleCPU().project(product) }
        #expect(error?.description == "sample-cpu has no fp16 arithmetic (it has fp32, bf16); nearest that works: bf16")
    }

    @Test(arguments: [(0, 4, 4), (4, 0, 4), (4, 4, 0), (-1, 4, 4)]) func emptyProductsAreRefused(m: Int, n: Int, k: Int) {
        let error = #expect(throws: ProjectionError.self) {
            try SampleCPU().project(.matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: .uniform(.fp32))))
        }
        #expect(error?.code == .invalidShape)
    }

    @Test func collectivesAreRefused() {
        let error = #expect(throws: ProjectionError.self) {
            try SampleCPU().project(.collective(Collective(.allReduce, devices: 2, bytes: 1024, format: .fp32)))
        }
        #expect(error?.code == .unsupportedOperator)
    }

    @Test func aCPUWithoutSingleRateIsRefused() {
        var architecture = SampleCPU().architecture()
        architecture.compute.rates.removeAll { $0.format == .fp32 }
        let none = Sourced(Seconds.zero, source: Source(.estimated, "made up for tests"))
        let stack = SoftwareStack(id: "test", name: "test", kernelLibrary: "none", graphLaunch: none, eagerLaunch: none)
        #expect(throws: ProjectionError.self) { try CPUModel(architecture: architecture, stack: stack) }
    }

    /// Causal attention of 16 queries over 16 keys works on one tile of 64 keys: 16 x 64 scores where 136 were asked for.
    @Test func shortCausalAttentionPaysForWholeTiles() throws {
        let attention = Attention(
            phase: .prefill, batch: 1, queryTokens: 16, keyValueTokens: 16, heads: 1, keyValueHeads: 1, headDimension: 64, query: .fp32)
        let breakdown = try SampleCPU().project(.attention(attention)).breakdown
        #expect(abs(breakdown[.padding] / breakdown[.vectorPipe] - (1024.0 - 136) / 136) < 1e-9)
    }
}
