import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// A device whose operators take 1 µs plus 1 µs a kilobyte read that is not resident: small numbers that can be added by hand.
struct CountingModel: DeviceModel {
    func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        if case .sampling = shape { throw ProjectionError(.unsupportedOperator, "no sampling here") }
        let resident = conditions.residentInput + conditions.residentWeights
        let missing = max(0, shape.bytesRead.value - resident.value)
        var breakdown = TimeBreakdown()
        breakdown[.launch] = 1
        breakdown[.memoryBandwidth] = missing / 1000
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: TimeInterval(p10: time * 0.9, p90: time * 1.2), kernels: [],
            operations: shape.operations, memoryTraffic: Bytes(missing), energy: Joules(2))
    }
}

@Suite struct WorkloadProjectorTests {
    private static func architecture(cacheBytes: Double) -> Architecture {
        let source = Source(.estimated, "test")
        var device = Architecture(
            id: "test", name: "Test device", vendor: "nobody", deviceClass: .simtGPU, generation: "test",
            compute: Compute(
                unitName: "SM", units: Sourced(1, source: source), boostClock: Sourced(Hertz(1e9), source: source),
                rates: [ComputeRate(.vector, .fp32, operationsPerClock: Sourced(1000, source: source))]),
            memory: Memory(
                technology: "HBM", capacity: Sourced(Bytes(1e6), source: source), bandwidth: Sourced(BytesPerSecond(1e9), source: source)))
        device.caches = [Cache(name: "L2", scope: .device, capacity: Sourced(Bytes(cacheBytes), source: source))]
        return device
    }

    /// Adds 250 fp32 elements: reads 2000 B, writes 1000 B.
    private static let add = Operator.elementwise(Elementwise(.add, elements: 250, inputs: 2, format: .fp32))
    /// Reads A 100 B, B 2500 B; writes 100 B.
    private static let product = Operator.matrixMultiply(MatrixMultiply(m: 1, n: 25, k: 25, scheme: .uniform(.fp32)))

    private static func workload(_ operators: [PlacedOperator], repetitions: Int = 1) -> Workload {
        Workload(
            name: "test", phases: [WorkloadPhase(kind: .decode, tokens: 1, repetitions: repetitions, operators: operators)],
            memory: MemoryFootprint(weights: Bytes(4e5)))
    }

    private static func project(_ workload: Workload, cacheBytes: Double) throws -> WorkloadProjection {
        var projector = WorkloadProjector(architecture: architecture(cacheBytes: cacheBytes), stack: "none", model: CountingModel())
        return try projector.project(workload)
    }

    @Test func withoutACacheEveryByteIsRead() throws {
        // Two adds of 1 + 2 µs each.
        let projection = try Self.project(Self.workload([.init(name: "a", shape: Self.add), .init(name: "b", shape: Self.add)]), cacheBytes: 0)
        #expect(abs(projection.time.microseconds - 6) < 1e-9)
        #expect(abs(projection.interval.p90.microseconds - 7.2) < 1e-9)
    }

    @Test func whatTheOperatorBeforeWroteIsOnChip() throws {
        // The second add finds 1000 of its 2000 bytes in a cache of which half (1000 B) is counted on.
        let projection = try Self.project(Self.workload([.init(name: "a", shape: Self.add), .init(name: "b", shape: Self.add)]), cacheBytes: 2000)
        #expect(abs(projection.time.microseconds - 5) < 1e-9)
    }

    @Test func weightsThatFitTogetherStay() throws {
        let operators = [PlacedOperator(name: "linear", shape: Self.product, count: 2)]
        // 2 x (1 + 2.6) µs cold; with 5000 B of weights on chip only A's 100 B are read: 2 x 1.1 µs.
        #expect(abs(try Self.project(Self.workload(operators), cacheBytes: 9998).time.microseconds - 7.2) < 1e-9)
        #expect(abs(try Self.project(Self.workload(operators), cacheBytes: 10000).time.microseconds - 2.2) < 1e-9)
    }

    @Test func phasesRepeatAndTokensPerSecondFollow() throws {
        let projection = try Self.project(Self.workload([.init(name: "a", shape: Self.add)], repetitions: 4), cacheBytes: 0)
        #expect(abs(projection.time.microseconds - 12) < 1e-9)
        #expect(abs((projection.timePerOutputToken?.microseconds ?? 0) - 3) < 1e-9)
        // Four tokens in 12 µs.
        #expect(abs(projection.tokensPerSecond - 4 / 12e-6) < 1e-3)
        // 8 J for four tokens.
        #expect(projection.joulesPerToken == 2)
        #expect(projection.timeToFirstToken == nil)
        #expect(projection.memory.fits && abs(projection.memory.share - 0.4) < 1e-12)
    }

    @Test func utilisationCountsAgainstTheDensePeak() throws {
        // 1250 FLOP in 3.6 µs against 1000 x 1e9 FLOP/s.
        let projection = try Self.project(Self.workload([.init(name: "linear", shape: Self.product)]), cacheBytes: 0)
        #expect(abs(projection.modelFLOPsUtilisation - 1250 / (3.6e-6 * 1e12)) < 1e-12)
        #expect(projection.peakFormat == .fp32)
    }

    /// Two stages in turn, each operator of 2 J and 1250 FLOP in 3.6 µs on one of them: energy of one device, half the utilisation of two, and both paid for.
    @Test func stagesInTurnAreCountedAsOneAtWork() throws {
        var workload = Self.workload([.init(name: "linear", shape: Self.product)])
        (workload.devices, workload.devicesAtWork) = (2, 1)
        var device = Self.architecture(cacheBytes: 0)
        let source = Source(.estimated, "test")
        device.prices = [
            Price(dollarsPerHour: Sourced(Dollars(3), source: source), provider: "list", date: ""),
            Price(dollarsPerHour: Sourced(Dollars(1), source: source), provider: "marketplace", date: ""),
        ]
        var projector = WorkloadProjector(architecture: device, stack: "none", model: CountingModel())
        let projection = try projector.project(workload)
        #expect(projection.joulesPerToken == 2)
        #expect(abs(projection.modelFLOPsUtilisation - 0.5 * 1250 / (3.6e-6 * 1e12)) < 1e-12)
        // One token in 3.6 µs at twice the first price: 2 x 3 $/h x 3.6e-6 s / 3600 s/h x 1e6.
        #expect(abs((projection.dollarsPerMillionTokens ?? 0) - 6e-3) < 1e-12)
    }

    /// Three micro-batches and a bubble of one: 4 x 3.6 µs, of which three do 1250 FLOP with 2 J each.
    @Test func aBubbleTakesTimeAndDoesNothing() throws {
        let linear = [PlacedOperator(name: "linear", shape: Self.product)]
        var workload = Self.workload(linear)
        workload.phases = [
            WorkloadPhase(kind: .forward, tokens: 1, repetitions: 3, operators: linear), WorkloadPhase(kind: .bubble, tokens: 0, operators: linear),
        ]
        let projection = try Self.project(workload, cacheBytes: 0)
        #expect(abs(projection.time.microseconds - 14.4) < 1e-9)
        #expect(abs(projection.tokensPerSecond - 3 / 14.4e-6) < 1e-3)
        #expect(projection.joulesPerToken == 2)
        #expect(abs(projection.modelFLOPsUtilisation - 3 * 1250 / (14.4e-6 * 1e12)) < 1e-12)
    }

    /// 2.5 MB on devices of 1 MB: three are held and paid for.
    @Test func whatDoesNotFitIsPaidForOnAllDevicesThatHoldIt() throws {
        var workload = Self.workload([.init(name: "a", shape: Self.add)])
        workload.memory.weights = Bytes(2.5e6)
        #expect(try Self.project(workload, cacheBytes: 0).devicesHeld == 3)
    }

    @Test func aRefusalNamesThePlaceAndTheDevice() {
        let sampling = Operator.sampling(Sampling(.greedy, rows: 1, vocabulary: 10, format: .fp32))
        #expect(throws: ProjectionError(.unsupportedOperator, "head.sample on test: no sampling here")) {
            try Self.project(Self.workload([.init(name: "head.sample", shape: sampling)]), cacheBytes: 0)
        }
    }

    @Test func breakdownAddsUp() throws {
        let projection = try Self.project(
            Self.workload([.init(name: "a", shape: Self.add, count: 3), .init(name: "l", shape: Self.product)], repetitions: 5), cacheBytes: 0)
        #expect(abs(projection.breakdown.total.microseconds - projection.time.microseconds) < 1e-9)
    }
}
