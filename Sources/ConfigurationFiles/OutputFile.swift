import Foundation

/// Why a file could not be written.
public struct FileOutputError: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    /// What the system said.
    public var reason: String
    /// Whether the machine is short of something (space), rather than the path being wrong.
    public var isMachineLacking: Bool

    public init(path: String, reason: String, isMachineLacking: Bool) {
        self.path = path
        self.reason = reason
        self.isMachineLacking = isMachineLacking
    }

    public var description: String { "\(path): cannot be written: \(reason)" }
}

/// Writes whole files: the old content stays until the new one is complete.
public enum OutputFile {
    /// Writes bytes to a temporary file beside `path`, then renames it.
    ///
    /// A path that is no regular file (`/dev/stdout`, a pipe) is written directly.
    /// - Throws: what the system said; nothing is left behind.
    public static func write(_ bytes: [UInt8], to path: String) throws(FileOutputError) {
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFDIR { throw FileOutputError(path: path, reason: "it is a folder", isMachineLacking: false) }
        if exists, status.st_mode & S_IFMT != S_IFREG { return try write(bytes, into: path, reportedAs: path) }
        let temporary = "\(path).partial-\(getpid())"
        do throws(FileOutputError) {
            try write(bytes, into: temporary, reportedAs: path)
            guard rename(temporary, path) == 0 else { throw Self.systemError(path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Whether a file could be written, asked before work that takes minutes.
    ///
    /// - Throws: what `write` would: the path is a folder, its folder does not exist or may not be written to.
    public static func check(_ path: String) throws(FileOutputError) {
        var status = stat()
        if stat(path, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { throw FileOutputError(path: path, reason: "it is a folder", isMachineLacking: false) }
            if status.st_mode & S_IFMT != S_IFREG { return }
        }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(parent, W_OK | X_OK) == 0 else { throw systemError(path) }
    }

    /// Writes text as UTF-8; see `write(_:to:)`.
    public static func write(_ text: String, to path: String) throws(FileOutputError) { try write(Array(text.utf8), to: path) }

    /// Writes bytes to standard output.
    ///
    /// - Throws: what the system said: the disk behind a redirection is full, or the output was closed.
    public static func writeToStandardOutput(_ bytes: [UInt8]) throws(FileOutputError) {
        try write(bytes, to: STDOUT_FILENO, reportedAs: "standard output")
    }

    private static func write(_ bytes: [UInt8], into path: String, reportedAs target: String) throws(FileOutputError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw systemError(target) }
        do throws(FileOutputError) {
            try write(bytes, to: descriptor, reportedAs: target)
        } catch {
            close(descriptor)
            throw error
        }
        guard close(descriptor) == 0 else { throw systemError(target) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, reportedAs target: String) throws(FileOutputError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw systemError(target) }
            written += count
        }
    }

    private static func systemError(_ path: String) -> FileOutputError {
        let code = errno
        return FileOutputError(
            path: path, reason: String(cString: strerror(code)), isMachineLacking: [ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, EBADF].contains(code))
    }
}
