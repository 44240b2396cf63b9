import Foundation
import Testing

/// The arrows of docs/architecture.md: a module imports only what stands above it, and only what it needs.
@Suite struct ModuleArrowTests {
    /// Lowest first. A module may depend only on modules of an earlier line.
    static let layers: [[String]] = [
        ["CHwloc", "CPAPI", "COneDNN", "CProcessor"],
        ["Quantities"],
        ["ConfigurationFiles"],
        ["Hardware", "Workload"],
        ["Trace"],
        ["EventSimulation"],
        ["Simulator"],
        ["CPUKernelsBaseline", "CPUKernelsAVX2", "CPUKernelsAVX512"],
        ["CPUKernels"],
        ["HostTopology", "PerformanceCounters"],
        ["CPUExecutor"],
        ["Profiler"],
        ["Validation"],
        ["Reports"],
        ["ridgeline", "benchmarks"],
    ]

    /// Arrows that the order of the layers would allow and the design forbids: the simulated side and the measured side meet only in `Trace`.
    static let forbidden: [(from: String, to: String)] = [
        ("Workload", "Hardware"), ("EventSimulation", "Hardware"), ("EventSimulation", "Workload"),
        ("CPUKernels", "Simulator"), ("CPUKernels", "Workload"), ("CPUExecutor", "Simulator"), ("CPUExecutor", "PerformanceCounters"),
        ("Profiler", "Simulator"), ("Validation", "Profiler"), ("Validation", "CPUExecutor"), ("Reports", "Profiler"),
        ("Reports", "CPUExecutor"), ("Simulator", "ConfigurationFiles"),
    ]

    /// C libraries end in one module each.
    static let soleImporters = ["CHwloc": "HostTopology", "CPAPI": "PerformanceCounters", "COneDNN": "CPUKernels"]

    /// What the toolchain ships.
    static let platform: Set<String> = [
        "Foundation", "FoundationEssentials", "Glibc", "Musl", "Dispatch", "Synchronization", "Testing", "XCTest", "_Differentiation", "Swift",
    ]

    let manifest: PackageManifest

    init() throws { manifest = try PackageManifest() }

    @Test func everyTargetHasALayer() {
        let known = Set(Self.layers.joined())
        let modules = manifest.targets.filter { !$0.hasSuffix("Tests") }
        #expect(modules.count >= 15)
        #expect(modules.filter { !known.contains($0) } == [])
    }

    @Test func noArrowPointsUp() {
        var level: [String: Int] = [:]
        for (index, names) in Self.layers.enumerated() { for name in names { level[name] = index } }
        for target in manifest.targets where !target.hasSuffix("Tests") {
            for dependency in manifest.dependencies[target] ?? [] {
                guard let from = level[target], let to = level[dependency] else { continue }
                #expect(to < from, "\(target) must not depend on \(dependency)")
            }
        }
    }

    @Test func forbiddenArrowsAreAbsent() {
        for arrow in Self.forbidden {
            #expect(manifest.dependencies[arrow.from]?.contains(arrow.to) == false, "\(arrow.from) must not depend on \(arrow.to)")
        }
    }

    @Test func cLibrariesHaveOneImporter() {
        for (library, importer) in Self.soleImporters {
            let importers = manifest.targets.filter { manifest.dependencies[$0]?.contains(library) == true }
            #expect(importers == [importer])
        }
    }

    @Test func sourcesImportOnlyDeclaredModules() throws {
        for target in manifest.targets {
            let folder = target.hasSuffix("Tests") ? "Tests/\(target)" : "Sources/\(target)"
            let declared = Set(manifest.dependencies[target] ?? []).union(Self.platform)
            for file in manifest.swiftFiles(below: folder) {
                for module in try manifest.imports(of: file) {
                    #expect(declared.contains(module), "\(file.lastPathComponent) in \(target) imports \(module)")
                }
            }
        }
    }

    @Test func eachTestTargetNamesItsModule() {
        for target in manifest.targets where target.hasSuffix("Tests") && target != "ArchitectureTests" && target != "CommandLineTests" {
            let module = String(target.dropLast("Tests".count))
            #expect(manifest.dependencies[target]?.contains(module) == true)
        }
    }
}
