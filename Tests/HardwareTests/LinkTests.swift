import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Testing

@Suite struct LinkTests {
    private static let toyLinks = """
        name: toys
        technologies:
          Toy Link:
            bandwidth_per_link_gb_per_s: {value: 25, source: "whitepaper: toy whitepaper"}
            latency_us: {value: 0.5, source: "microbenchmark: somebody"}
            switch_latency_us: {value: 0.25, source: "estimated: a guess"}
          Toy Bus:
            source: "derived: 1 GB/s a lane"
            bandwidth_per_link_gb_per_s: 1
            latency_us: 2
            program_sends: true
        """

    private func device(_ technology: String, topology: String, more: String = "", links: String = toyLinks) throws -> (Architecture, TemporaryLibrary) {
        let files = try TemporaryLibrary([
            "acme/generations/toy.yaml": toyGeneration, "links/toys.yaml": links,
            "acme/toy-100.yaml": toyDevice + """

                interconnect:
                  source: "datasheet: toy datasheet"
                  technology: \(technology)
                  topology: \(topology)
                  bandwidth_per_direction_gb_per_s: 100
                  links: 4
                \(more)
                """,
        ])
        return (try files.library.architecture(named: "toy-100"), files)
    }

    /// 0.5 µs between neighbours; 0.5 + 0.25 = 0.75 µs over a switch.
    @Test(arguments: [
        ("fully-connected", 0.5), ("nvlink-mesh", 0.5), ("torus-3d", 0.5), ("ring", 0.5), ("nvswitch", 0.75), ("fat-tree", 0.75), ("pcie-tree", 0.75),
    ])
    func aSwitchAddsItsLatency(topology: String, expected: Double) throws {
        let (device, files) = try device("Toy Link", topology: topology)
        let latency = try #require(device.interconnect?.latency)
        #expect(abs(latency.value.microseconds - expected) < 1e-12)
        #expect(latency.source.kind == (expected == 0.5 ? .microbenchmark : .derived))
        if expected > 0.5 { #expect(latency.source.text.contains("microbenchmark: somebody") && latency.source.text.contains("estimated: a guess")) }
        #expect(device.numbers.contains { $0.path == "interconnect.latency_us" })
        withExtendedLifetime(files) {}
    }

    @Test func aDevicesOwnLatencyWins() throws {
        let (device, files) = try device("Toy Link", topology: "nvswitch", more: "  latency_us: 9")
        #expect(device.interconnect?.latency?.value.microseconds == 9)
        #expect(device.interconnect?.programSends == false)
        withExtendedLifetime(files) {}
    }

    @Test func aWidthNamesSoManyLanesOfOneTechnology() throws {
        let (device, files) = try device("Toy Bus x16", topology: "fully-connected")
        #expect(device.interconnect?.link?.name == "Toy Bus")
        #expect(device.interconnect?.programSends == true)
        // Sixteen lanes carry 16 GB/s, not 100.
        #expect(ArchitectureCheck.findings(device).contains { $0.rule == .interconnect && $0.message.contains("16.0") })
        withExtendedLifetime(files) {}
    }

    /// Without a file that knows the technology nothing is invented, and a stated latency means a link that programs drive, as in the file's table.
    @Test func anUnknownTechnologyHasNoLatency() throws {
        let (unknown, files) = try device("Smoke", topology: "ring")
        #expect(unknown.interconnect?.latency == nil && unknown.interconnect?.link == nil && unknown.interconnect?.programSends == false)
        let (stated, more) = try device("Smoke", topology: "ring", more: "  latency_us: 3")
        #expect(stated.interconnect?.programSends == true)
        withExtendedLifetime((files, more)) {}
    }

    @Test func aUsersLinksHideTheShippedOnes() throws {
        let files = try TemporaryLibrary(["links/mine.yaml": """
            name: mine
            technologies:
              NVLink 4: {latency_us: {value: 7, source: "measured: here"}}
            """])
        let device = try ArchitectureLibrary(roots: [files.root, shippedLibraryPath]).architecture(named: "h100-sxm")
        #expect(device.interconnect?.latency?.value.microseconds == 7)
    }

    @Test(arguments: [
        ("name: x\ntechnologies:\n  A: {latency_us: 1}", "has no source"),
        ("name: x\ntechnologies:\n  A: {latency: {value: 1, source: \"estimated: a\"}}", "did you mean 'latency_us'"),
        ("name: x\ntechnologies:\n  A: {latency_us: {value: -1, source: \"estimated: a\"}}", "positive"),
        ("name: x\ntechnologies:\n  Link A: {}\n  link-a: {}", "twice"), ("technologies:\n  A: {}", "'name' is missing"),
        ("name: x", "'technologies' is missing"),
    ])
    func wrongFilesAreRefusedWithTheirPlace(text: String, message: String) throws {
        let files = try TemporaryLibrary(["links/wrong.yaml": text])
        let error = try #require(throws: ArchitectureLibraryError.self) { try files.library }
        #expect(error.code == .invalidFile)
        #expect(error.description.contains(message), "\(error)")
        #expect(error.description.contains("links/wrong.yaml:"))
    }

    /// What servers and hosts of the library are linked by: each has a latency with a source.
    @Test(arguments: [
        "NVLink 1", "NVLink 2", "NVLink 3", "NVLink 4", "NVLink 5", "PCIe 3.0 x16", "PCIe 4.0 x8", "PCIe 5.0 x16", "PCIe 6.0 x16", "Infinity Fabric", "xGMI 3",
        "InfiniBand EDR", "InfiniBand HDR", "InfiniBand NDR", "InfiniBand XDR", "RoCE 100 GbE", "RoCE 200 GbE", "Ethernet RoCE 200", "EFA", "ICI",
        "NeuronLink", "NeuronLink 3",
    ])
    func eachLinkTechnologyHasALatencyAndSaysFromWhere(name: String) throws {
        let technology = try #require(try shippedLibrary().links.technology(named: name))
        let latency = try #require(technology.latency)
        #expect(latency.value.microseconds > 0.05 && latency.value.microseconds < 100)
        #expect(latency.source.text.count > 10)
    }

    @Test func everyServerHasAKnownHopInsideAndBetween() throws {
        // What the vendors do not publish stays unknown.
        let unknown = ["peer-to-peer", "data-center network"]
        let library = try shippedLibrary()
        for system in try library.serverSystems() {
            for links in [system.scaleUp] + (system.scaleOut.map { [$0] } ?? []) where !unknown.contains(links.technology) {
                #expect(links.latency != nil, "\(system.id) \(links.technology)")
            }
            #expect(ArchitectureCheck.findings(system, device: try library.architecture(named: system.device)).isEmpty)
            #expect(system.numbers.contains { $0.path == "scale_up.bandwidth_per_direction_gb_per_s" })
        }
    }

    @Test func aServerWithMoreLinksThanItsDeviceIsFound() throws {
        let library = try shippedLibrary()
        var system = try library.serverSystem(named: "dgx-h100")
        let device = try library.architecture(named: system.device)
        system.scaleUp.bandwidthPerDirection.value = BytesPerSecond(900e9)
        // 900 GB/s over 18 links are 50 each, NVLink 4 has 25; and the device has 450.
        #expect(ArchitectureCheck.findings(system, device: device).map(\.rule) == [.interconnect, .interconnect])
        system = try library.serverSystem(named: "dgx-h100")
        system.power?.value = Watts(5000)
        #expect(ArchitectureCheck.findings(system, device: device).map(\.rule) == [.power])
    }

    @Test func compiledProgramsSendOverLinksOfTPUsAndGroqAlone() throws {
        let library = try shippedLibrary()
        for case .device(let device) in try library.allEntries() {
            let isExpected = device.interconnect?.technology == "ICI" || device.interconnect?.technology == "C2C"
            #expect(device.interconnect?.programSends ?? false == isExpected, "\(device.id)")
        }
    }
}
