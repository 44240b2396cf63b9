import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Testing

/// The library of the repository.
let shippedLibraryPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Architectures").path

func shippedLibrary() throws -> ArchitectureLibrary { try ArchitectureLibrary(roots: [shippedLibraryPath]) }

@Suite struct LibraryTests {
    @Test func everyFileOfTheLibraryDecodes() throws {
        let library = try shippedLibrary()
        do throws(ConfigurationError) {
            let entries = try library.allEntries()
            #expect(entries.count >= 60)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func namesLeadToOneEntryEach() throws {
        var owner: [String: String] = [:]
        for (name, id) in try shippedLibrary().names() {
            let key = ArchitectureLibrary.normalized(name)
            if let other = owner[key] { #expect(other == id, "'\(name)' names \(other) and \(id)") }
            owner[key] = id
        }
    }

    /// The strings in the device columns of the measured data.
    @Test(arguments: [
        ("Tesla P4", "p4"), ("Tesla P100-PCIE-16GB", "p100-pcie"), ("Tesla V100-PCIE-32GB", "v100-pcie-32gb"), ("Tesla T4", "t4"),
        ("NVIDIA A100-PCIE-40GB", "a100-pcie-40gb"), ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"), ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("AMD Instinct MI100", "mi100"), ("AMD Instinct MI210", "mi210"), ("a100", "a100-sxm-80gb"), ("h100", "h100-sxm"),
        ("A100", "a100-sxm-80gb"), ("MI210", "mi210"), ("A100-SXM4-80GB", "a100-sxm-80gb"), ("A100-SXM", "a100-sxm-80gb"),
        ("H100-SXM", "h100-sxm"), ("B200-SXM", "b200-sxm"), ("L40S", "l40s"), ("b200_sxm", "b200-sxm"), ("h200_sxm", "h200-sxm"),
        ("h100_sxm", "h100-sxm"), ("gb200", "gb200"),
    ])
    func measuredNamesResolve(name: String, id: String) throws {
        #expect(try shippedLibrary().architecture(named: name).id == id)
    }

    @Test func mistypedNameGetsASuggestion() throws {
        let library = try shippedLibrary()
        let error = #expect(throws: ArchitectureLibraryError.self) { try library.architecture(named: "h100-smx") }
        #expect(error?.code == .unknownName)
        #expect(error?.description == "no accelerator is called 'h100-smx'; did you mean 'h100-sxm'?")
    }

    /// 132 SMs x 4096 operations x 1830 MHz = 989.4e12.
    @Test func h100PeakFollowsFromUnitsRateAndClock() throws {
        let device = try shippedLibrary().architecture(named: "h100-sxm")
        let peak = try #require(device.peak(.matrix, .bf16))
        #expect(abs(peak.value / 989.4e12 - 1) < 1e-3)
        #expect(device.memory.bandwidth.source.kind == .whitepaper)
        #expect(device.multiprocessor?.operandPath == .bulkTensorCopy)
    }
}
