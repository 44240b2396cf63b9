import Foundation
import Testing

@testable import HostTopology

/// What must hold of any machine, checked on the one that runs the tests.
@Suite struct HostTopologyTests {
    let host: HostTopology

    init() throws { host = try HostTopology.discover() }

    @Test func everyCoreHasAProcessingUnitOfItsOwn() {
        let units = host.cores.flatMap(\.processingUnits)
        #expect(!units.isEmpty)
        #expect(Set(units).count == units.count)
        #expect(host.processingUnits == units.count)
    }

    @Test func cachesGrowWithTheirLevel() {
        let byLevel = Dictionary(grouping: host.caches, by: \.level)
        for level in byLevel.keys {
            guard let nearer = byLevel[level], let farther = byLevel[level + 1] else { continue }
            for (near, far) in zip(nearer, farther) { #expect(far.sizeBytes >= near.sizeBytes) }
        }
    }

    @Test func cacheInstancesCoverTheCores() {
        for cache in host.caches { #expect(cache.instances * cache.coresPerInstance <= host.cores.count) }
    }

    @Test func allowedUnitsExistAndAreUsable() {
        let units = Set(host.cores.flatMap(\.processingUnits))
        #expect(!host.limits.allowedProcessingUnits.isEmpty)
        #expect(Set(host.usableCores).isSubset(of: units))
        #expect(host.recommendedThreads >= 1)
        #expect(host.recommendedThreads <= max(1, host.usableCores.count))
    }

    @Test func theKernelsMemoryIsKnownOnLinux() throws {
        let total = try #require(host.memory.totalBytes)
        #expect(total > 1 << 26)
        #expect((host.memory.availableBytes ?? 0) <= total)
    }

    @Test func aPinnedThreadRunsWhereItWasPut() throws {
        let binding = try ThreadBinding()
        let allowed = host.limits.allowedProcessingUnits
        defer { try? binding.bindCurrentThread(toProcessingUnits: allowed) }
        for unit in host.usableCores {
            try binding.bindCurrentThread(toProcessingUnit: unit)
            #expect(ThreadBinding.currentProcessingUnit == unit)
        }
    }

    @Test(arguments: [-1, 1 << 19, 1 << 30]) func aMissingProcessingUnitIsAnError(unit: Int) throws {
        let binding = try ThreadBinding()
        let error = #expect(throws: TopologyError.self) { try binding.bindCurrentThread(toProcessingUnit: unit) }
        #expect(error?.code == .binding)
        #expect(error?.description.contains("\(unit)") == true)
    }
}

/// Values that need no machine.
@Suite struct HostValueTests {
    private func host(cores: Int, threadsPerCore: Int, allowed: [Int], quota: Double?) -> HostTopology {
        HostTopology(
            processorName: nil, packages: 1,
            cores: (0..<cores).map { core in HostCore(processingUnits: (0..<threadsPerCore).map { core + $0 * cores }, package: 0) },
            caches: [], memory: HostMemory(totalBytes: nil, availableBytes: nil, nodes: [], hugePages: nil),
            vectorInstructions: VectorInstructions(level: .avx2, hasVNNI: false, hasBF16: false),
            limits: ProcessorLimits(allowedProcessingUnits: allowed, controlGroupProcessors: quota))
    }

    @Test func oneWorkerACoreEvenWithTwoThreadsACore() {
        let host = host(cores: 4, threadsPerCore: 2, allowed: Array(0..<8), quota: nil)
        #expect(host.usableCores == [0, 1, 2, 3])
        #expect(host.recommendedThreads == 4)
    }

    @Test func aCoreWithOnlyItsSecondThreadAllowedIsStillUsable() {
        #expect(host(cores: 4, threadsPerCore: 2, allowed: [5, 7], quota: nil).usableCores == [5, 7])
    }

    @Test(arguments: [(0.5, 1), (1.0, 1), (2.7, 2), (9.0, 4)])
    func theQuotaLimitsWorkers(quota: Double, expected: Int) {
        #expect(host(cores: 4, threadsPerCore: 1, allowed: [0, 1, 2, 3], quota: quota).recommendedThreads == expected)
    }

    @Test func nodesThatDisagreeWithTheKernelAreReported() {
        let node = NUMANode(number: 0, memoryBytes: 15 << 30, processingUnits: [0])
        let wrong = HostMemory(totalBytes: 23 << 30, availableBytes: nil, nodes: [node], hugePages: nil)
        #expect(wrong.disagreement == "hwloc counts 15.0 GiB in 1 node(s), /proc/meminfo 23.0 GiB; the latter is used")
        #expect(HostMemory(totalBytes: 15 << 30, availableBytes: nil, nodes: [node], hugePages: nil).disagreement == nil)
        #expect(HostMemory(totalBytes: nil, availableBytes: nil, nodes: [node], hugePages: nil).disagreement == nil)
    }

    @Test func linesOfProcAreReadByKey() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu\nMemTotal:       24115432 kB\nMemBroken: x kB\nMemNegative: -1 kB\n"
        #expect(SystemFiles.value(of: "model name", in: text) == "AMD EPYC")
        #expect(SystemFiles.value(of: "name", in: text) == nil)
        #expect(SystemFiles.memoryBytes(of: "MemTotal", in: text) == 24_115_432 * 1024)
        #expect(SystemFiles.memoryBytes(of: "MemBroken", in: text) == nil)
        #expect(SystemFiles.memoryBytes(of: "MemNegative", in: text) == nil)
        #expect(SystemFiles.selectedWord(in: "always [madvise] never\n") == "madvise")
        #expect(SystemFiles.selectedWord(in: "always") == nil)
    }

    @Test(arguments: [
        ("0::/a/b\n", ["/sys/fs/cgroup/a/cpu.max": "150000 100000\n"], 1.5),
        ("0::/a/b\n", ["/sys/fs/cgroup/a/cpu.max": "150000 100000", "/sys/fs/cgroup/a/b/cpu.max": "50000 100000"], 0.5),
        ("0::/\n", ["/sys/fs/cgroup/cpu.max": "max 100000"], nil),
        ("1:cpu:/x\n0::/\n", ["/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "200000\n", "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000\n"], 2.0),
        ("1:cpu,cpuacct:/\n", ["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1", "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000"], nil),
        ("0::/\n", ["/sys/fs/cgroup/cpu.max": "garbage"], nil), ("", [:], nil), ("nonsense", [:], nil),
    ] as [(String, [String: String], Double?)])
    func quotasOfControlGroupsAreTheSmallestOnTheWayUp(memberships: String, files: [String: String], expected: Double?) {
        #expect(ControlGroup.processors(memberships: memberships) { files[$0] } == expected)
    }
}
