import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Testing

@Suite struct CoverageTests {
    /// Every accelerator that the project promises, by the names people use for it.
    @Test(arguments: [
        "K80", "M40", "M60", "P4", "P40", "P100", "GTX 1650", "V100", "v100-pcie-16gb", "v100-pcie-32gb", "V100 SXM2", "T4", "RTX 2080 Ti",
        "Quadro RTX 8000", "A100", "a100-40gb", "a100-pcie-40gb", "a100-pcie-80gb", "A30", "A10", "A40", "A800", "RTX 3090", "RTX A6000", "L4",
        "L40", "L40S", "RTX 4090", "4090D", "RTX 6000 Ada", "RTX 5880 Ada", "H100 PCIe", "H100 SXM", "H100 NVL", "H800", "H20", "H200", "GH200",
        "B100", "B200", "GB200", "B300", "RTX 5090", "RTX PRO 6000", "MI100", "MI210", "MI250", "MI250X", "MI300A", "MI300X", "MI325X", "Ryzen AI",
        "XDNA", "Alveo U280", "Alveo U250", "Alveo V70", "Gaudi 2", "Gaudi 3", "Max 1550", "Arc Pro B60", "Xeon Max", "Sapphire Rapids",
        "Core Ultra NPU", "TPU v2", "TPU v3", "TPU v4", "TPU v5e", "TPU v5p", "TPU v6e", "Inferentia2", "Trainium1", "Trainium2", "Maia 100",
        "Brainwave", "MTIA v1", "MTIA v2", "Dojo D1", "GC200", "Bow", "WSE-2", "WSE-3", "SN30", "SN40L", "Groq TSP", "Cloud AI 100", "X220", "X330",
        "Warboy", "RNGD", "ATOM", "M1", "M2", "M3", "m1-ane", "m2-ane", "m3-ane", "EPYC Zen 4", "A64FX", "Fugaku",
    ])
    func promisedAcceleratorsAreThere(name: String) throws {
        let device = try shippedLibrary().architecture(named: name)
        #expect(!device.compute.rates.isEmpty)
    }

    /// Boards that software sees as two devices name one of them, which is half of the board and no board itself.
    @Test(arguments: [("MI250", "mi250-gcd"), ("MI250X", "mi250x-gcd"), ("K80", "k80-gk210"), ("M60", "m60-gm204")])
    func boardsOfTwoNameOneDevice(name: String, part: String) throws {
        let library = try shippedLibrary()
        let board = try library.architecture(named: name)
        #expect(board.softwareDevice == part)
        let device = try library.architecture(named: part)
        #expect(device.softwareDevice == nil)
        #expect(device.compute.units.value * 2 == board.compute.units.value)
        #expect(library.partFindings(board).isEmpty)
    }

    @Test(arguments: [("mi250-gcx", "did you mean 'mi250-gcd'?"), ("mine", "is the board itself"), ("k80", "is a board of several devices too")])
    func aPartThatIsNoneIsFound(part: String, message: String) throws {
        let files = try TemporaryLibrary(["mine.yaml": "extends: mi250\nname: Mine\nseen_as: \(part)\n"])
        let library = try ArchitectureLibrary(roots: [files.root, shippedLibraryPath])
        let findings = library.partFindings(try library.architecture(named: "mine"))
        #expect(findings.count == 1 && findings[0].description.contains(message), "\(findings)")
        #expect(findings.first?.description.hasPrefix("mine: name: 'seen_as'") == true)
    }

    @Test(arguments: ["Tensor G3", "NVIDIA X100", "GX200", "Microsoft Athena", "Loihi 2"])
    func namesWithoutNumbersExplain(name: String) throws {
        guard case .explained(let entry) = try shippedLibrary().entry(named: name) else {
            Issue.record("\(name) is no explained entry")
            return
        }
        #expect(entry.explanation.count > 60)
        if let nearest = entry.nearest { #expect(throws: Never.self) { try shippedLibrary().architecture(named: nearest) } }
    }

    /// The look-up by alias reads only the head of a file; it must see what decoding sees.
    @Test func quickLookSeesTheNamesThatDecodingSees() throws {
        let library = try shippedLibrary()
        var quick: [String: Set<String>] = [:]
        for (name, id) in library.names() { quick[id, default: []].insert(name) }
        for entry in try library.allEntries() {
            let names: [String] =
                switch entry {
                case .device(let device): [device.id, device.name] + device.aliases
                case .explained(let entry): [entry.id, entry.name] + entry.aliases
                }
            #expect(quick[entry.id] == Set(names))
        }
    }

    /// Folder of measured data beside the checkout, or where RIDGELINE_SHARED says.
    static let shared = ProcessInfo.processInfo.environment["RIDGELINE_SHARED"] ?? "\(shippedLibraryPath)/../../shared"

    /// The device column of the measured data: what the library does not know are parts beyond its promise, and a typo of an alias shows here.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "\(shared)/measured/published/published.csv"), "no measured data beside the checkout"))
    func publishedDeviceNamesResolveOrAreBeyondThePromise() throws {
        let text = try String(contentsOfFile: "\(Self.shared)/measured/published/published.csv", encoding: .utf8)
        let lines = text.split(separator: "\n")
        let columns = lines[0].split(separator: ",").map(String.init)
        let position = try #require(columns.firstIndex(of: "device"))
        // Rows with quoted fields before the device would need a CSV reader; the names all occur in rows without.
        var names: Set<String> = []
        for line in lines.dropFirst() where !line.contains("\"") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if fields.count > position { names.insert(String(fields[position])) }
        }
        let known = Set(try shippedLibrary().names().map { ArchitectureLibrary.normalized($0.name) })
        let unknown = names.filter { !known.contains(ArchitectureLibrary.normalized($0)) }
        let vendorsBeyond = ["Tenstorrent", "Radeon", "Ryzen AI Max", "RX 580", "Pro W7700", "GB10", "TPU v7x", "Inferentia1", "Gaudi (1st gen)", "8592+", "6980P", "SPR (48 cores)",
            "MI355X", "4070 Ti Super", "7-Core GPU 8GB", "M1 Max", "M1 Ultra", "M3 Max", "M3 Ultra", "not named"]
        let unexpected = unknown.filter { name in !vendorsBeyond.contains { name.contains($0) } }
        #expect(unexpected.isEmpty, "\(unexpected.sorted())")
    }

    @Test func templatesDecodeToTheDeviceTheyStartFrom() throws {
        let library = try shippedLibrary()
        for id in ["h100-sxm", "tpu-v4", "epyc-9654", "mi250-gcd"] {
            let device = try library.architecture(named: id)
            let files = try TemporaryLibrary(["mine.yaml": ArchitectureTemplate.extending(device, name: "Mine")])
            let copy = try ArchitectureLibrary(roots: [files.root, shippedLibraryPath]).architecture(named: "mine")
            #expect(copy.numbers == device.numbers)
            // With every comment removed below the head, the numbers are still the same.
            let lines = ArchitectureTemplate.extending(device, name: "Mine").split(separator: "\n", omittingEmptySubsequences: false)
            let body = lines.drop { !$0.hasPrefix("extends") }.map { $0.hasPrefix("# ") ? String($0.dropFirst(2)) : String($0) }
            let full = try TemporaryLibrary(["mine.yaml": body.joined(separator: "\n")])
            let open = try ArchitectureLibrary(roots: [full.root, shippedLibraryPath]).architecture(named: "mine")
            #expect(open.numbers.map(\.path) == device.numbers.map(\.path))
            #expect(zip(open.numbers, device.numbers).allSatisfy { abs($0.value - $1.value) <= 1e-9 * abs($1.value) })
        }
    }

    @Test func serversHoldDevicesOfTheLibraryAndAgreeWithTheirLinks() throws {
        let library = try shippedLibrary()
        let systems = try library.serverSystems()
        #expect(systems.count >= 20)
        for system in systems {
            let device = try library.architecture(named: system.device)
            guard let link = device.interconnect, link.technology == system.scaleUp.technology else { continue }
            #expect(system.scaleUp.bandwidthPerDirection.value <= link.bandwidthPerDirection.value * 1.001, "\(system.id)")
        }
        #expect(try library.serverSystem(named: "a100_dgx").id == "dgx-a100")
    }
}
