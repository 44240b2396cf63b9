// swift-tools-version: 6.2
import PackageDescription

// Every module is listed with exactly the modules it may import: the arrows of docs/architecture.md.
// Tests/ArchitectureTests reads this file's package dump and the imports of every source file, and fails on any other arrow.

/// Swift 6 mode comes with the tools version; a warning is an error, existentials are spelled out, imports are never transitive.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Kernels are optimised in debug builds too: an unoptimised SIMD loop is a function call per lane, some 500 times slower.
func kernel(_ flags: [String], _ settings: [SwiftSetting] = []) -> [SwiftSetting] {
    strict + settings + [.unsafeFlags(["-Ounchecked"] + flags)]
}

func module(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let numerics = Target.Dependency.product(name: "Numerics", package: "swift-numerics")

let package = Package(
    name: "ridgeline",
    products: [.executable(name: "ridgeline", targets: ["ridgeline"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
        .systemLibrary(name: "CPAPI", pkgConfig: "papi", providers: [.apt(["libpapi-dev"])]),
        .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
        .target(name: "CProcessor"),

        module("Quantities", []),
        module("ConfigurationFiles", ["Quantities", yams]),
        module("Hardware", ["ConfigurationFiles", "Quantities"]),
        module("Workload", ["ConfigurationFiles", "Quantities"]),
        module("Trace", ["Workload", "ConfigurationFiles", "Quantities"]),
        module("EventSimulation", [heap]),
        module("Simulator", ["EventSimulation", "Trace", "Workload", "Hardware", "Quantities"]),

        // One source folder, built three times (the AVX folders link to the baseline's files): the processor decides at run time.
        module("CPUKernelsBaseline", [], settings: kernel([])),
        module("CPUKernelsAVX2", [], settings: kernel(["-Xcc", "-march=x86-64-v3"], [.define("KERNEL_FMA")])),
        module("CPUKernelsAVX512", [], settings: kernel(["-Xcc", "-march=x86-64-v4"], [.define("KERNEL_FMA")])),
        module("CPUKernels", ["CPUKernelsBaseline", "CPUKernelsAVX2", "CPUKernelsAVX512", "CProcessor", "COneDNN"]),
        module("HostTopology", ["CHwloc", "CProcessor"]),
        module("PerformanceCounters", ["CPAPI"]),
        module("CPUExecutor", ["CPUKernels", "HostTopology", "Workload", "ConfigurationFiles", "Quantities"]),
        module("Profiler", [
            "CPUExecutor", "CPUKernels", "HostTopology", "PerformanceCounters", "Trace", "Workload", "Hardware", "Quantities",
        ]),
        module("Validation", ["Simulator", "Trace", "Workload", "Hardware", "ConfigurationFiles", "Quantities"]),
        module("Reports", ["Validation", "Simulator", "Trace", "Workload", "Hardware", "Quantities"]),
        .executableTarget(
            name: "ridgeline",
            dependencies: [
                "Reports", "Validation", "Profiler", "CPUExecutor", "CPUKernels", "HostTopology", "PerformanceCounters",
                "Simulator", "Trace", "Workload", "Hardware", "ConfigurationFiles", "Quantities", argumentParser, logging,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "benchmarks", dependencies: ["CPUKernels", "HostTopology", "Simulator", "Workload", "Hardware", "Quantities"],
            path: "Benchmarks/Sources", swiftSettings: strict),

        tests("QuantitiesTests", ["Quantities"]),
        tests("ConfigurationFilesTests", ["ConfigurationFiles"]),
        tests("HardwareTests", ["Hardware", "ConfigurationFiles", "Quantities"]),
        tests("WorkloadTests", ["Workload", "ConfigurationFiles", "Quantities"]),
        tests("TraceTests", ["Trace", "Workload", "ConfigurationFiles", "Quantities"]),
        tests("EventSimulationTests", ["EventSimulation"]),
        tests("SimulatorTests", ["Simulator", "EventSimulation", "Trace", "Workload", "Hardware", "Quantities"]),
        tests("CPUKernelsTests", ["CPUKernels", numerics]),
        tests("HostTopologyTests", ["HostTopology"]),
        tests("PerformanceCountersTests", ["PerformanceCounters"]),
        tests(
            "CPUExecutorTests", ["CPUExecutor", "CPUKernels", "HostTopology", "Workload", "ConfigurationFiles", "Quantities"],
            exclude: ["Checkpoints", "References"]),
        tests("ProfilerTests", [
            "Profiler", "CPUExecutor", "CPUKernels", "HostTopology", "PerformanceCounters", "Trace", "Workload", "Hardware", "Quantities",
        ]),
        tests("ValidationTests", ["Validation", "Simulator", "Trace", "Workload", "Hardware", "ConfigurationFiles", "Quantities"]),
        tests("ReportsTests", ["Reports", "Validation", "Simulator", "Trace", "Workload", "Hardware", "Quantities"]),
        tests("ArchitectureTests", []),
        // Runs the built `ridgeline` binary as a user would: exit codes, messages, goldens.
        tests("CommandLineTests", ["ridgeline"]),
    ],
    swiftLanguageModes: [.v6]
)
