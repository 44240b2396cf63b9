import CHwloc
import CProcessor

/// Pins threads to processing units.
///
/// It keeps one hwloc topology, which takes some 10 ms to make; binding through it costs one system call.
public final class ThreadBinding: @unchecked Sendable {
    // hwloc allows concurrent use of a loaded topology that nobody modifies.
    private let handle: TopologyHandle

    /// - Throws: when hwloc cannot read the machine.
    public init() throws(TopologyError) { handle = try TopologyHandle() }

    /// Pins the calling thread to one processing unit, given by the system's number.
    ///
    /// - Throws: when the unit does not exist, or the process may not use it. The corresponding C function is `hwloc_set_cpubind`.
    public func bindCurrentThread(toProcessingUnit unit: Int) throws(TopologyError) {
        guard unit >= 0, unit < 1 << 20, let bitmap = hwloc_bitmap_alloc() else {
            throw TopologyError(.binding, "there is no processing unit \(unit)")
        }
        defer { hwloc_bitmap_free(bitmap) }
        hwloc_bitmap_only(bitmap, UInt32(unit))
        try bind(bitmap, "processing unit \(unit)")
    }

    /// Lets the calling thread run on any of the units.
    ///
    /// - Throws: when the process may use none of them.
    public func bindCurrentThread(toProcessingUnits units: [Int]) throws(TopologyError) {
        guard let bitmap = hwloc_bitmap_alloc() else { throw TopologyError(.binding, "no memory for a set of processing units") }
        defer { hwloc_bitmap_free(bitmap) }
        for unit in units where unit >= 0 && unit < 1 << 20 { hwloc_bitmap_set(bitmap, UInt32(unit)) }
        try bind(bitmap, "processing units \(units)")
    }

    private func bind(_ bitmap: hwloc_bitmap_t, _ name: String) throws(TopologyError) {
        guard hwloc_set_cpubind(handle.topology, bitmap, Int32(HWLOC_CPUBIND_THREAD.rawValue)) == 0 else {
            throw TopologyError(.binding, "this thread cannot be pinned to \(name)")
        }
    }

    /// The unit that the calling thread runs on now, absent where the system does not tell. The corresponding C function is `sched_getcpu`.
    public static var currentProcessingUnit: Int? {
        let unit = CProcessor_currentProcessingUnit()
        return unit < 0 ? nil : Int(unit)
    }
}
