import CHwloc
import Foundation

/// Why the machine could not be looked at.
public struct TopologyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What failed: a code, so that causes we do not know stay representable.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public static let discovery = Code(rawValue: "discovery")
        public static let binding = Code(rawValue: "binding")
    }

    public var code: Code
    /// The system's error number.
    public var errorNumber: Int32
    public var description: String

    init(_ code: Code, _ what: String) {
        self.code = code
        errorNumber = errno
        description = "\(what): \(String(cString: strerror(errno)))"
    }
}

/// Owns an hwloc topology; the module's only way to the library.
struct TopologyHandle: ~Copyable {
    let topology: hwloc_topology_t

    /// - Throws: when hwloc cannot read the machine. The corresponding C functions are `hwloc_topology_init` and `hwloc_topology_load`.
    init() throws(TopologyError) {
        var created: hwloc_topology_t?
        guard hwloc_topology_init(&created) == 0, let created else {
            throw TopologyError(.discovery, "hwloc could not make a topology")
        }
        guard hwloc_topology_load(created) == 0 else {
            let error = TopologyError(.discovery, "hwloc could not read this machine")
            hwloc_topology_destroy(created)
            throw error
        }
        topology = created
    }

    deinit { hwloc_topology_destroy(topology) }

    /// All objects of a type, in hwloc's logical order. The corresponding C function is `hwloc_get_obj_by_type`.
    func objects(_ type: hwloc_obj_type_t) -> [hwloc_obj_t] {
        let count = hwloc_get_nbobjs_by_type(topology, type)
        guard count > 0 else { return [] }
        return (0..<UInt32(count)).compactMap { hwloc_get_obj_by_type(topology, type, $0) }
    }

    /// The numbers in a bitmap, ascending. The corresponding C function is `hwloc_bitmap_next`.
    static func numbers(in bitmap: hwloc_const_bitmap_t?) -> [Int] {
        // An infinite set ("all, known or not") would never end.
        guard let bitmap, hwloc_bitmap_weight(bitmap) >= 0 else { return [] }
        var numbers: [Int] = []
        var next = hwloc_bitmap_next(bitmap, -1)
        while next >= 0 {
            numbers.append(Int(next))
            next = hwloc_bitmap_next(bitmap, next)
        }
        return numbers
    }

    /// Processing units that this process may run on. The corresponding C function is `hwloc_get_cpubind`.
    func processBinding() -> [Int] {
        let bitmap = hwloc_bitmap_alloc()
        defer { hwloc_bitmap_free(bitmap) }
        guard hwloc_get_cpubind(topology, bitmap, Int32(HWLOC_CPUBIND_PROCESS.rawValue)) == 0 else { return [] }
        return Self.numbers(in: bitmap)
    }
}
