/// The machine that the program runs on: what it has, and how much of it this process may use.
public struct HostTopology: Hashable, Sendable {
    /// The processor's marketing name, absent where the system does not tell.
    public var processorName: String?
    /// CPU sockets.
    public var packages: Int
    /// Physical cores of the machine.
    public var cores: [HostCore]
    /// Caches by level, nearest to the core first; instruction caches are left out.
    public var caches: [HostCache]
    public var memory: HostMemory
    public var vectorInstructions: VectorInstructions
    public var limits: ProcessorLimits

    public init(
        processorName: String?, packages: Int, cores: [HostCore], caches: [HostCache], memory: HostMemory,
        vectorInstructions: VectorInstructions, limits: ProcessorLimits
    ) {
        self.processorName = processorName
        self.packages = packages
        self.cores = cores
        self.caches = caches
        self.memory = memory
        self.vectorInstructions = vectorInstructions
        self.limits = limits
    }

    /// Hardware threads of the machine.
    public var processingUnits: Int { cores.reduce(0) { $0 + $1.processingUnits.count } }

    /// One processing unit of each core that this process may use: where one worker a core is pinned, in order of cores.
    public var usableCores: [Int] {
        let allowed = Set(limits.allowedProcessingUnits)
        return cores.compactMap { core in core.processingUnits.first { allowed.contains($0) } }
    }

    /// Workers that can run at the same time without sharing a core or exceeding the control group's CPU time; at least 1.
    public var recommendedThreads: Int {
        let cores = max(1, usableCores.count)
        guard let share = limits.controlGroupProcessors else { return cores }
        return max(1, min(cores, Int(share.rounded(.down))))
    }
}

/// A physical core.
public struct HostCore: Hashable, Sendable {
    /// The system's numbers of its hardware threads, ascending.
    public var processingUnits: [Int]
    /// The socket it belongs to, counted from 0.
    public var package: Int

    public init(processingUnits: [Int], package: Int) {
        self.processingUnits = processingUnits
        self.package = package
    }
}

/// All caches of one level and size.
public struct HostCache: Hashable, Sendable {
    /// 1 for the cache next to the core.
    public var level: Int
    /// Bytes of one instance.
    public var sizeBytes: Int
    /// Bytes of a line, absent where the system does not tell.
    public var lineBytes: Int?
    /// Ways, absent where unknown or fully associative.
    public var associativity: Int?
    /// Instances in the machine.
    public var instances: Int
    /// Cores that share one instance.
    public var coresPerInstance: Int

    public init(level: Int, sizeBytes: Int, lineBytes: Int?, associativity: Int?, instances: Int, coresPerInstance: Int) {
        self.level = level
        self.sizeBytes = sizeBytes
        self.lineBytes = lineBytes
        self.associativity = associativity
        self.instances = instances
        self.coresPerInstance = coresPerInstance
    }

    /// `L1`, `L2`, `L3`.
    public var name: String { "L\(level)" }
}

/// Main memory as two sources tell it: they disagree on some virtual machines, and then the kernel's account is the one to trust.
public struct HostMemory: Hashable, Sendable {
    /// `MemTotal` of /proc/meminfo in bytes, absent where unreadable.
    public var totalBytes: Int?
    /// `MemAvailable` of /proc/meminfo in bytes when asked, absent where unreadable.
    public var availableBytes: Int?
    /// Nodes as hwloc reports them, in order of their number.
    public var nodes: [NUMANode]
    /// The mode of transparent huge pages (`always`, `madvise`, `never`), absent where unknown.
    public var hugePages: String?

    public init(totalBytes: Int?, availableBytes: Int?, nodes: [NUMANode], hugePages: String?) {
        self.totalBytes = totalBytes
        self.availableBytes = availableBytes
        self.nodes = nodes
        self.hugePages = hugePages
    }

    /// Bytes of all nodes together.
    public var nodeBytes: Int { nodes.reduce(0) { $0 + $1.memoryBytes } }

    /// A sentence where the nodes' sum and the kernel's total differ by more than a tenth; nil where they agree.
    public var disagreement: String? {
        guard let totalBytes, nodeBytes > 0, abs(Double(nodeBytes - totalBytes)) > 0.1 * Double(totalBytes) else { return nil }
        func gibibytes(_ bytes: Int) -> String { "\((Double(bytes) / 1_073_741_824 * 10).rounded() / 10) GiB" }
        return "hwloc counts \(gibibytes(nodeBytes)) in \(nodes.count) node(s), /proc/meminfo \(gibibytes(totalBytes)); the latter is used"
    }
}

/// Memory that a group of cores reaches without a hop.
public struct NUMANode: Hashable, Sendable {
    /// The system's number of the node.
    public var number: Int
    public var memoryBytes: Int
    /// Processing units next to it, ascending.
    public var processingUnits: [Int]

    public init(number: Int, memoryBytes: Int, processingUnits: [Int]) {
        self.number = number
        self.memoryBytes = memoryBytes
        self.processingUnits = processingUnits
    }
}
