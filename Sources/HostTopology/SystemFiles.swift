import Foundation

/// The kernel's text files that tell of the machine; what cannot be read is absent.
enum SystemFiles {
    static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// The value of the first `key : value` line, as /proc/cpuinfo and /proc/meminfo have them.
    static func value(of key: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), trimmed(line[..<colon]) == key else { continue }
            let value = trimmed(line[line.index(after: colon)...])
            return value.isEmpty ? nil : value
        }
        return nil
    }

    /// Bytes of a `MemTotal:  1234 kB` line.
    static func memoryBytes(of key: String, in text: String) -> Int? {
        guard let words = value(of: key, in: text)?.split(separator: " "), words.count == 2, words[1] == "kB", let kibibytes = Int(words[0]),
            kibibytes >= 0, kibibytes <= Int.max / 1024
        else { return nil }
        return kibibytes * 1024
    }

    /// The word in brackets of `always [madvise] never`.
    static func selectedWord(in text: String) -> String? {
        guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else { return nil }
        return String(text[text.index(after: open)..<close])
    }

    private static func trimmed(_ text: Substring) -> String {
        text.trimmingCharacters(in: .whitespaces)
    }
}

extension HostTopology {
    /// Bytes of memory that can be had without swapping (`MemAvailable` of /proc/meminfo), absent where unreadable.
    public static var availableMemoryBytes: Int? {
        SystemFiles.text("/proc/meminfo").flatMap { SystemFiles.memoryBytes(of: "MemAvailable", in: $0) }
    }

    /// The mean number of runnable tasks over the last minute, absent where /proc/loadavg is unreadable: above the count of busy
    /// threads of this process, measurements are polluted.
    public static var loadAverage: Double? {
        SystemFiles.text("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    }
}
