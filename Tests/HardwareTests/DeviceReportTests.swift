import ConfigurationFiles
import Hardware
import Quantities
import Testing

@Suite struct DeviceReportTests {
    static let text = """
        {"format": "ridgeline-device", "version": 1, "name": "NVIDIA A100-SXM4-80GB", "backend": "cuda",
         "compute_capability": "8.0", "sm_count": 98, "memory_bytes": 84987740160, "l2_cache_bytes": 41943040, "warp_size": 32,
         "registers_per_sm": 65536, "shared_memory_per_sm_bytes": 167936, "max_sm_clock_mhz": 1410.0, "power_limit_w": 330.0,
         "software": {"torch": "2.9"}, "settings": {}}
        """

    /// Nine of ten SMs and a lower power limit; memory (79.15 GiB of 80), L2 and warp agree with the base and are left to it.
    @Test func reportOverridesOnlyWhatDiffers() throws {
        let report = try DeviceReport(document: ConfigurationDocument(text: Self.text, path: "device.json", format: .json))
        let library = try shippedLibrary()
        let base = try library.architecture(named: report.name)
        let text = ArchitectureTemplate.from(report, extending: base)
        let files = try TemporaryLibrary(["mine.yaml": text])
        let device = try ArchitectureLibrary(roots: [files.root, shippedLibraryPath]).architecture(named: "mine")
        #expect(device.compute.units.value == 98)
        #expect(device.compute.units.source.kind == .measured)
        #expect(device.power?.thermalDesign.value.value == 330)
        #expect(device.memory.capacity == base.memory.capacity)
        #expect(device.caches == base.caches)
        #expect(!text.contains("warp") && !text.contains("register") && !text.contains("clock"))
    }

    @Test(arguments: [
        ("{\"format\": \"other\", \"version\": 1}", "d:1:12: found the string \"other\", the format of a device report is \"ridgeline-device\""),
        ("{\"format\": \"ridgeline-device\", \"version\": 9}", "d:1:43: found version 9, version 1 is read"),
        ("{\"format\": \"ridgeline-device\", \"version\": 1}", "d:1:1: 'name' is missing"),
        ("{\"version\": 1}", "d:1:1: 'format' is missing"),
    ])
    func otherDocumentsAreRefused(text: String, message: String) throws {
        let document = try ConfigurationDocument(text: text, path: "d", format: .json)
        let error = #expect(throws: ConfigurationError.self) { try DeviceReport(document: document) }
        #expect(error?.description == message)
    }
}
