import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Collectives of machines whose links are scheduled with the program, and of devices whose cores are ranks of their own.
@Suite struct ScheduledExchangeTests {
    private static func collective(_ pattern: Collective.Pattern, devices: Int, bytes: Int = 1_000_000) -> Operator {
        .collective(Collective(pattern, devices: devices, bytes: bytes, format: .bf16))
    }

    /// 8 devices, 1 MB, 100 GB/s, 0.5 us a link: a sum is two exchanges of 7/8 MB each, 1 + 17.5 us; a gather one, 0.5 + 8.75 us.
    @Test func aStreamingMachineExchangesWithoutRendezvous() throws {
        let engine = SampleEngine(deviceClass: .tensorStreaming, linkLatencyMicroseconds: 0.5)
        #expect(agree(try engine.project(Self.collective(.allReduce, devices: 8)).time.microseconds, 1 + 17.5))
        #expect(agree(try engine.project(Self.collective(.allGather, devices: 8)).time.microseconds, 0.5 + 8.75))
        #expect(try engine.project(Self.collective(.allReduce, devices: 1)).time == .zero)
    }

    /// Without a stated latency, and on other classes, collectives are a library's.
    @Test func otherMachinesKeepTheirLibrary() throws {
        let streaming = SampleEngine(deviceClass: .tensorStreaming)
        let systolic = SampleEngine(linkLatencyMicroseconds: 0.5)
        for engine in [streaming, systolic] {
            #expect(try engine.project(Self.collective(.allReduce, devices: 8)).time.microseconds > 18.5)
        }
    }

    /// A ring of 16 chips with two ranks each has 2 x 31 hops instead of 2 x 15: 32 more at the 0.4 us of the way that is
    /// shortest for 1 KB (10 us + 0.4 us a hop).
    @Test func coresThatAreRanksLengthenTheRing() throws {
        func time(ranks: Double) throws -> Double {
            var architecture = SampleEngine().architecture()
            let source = Source(.estimated, "made up for tests")
            architecture.constants.append(
                ConstantGroup(name: "collective", constants: [NamedConstant(name: "ranks_per_device", number: Sourced(ranks, source: source))]))
            let model = try MatrixEngineModel(architecture: architecture, stack: GPUFixture.stack())
            let shape = Operator.collective(Collective(.allReduce, devices: 16, devicesPerNode: 16, bytes: 1024, format: .bf16))
            return try model.project(shape, under: .init()).time.microseconds
        }
        #expect(agree(try time(ranks: 2) - time(ranks: 1), 32 * 0.4))
    }
}
