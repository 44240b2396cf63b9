import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// Collectives: hand-derived times, limits of the wire, topologies, refusals.
@Suite struct CollectiveTests {
    static let devices = ["a100-sxm-80gb", "h100-sxm", "b200-sxm", "l40s", "v100-sxm2-16gb", "mi300x", "mi210", "a100-pcie-80gb", "t4"]

    /// LL alone: everything else costs 10 seconds more.
    private static let onlyLowLatency = ModelFixture.stack(["collective": [
        "rendezvous_us": 10, "hop_us": 1, "ll_us": 0, "ll_wire_share": 0.5, "ll128_us": 1e7, "simple_us": 1e7, "in_switch_us": 1e7, "copy_rate": 2,
    ]])
    private static let onlySimple = ModelFixture.stack(["collective": [
        "rendezvous_us": 10, "simple_hop_us": 2, "simple_us": 3, "simple_wire_share": 0.8, "hop_us": 1e7, "ll128_us": 1e7, "in_switch_us": 1e7,
        "copy_rate": 2,
    ]])
    private static let wires = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(100e9))

    private func time(_ shape: Collective, _ stack: SoftwareStack, _ topology: LinkTopology = wires) throws -> Double {
        let device = GPUFixture.architecture(GPUFixture.a100)
        let model = try CollectiveModel(architecture: device, stack: stack, topology: topology)
        return try model.project(shape, under: ModelFixture.cold).time.microseconds
    }

    @Test func aSmallAllReduceCostsItsHops() throws {
        // Launch 1 + rendezvous 10 + 2 (4 - 1) hops x 1 + wire 1.5 x 1e6 B / (0.5 x 1e5 B/µs) = 30: 47 µs.
        let shape = Collective(.allReduce, devices: 4, bytes: 1_000_000, format: .fp16)
        #expect(abs(try time(shape, Self.onlyLowLatency) - 47) < 1e-9)
    }

    @Test func aTinyAllReduceStaysOnFewChannels() throws {
        var stack = Self.onlyLowLatency
        for (name, value) in [("ll_us", 5.0), ("ll_few_hop_us", 0.5), ("ll_few_wire_share", 0.01)] {
            stack.constants[0].constants.removeAll { $0.name == name }
            stack.constants[0].constants.append(NamedConstant(name: name, number: Sourced(value, source: Source(.estimated, "test"))))
        }
        // Few channels: launch 1 + 10 + 6 hops x 0.5 + wire 1.5 x 1000 B / (0.01 x 1e5 B/µs) = 1.5: 15.5 µs; all: 1 + 10 + 5 + 6 + 0.03.
        #expect(abs(try time(Collective(.allReduce, devices: 4, bytes: 1000, format: .fp16), stack) - 15.5) < 1e-9)
        // At 10 kB the few need 15 µs for the wire, all 0.3: 1 + 10 + 5 + 6 + 0.3.
        #expect(abs(try time(Collective(.allReduce, devices: 4, bytes: 10_000, format: .fp16), stack) - 22.3) < 1e-9)
    }

    @Test func aPairReducesAndCopiesWithTheSameChannels() throws {
        var stack = Self.onlySimple
        stack.constants[0].constants.append(NamedConstant(name: "pair_share", number: Sourced(0.5, source: Source(.estimated, "test"))))
        // 1 + 10 + 3 + 2 hops x 2 + wire 1e9 / (0.5 x 0.8 x 1e5): half the rate, which a gather keeps.
        let shape = Collective(.allReduce, devices: 2, bytes: 1_000_000_000, format: .fp16)
        #expect(abs(try time(shape, stack) - (18 + 25_000)) < 1e-6)
        let gather = Collective(.allGather, devices: 2, bytes: 1_000_000_000, format: .fp16)
        #expect(try time(gather, stack) == time(gather, Self.onlySimple))
    }

    @Test func switchesAddNumbersAndNoBytes() throws {
        let model = try CollectiveModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        func way(_ format: NumberFormat, devices: Int = 8) throws -> String {
            try model.project(Collective(.allReduce, devices: devices, bytes: 1 << 28, format: format), under: ModelFixture.cold).kernels[0].name
        }
        #expect(try way(.bf16).contains("in-switch"))
        #expect(try !way(.int8).contains("in-switch"))
        #expect(try !way(.bf16, devices: 4).contains("in-switch"))
    }

    @Test func aTreeSendsLessBetweenNodesThanARing() throws {
        // Two nodes of 2 with 10 GB/s each: the ring would send 1.5 x 1e9 B, the tree 1e9 B over 2 x 10 GB/s x 0.85; 3 + 6 hops x 2 + 2 network hops x 3.
        let cluster = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(450e9), networkBandwidth: BytesPerSecond(10e9))
        let shape = Collective(.allReduce, devices: 4, devicesPerNode: 2, bytes: 1_000_000_000, format: .fp16)
        let expected = 1.0 + 10 + 3 + 12 + 6 + 1e9 / (2 * 1e4 * 0.85)
        #expect(abs(try time(shape, Self.onlySimple, cluster) - expected) < 1e-6)
    }

    @Test func sharedAdaptersAndTheNodeLimitTheNetwork() throws {
        var cluster = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(450e9), networkBandwidth: BytesPerSecond(10e9))
        func across(_ perNode: Int) throws -> Double {
            try time(Collective(.allReduce, devices: 2 * perNode, devicesPerNode: perNode, bytes: 1 << 32, format: .fp16), Self.onlySimple, cluster)
        }
        cluster.devicesPerAdapter = 2
        let (one, two, eight) = (try across(1), try across(2), try across(8))
        #expect(abs(two / one - 1) < 0.001)
        #expect(abs(one / eight - 4) < 0.01)
        cluster.nodeNetworkBandwidth = BytesPerSecond(20e9)
        #expect(abs(one / (try across(8)) - 2) < 0.01)
    }

    @Test func aLargeGatherCostsItsWireAndItsOwnCopy() throws {
        // Launch 1 + 10 + 3 + 3 hops x 2 + wire 0.75 x 1e9 / (0.8 x 1e5) = 9375 + own chunk 2.5e8 / (2 x 1e5) = 1250: 10645 µs.
        let shape = Collective(.allGather, devices: 4, bytes: 1_000_000_000, format: .fp16)
        #expect(abs(try time(shape, Self.onlySimple) - 10645) < 1e-6)
    }

    @Test func aGroupOfOneTakesNoTime() throws {
        #expect(try time(Collective(.allReduce, devices: 1, bytes: 1 << 20, format: .fp16), Self.onlySimple) == 0)
    }

    @Test(arguments: devices) func partsAddUpAndTheWireIsALimit(_ id: String) throws {
        let device = try ModelFixture.device(id)
        let model = try CollectiveModel(architecture: device, stack: ModelFixture.stack())
        let link = try #require(device.interconnect?.bandwidthPerDirection.value ?? device.host?.bandwidthPerDirection.value)
        for pattern in Collective.Pattern.allCases {
            for devices in pattern == .sendReceive ? [2] : [2, 4, 8] {
                // A library stays with LL longer than it should on PCIe, so only one way of moving data is monotone in the size.
                var before: [String: Seconds] = [:]
                for exponent in stride(from: 3, through: 33, by: 2) {
                    let shape = Collective(pattern, devices: devices, bytes: 1 << exponent, format: .fp16)
                    let projection = try model.project(shape, under: ModelFixture.kernelOnly)
                    let time = projection.time.value
                    #expect(abs(projection.breakdown.total.value - time) <= 1e-9 * time)
                    #expect(TimeOwner.allCases.allSatisfy { projection.breakdown[$0] >= 0 })
                    // Switches that reduce move each byte once instead of twice.
                    let wire = pattern == .allReduce ? Double(shape.bytes) : shape.wireBytesPerRank
                    #expect(time >= wire / link.value, "\(pattern) \(devices) \(shape.bytes)")
                    let way = projection.kernels[0].name
                    #expect(projection.time >= before[way] ?? .zero, "\(way) of \(shape.bytes) bytes")
                    before[way] = projection.time
                }
            }
        }
    }

    @Test(arguments: [Collective.Pattern.allReduce, .allGather, .broadcast]) func moreDevicesAreNeverFaster(_ pattern: Collective.Pattern) throws {
        for bytes in [1 << 10, 1 << 20, 1 << 30] {
            let times = try [2, 4, 8].map { try time(Collective(pattern, devices: $0, bytes: bytes, format: .fp16), Self.onlySimple) }
            #expect(times == times.sorted())
        }
    }

    @Test func fasterLinksAreNeverSlower() throws {
        let faster = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(200e9))
        for pattern in Collective.Pattern.allCases {
            let shape = Collective(pattern, devices: 2, bytes: 1 << 26, format: .bf16)
            #expect(try time(shape, ModelFixture.stack(), faster) < time(shape, ModelFixture.stack()))
        }
    }

    @Test func fullyConnectedPairsUseOneOfTheirLinks() throws {
        // Seven links of 64 GB/s: two devices share one, eight use all.
        let mesh = LinkTopology(fabric: .fullyConnected, bandwidthPerDirection: BytesPerSecond(448e9))
        let whole = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(448e9))
        let one = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(64e9))
        let pair = Collective(.allReduce, devices: 2, bytes: 1 << 28, format: .fp16)
        let all = Collective(.allReduce, devices: 8, bytes: 1 << 28, format: .fp16)
        let shared = try time(pair, Self.onlySimple, mesh)
        let single = try time(pair, Self.onlySimple, one)
        #expect(abs(shared / single - 1) < 1e-9)
        #expect(try time(all, Self.onlySimple, mesh) == time(all, Self.onlySimple, whole))
    }

    @Test func aHostTreeSharesItsBridge() throws {
        // 250 MB a rank are far beyond where LL is kept. Host bridge 20 GB/s among 4: 5 GB/s each; wire 0.75 x 1e9 / 5e3 = 150 000 µs, own copy 2.5e8 / (2 x 3.2e4).
        let tree = LinkTopology(fabric: .hostTree, bandwidthPerDirection: BytesPerSecond(32e9))
        var stack = Self.onlySimple
        stack.constants[0].constants.append(
            NamedConstant(name: "host_bridge_gb_per_second", number: Sourced(20, source: Source(.estimated, "test"))))
        let latency = 1.0 + 10 + 3 + 3 * 2
        let expected = latency + 150_000 + 3906.25
        let shape = Collective(.allGather, devices: 4, bytes: 1_000_000_000, format: .fp16)
        #expect(abs(try time(shape, stack, tree) - expected) < 1e-6)
    }

    @Test func theNetworkBindsAcrossNodes() throws {
        // Two nodes of 8 over 25 GB/s adapters: a tree, which sends least, moves 1e9 B from each node over 8 x 25 x 0.85 GB/s: 5882 µs at least.
        let cluster = LinkTopology(
            fabric: .switched, bandwidthPerDirection: BytesPerSecond(450e9), networkBandwidth: BytesPerSecond(25e9))
        let shape = Collective(.allReduce, devices: 16, devicesPerNode: 8, bytes: 1_000_000_000, format: .fp16)
        let across = try time(shape, ModelFixture.stack(), cluster)
        #expect(across >= 5882)
        let inside = Collective(.allReduce, devices: 8, bytes: 1_000_000_000, format: .fp16)
        #expect(try time(inside, ModelFixture.stack(), cluster) < across)
    }

    /// A hop that no calibration states takes the link's latency; one that is stated keeps its own.
    @Test func hopsWithoutACalibrationTakeTheLatencyOfTheLink() throws {
        let constants = ["rendezvous_us": 10, "ll_us": 0, "ll_wire_share": 0.5, "ll128_us": 1e7, "simple_us": 1e7, "in_switch_us": 1e7, "copy_rate": 2]
        var slow = Self.wires
        slow.hopLatency = Seconds(microseconds: 3)
        let shape = Collective(.allReduce, devices: 4, bytes: 1_000_000, format: .fp16)
        // Launch 1 + rendezvous 10 + 6 hops x 3 + wire 1.5 x 1e6 B / (0.5 x 1e5 B/µs) = 30: 59 µs; 47 where a hop of 1 µs is stated.
        #expect(abs(try time(shape, ModelFixture.stack(["collective": constants]), slow) - 59) < 1e-9)
        #expect(abs(try time(shape, ModelFixture.stack(["collective": constants.merging(["hop_us": 1]) { $1 }]), slow) - 47) < 1e-9)
    }

    /// The two steps of an all-reduce between two nodes wait for the network's latency and 1 µs of the library that posts the transfer.
    @Test func hopsBetweenNodesTakeTheLatencyOfTheNetwork() throws {
        func tiny(_ latency: Double) throws -> Double {
            var cluster = LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(450e9), networkBandwidth: BytesPerSecond(25e9))
            cluster.networkLatency = Seconds(microseconds: latency)
            return try time(Collective(.allReduce, devices: 16, devicesPerNode: 8, bytes: 16, format: .fp16), ModelFixture.stack(), cluster)
        }
        #expect(abs(try tiny(75) - tiny(1.75) - 2 * 73.25) < 1e-9)
        #expect(abs(try tiny(2) - (time(
            Collective(.allReduce, devices: 16, devicesPerNode: 8, bytes: 16, format: .fp16), ModelFixture.stack(),
            LinkTopology(fabric: .switched, bandwidthPerDirection: BytesPerSecond(450e9), networkBandwidth: BytesPerSecond(25e9))))) < 1e-9)
    }

    @Test func serversHandTheirLatenciesToTheModel() throws {
        let library = try ModelFixture.library()
        let system = try library.serverSystem(named: "dgx-2")
        let wiring = try LinkTopology(system: system, architecture: try library.architecture(named: system.device))
        #expect(wiring.hopLatency == system.scaleUp.latency?.value && wiring.networkLatency == system.scaleOut?.latency?.value)
        #expect(wiring.hopLatency != nil && wiring.networkLatency != nil)
    }

    @Test func nodesWithoutANetworkAreRefused() throws {
        let model = try CollectiveModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let shape = Collective(.allReduce, devices: 16, devicesPerNode: 8, bytes: 1 << 20, format: .fp16)
        let error = try #require(throws: ProjectionError.self) { try model.project(shape, under: ModelFixture.cold) }
        #expect(error.code == .missingNumber)
        #expect(error.description.contains("2 nodes"))
    }

    @Test func anUnknownTopologyIsRefusedWithTheKnownOnes() throws {
        var device = GPUFixture.architecture(GPUFixture.a100)
        device.interconnect = Interconnect(
            technology: "smoke", bandwidthPerDirection: Sourced(BytesPerSecond(1e9), source: Source(.estimated, "test")), topology: "signals")
        let error = try #require(throws: ProjectionError.self) { try CollectiveModel(architecture: device, stack: ModelFixture.stack()) }
        #expect(error.code == .unsupportedOperator)
        #expect(error.description.contains("nvswitch"))
    }

    @Test func everyDeviceThatStatesLinksHasAKnownTopology() throws {
        for case .device(let device) in try ModelFixture.library().allEntries() where device.deviceClass != .explained && device.deviceClass != .cpu {
            guard device.interconnect != nil || device.host != nil else { continue }
            #expect(throws: Never.self, "\(device.id)") { try LinkTopology(architecture: device) }
        }
    }

    @Test(arguments: [(0, 8, 1024), (4, 0, 1024), (4, 4, -1)]) func impossibleGroupsAreRefused(_ devices: Int, _ perNode: Int, _ bytes: Int) throws {
        let model = try CollectiveModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let shape = Collective(.allReduce, devices: devices, devicesPerNode: perNode, bytes: bytes, format: .fp16)
        let error = try #require(throws: ProjectionError.self) { try model.project(shape, under: ModelFixture.cold) }
        #expect(error.code == .invalidShape)
    }
}
