import Foundation

/// What this process may use of the machine's processors.
public struct ProcessorLimits: Hashable, Sendable {
    /// The system's numbers of the processing units in the process's affinity mask, ascending.
    public var allowedProcessingUnits: [Int]
    /// CPU time per wall time that the control group grants, absent without a quota.
    public var controlGroupProcessors: Double?

    public init(allowedProcessingUnits: [Int], controlGroupProcessors: Double?) {
        self.allowedProcessingUnits = allowedProcessingUnits
        self.controlGroupProcessors = controlGroupProcessors
    }
}

/// The CPU quota of a control group, version 1 or 2, at the process's group and every group above it.
enum ControlGroup {
    /// - Parameters:
    ///   - memberships: the text of /proc/self/cgroup.
    ///   - read: the content of a file, nil where there is none.
    static func processors(memberships: String, read: (String) -> String?) -> Double? {
        var smallest: Double?
        for line in memberships.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let controllers = fields[1].split(separator: ",")
            let root: String
            if fields[0] == "0", controllers.isEmpty {
                root = "/sys/fs/cgroup"
            } else if controllers.contains("cpu") {
                root = "/sys/fs/cgroup/\(fields[1])"
            } else {
                continue
            }
            for directory in ancestors(of: String(fields[2])) {
                if let share = quota(in: root + directory, read: read) { smallest = min(smallest ?? share, share) }
            }
        }
        return smallest
    }

    /// `/a/b` is inside `/a` and the root.
    private static func ancestors(of path: String) -> [String] {
        var directories = [""]
        for part in path.split(separator: "/") where part != ".." { directories.append(directories[directories.count - 1] + "/\(part)") }
        return directories
    }

    private static func quota(in directory: String, read: (String) -> String?) -> Double? {
        if let words = read(directory + "/cpu.max")?.split(whereSeparator: \.isWhitespace), words.count == 2 {
            return share(quota: Double(words[0]), period: Double(words[1]))
        }
        func number(_ name: String) -> Double? { read(directory + "/" + name).flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) } }
        return share(quota: number("cpu.cfs_quota_us"), period: number("cpu.cfs_period_us"))
    }

    /// A quota of `max` or -1 is none.
    private static func share(quota: Double?, period: Double?) -> Double? {
        guard let quota, let period, quota > 0, period > 0 else { return nil }
        return quota / period
    }
}
