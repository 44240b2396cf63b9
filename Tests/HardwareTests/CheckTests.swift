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
