import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Reads text files with bounds, and says precisely what is wrong with those that cannot be read.
public enum TextFile {
    /// The bytes of a file, pipe or device, at most `limit`.
    ///
    /// - Throws: when it is missing (with the nearest name in its folder), a folder, unreadable or longer than `limit`.
    public static func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8] {
        let place = ConfigurationLocation(path: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ConfigurationError(place, openingProblem(path, code: errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ConfigurationError(place, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ConfigurationError(place, "found a folder, a file belongs here") }
        if status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) > limit {
            throw ConfigurationError(place, "the file has \(status.st_size) bytes, at most \(limit) are read")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(limit, max(Int(status.st_size), 4096)) + 1)
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw ConfigurationError(place, "reading failed: \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
            guard bytes.count <= limit else {
                throw ConfigurationError(place, "the file has more than \(limit) bytes, which is the most that is read")
            }
        }
    }

    /// UTF-8 bytes without a byte order mark.
    ///
    /// - Throws: when they are empty, UTF-16, binary or not UTF-8, with the line.
    static func withoutByteOrderMark(_ bytes: [UInt8], path: String) throws(ConfigurationError) -> [UInt8] {
        let place = ConfigurationLocation(path: path)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw ConfigurationError(place, "the file is UTF-16, text must be UTF-8")
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw ConfigurationError(place, "the file is binary (byte \(zero) is zero), UTF-8 text belongs here")
        }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard String(validating: content, as: UTF8.self) != nil else {
            throw ConfigurationError(
                ConfigurationLocation(path: path, line: lineOfInvalidUTF8(content)), "the text is not UTF-8")
        }
        guard content.contains(where: { $0 > 32 }) else { throw ConfigurationError(place, "the file is empty") }
        return content
    }

    private static func lineOfInvalidUTF8(_ bytes: [UInt8]) -> Int {
        for (line, slice) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated()
        where String(validating: slice, as: UTF8.self) == nil {
            return line + 1
        }
        return 1
    }

    private static func openingProblem(_ path: String, code: Int32) -> String {
        guard code == ENOENT || code == ENOTDIR else { return "cannot be opened: \(String(cString: strerror(code)))" }
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let neighbours = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return "no such file\(Spelling.suggestion(for: url.lastPathComponent, in: neighbours))"
    }
}
