import CHwloc

extension HostTopology {
    /// Looks at the machine through hwloc and /proc.
    ///
    /// - Throws: when hwloc fails. A file of /proc that cannot be read is not an error: the field is absent.
    /// - Complexity: some 10 ms; keep the result.
    public static func discover() throws(TopologyError) -> HostTopology {
        let handle = try TopologyHandle()
        let packages = handle.objects(HWLOC_OBJ_PACKAGE)
        let cores = cores(handle, packages)
        let memoryText = SystemFiles.text("/proc/meminfo")
        let memory = HostMemory(
            totalBytes: memoryText.flatMap { SystemFiles.memoryBytes(of: "MemTotal", in: $0) },
            availableBytes: memoryText.flatMap { SystemFiles.memoryBytes(of: "MemAvailable", in: $0) },
            nodes: handle.objects(HWLOC_OBJ_NUMANODE).map(node),
            hugePages: SystemFiles.text("/sys/kernel/mm/transparent_hugepage/enabled").flatMap(SystemFiles.selectedWord))
        let bound = handle.processBinding()
        let limits = ProcessorLimits(
            allowedProcessingUnits: bound.isEmpty ? cores.flatMap(\.processingUnits) : bound,
            controlGroupProcessors: SystemFiles.text("/proc/self/cgroup").flatMap {
                ControlGroup.processors(memberships: $0, read: SystemFiles.text)
            })
        return HostTopology(
            processorName: SystemFiles.text("/proc/cpuinfo").flatMap { SystemFiles.value(of: "model name", in: $0) },
            packages: max(1, packages.count), cores: cores, caches: caches(handle), memory: memory, vectorInstructions: .current, limits: limits)
    }

    /// Cores with their hardware threads; a machine whose cores hwloc does not see has one a processing unit.
    private static func cores(_ handle: borrowing TopologyHandle, _ packages: [hwloc_obj_t]) -> [HostCore] {
        var cores = handle.objects(HWLOC_OBJ_CORE)
        if cores.isEmpty { cores = handle.objects(HWLOC_OBJ_PU) }
        let members = packages.map { Set(TopologyHandle.numbers(in: $0.pointee.cpuset)) }
        return cores.map { core in
            let units = TopologyHandle.numbers(in: core.pointee.cpuset)
            let package = members.firstIndex { set in units.contains { set.contains($0) } } ?? 0
            return HostCore(processingUnits: units, package: package)
        }
    }

    /// Data and unified caches, grouped by level and size: machines with two kinds of cores have two entries a level.
    private static func caches(_ handle: borrowing TopologyHandle) -> [HostCache] {
        let cores = handle.objects(HWLOC_OBJ_CORE).map { TopologyHandle.numbers(in: $0.pointee.cpuset) }
        var caches: [HostCache] = []
        let types = [HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE]
        for (index, type) in types.enumerated() {
            for object in handle.objects(type) {
                guard let attributes = object.pointee.attr?.pointee.cache, attributes.size > 0 else { continue }
                let units = Set(TopologyHandle.numbers(in: object.pointee.cpuset))
                let cache = HostCache(
                    level: index + 1, sizeBytes: Int(clamping: attributes.size),
                    lineBytes: attributes.linesize > 0 ? Int(attributes.linesize) : nil,
                    associativity: attributes.associativity > 0 ? Int(attributes.associativity) : nil,
                    instances: 1, coresPerInstance: max(1, cores.count { $0.contains { units.contains($0) } }))
                let known = caches.firstIndex {
                    $0.level == cache.level && $0.sizeBytes == cache.sizeBytes && $0.coresPerInstance == cache.coresPerInstance
                }
                if let known { caches[known].instances += 1 } else { caches.append(cache) }
            }
        }
        return caches
    }

    private static func node(_ object: hwloc_obj_t) -> NUMANode {
        NUMANode(
            number: Int(object.pointee.os_index), memoryBytes: Int(clamping: object.pointee.attr?.pointee.numanode.local_memory ?? 0),
            processingUnits: TopologyHandle.numbers(in: object.pointee.cpuset))
    }
}
