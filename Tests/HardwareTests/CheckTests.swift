import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Testing

@Suite struct CheckTests {
    @Test func theShippedLibraryIsClean() throws {
        let library = try shippedLibrary()
        var findings: [String] = []
        for case .device(let device) in try library.allEntries() { findings += ArchitectureCheck.findings(device).map(\.description) }
        #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
    }
}

@Suite struct RuleTests {
    /// A change to a clean device, and the rule that must find it.
    @Test(arguments: ArchitectureFinding.Rule.allCases.filter { $0 != .name })
    func eachRuleFindsItsFault(rule: ArchitectureFinding.Rule) throws {
        var device = try shippedLibrary().architecture(named: rule == .array ? "tpu-v4" : "a100-sxm-80gb")
        #expect(ArchitectureCheck.findings(device).isEmpty)
        switch rule {
        case .peak: device.publishedPeaks[0].rate.value = OperationsPerSecond(device.publishedPeaks[0].rate.value.value * 1.04)
        case .clock: device.compute.matrixClock = Sourced(Hertz(megahertz: 1500), source: Source(.estimated, "test"))
        case .memory: device.memory.busWidthBits?.value = 512
        case .hierarchy: device.caches[1].latencyCycles?.value = 1000
        case .multiprocessor: device.multiprocessor?.sharedMemoryPerCTA?.value = Bytes(1e6)
        case .array: device.matrixArray?.columns.value = 64
        case .interconnect: device.interconnect?.links?.value = 6
        case .power: device.power?.thermalDesign.value = Watts(4)
        case .price: device.prices[0].dollarsPerHour.value = Dollars(4000)
        case .name: break
        }
        #expect(ArchitectureCheck.findings(device).map(\.rule).contains(rule))
    }

    /// 3 % of rounding is allowed, more needs a reason, and a reason is enough.
    @Test func peaksMayDifferByThreePercentOrWithAReason() throws {
        var device = try shippedLibrary().architecture(named: "a100-sxm-80gb")
        let printed = device.publishedPeaks[0].rate.value.value
        device.publishedPeaks[0].rate.value = OperationsPerSecond(printed * 1.02)
        #expect(ArchitectureCheck.findings(device).isEmpty)
        device.publishedPeaks[0].rate.value = OperationsPerSecond(printed * 1.2)
        device.publishedPeaks[0].reason = "another clock"
        #expect(ArchitectureCheck.findings(device).isEmpty)
    }
}
