import Foundation

/// Memory that probes run over: page-aligned, on huge pages if wished and granted, touched once by its owner.
struct ProbeMemory: ~Copyable {
    let base: UnsafeMutableRawPointer
    let bytes: Int

    /// - Throws: when the system has no such amount of memory. The corresponding C functions are `mmap` and `madvise`.
    init(bytes: Int, onHugePages wantsHugePages: Bool) throws(CalibrationError) {
        let alignment = 2 << 20
        guard bytes > 0, bytes < Int.max / 2,
            let mapped = mmap(nil, bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), mapped != MAP_FAILED
        else { throw CalibrationError("no memory for a probe of \(bytes >> 20) MiB: \(String(cString: strerror(errno)))") }
        self.mapped = mapped
        let address = (Int(bitPattern: mapped) + alignment - 1) / alignment * alignment
        base = mapped + (address - Int(bitPattern: mapped))
        self.bytes = bytes
        _ = madvise(base, bytes, Int32(wantsHugePages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
        memset(base, 0, bytes)
    }

    private let mapped: UnsafeMutableRawPointer

    deinit { munmap(mapped, bytes + (2 << 20)) }

    /// Floats from an offset in bytes.
    func floats(at offset: Int = 0) -> UnsafeMutablePointer<Float> {
        (base + offset).bindMemory(to: Float.self, capacity: (bytes - offset) / 4)
    }

    /// Whether /proc shows at least half of this process's probe memory on huge pages.
    var isOnHugePages: Bool? {
        guard let text = FileManager.default.contents(atPath: "/proc/self/smaps_rollup").map({ String(decoding: $0, as: UTF8.self) }),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("AnonHugePages:") }),
            let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return kibibytes * 1024 >= bytes / 2
    }
}

/// Why this machine could not be calibrated.
public struct CalibrationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
