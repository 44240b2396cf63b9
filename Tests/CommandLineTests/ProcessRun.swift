import Foundation

/// One run of the built `ridgeline`, as a user would start it.
struct ProcessRun {
    var status: Int32
    var output: String
    var errors: String

    /// Runs the binary that was built beside these tests.
    ///
    /// - Parameter path: a device to send standard output to; read into `output` where left out.
    init(_ arguments: [String], output path: String? = nil) throws {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        // The runner may be the toolchain's; the test bundle is then its argument.
        let candidates = [tests] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let binary = candidates.map { $0.deletingLastPathComponent().appendingPathComponent("ridgeline") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let binary else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        process.executableURL = binary
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        if let path { process.standardOutput = FileHandle(forWritingAtPath: path) } else { process.standardOutput = output }
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // What a command says on stderr fits the pipe; stdout is drained first, so neither blocks.
        let text = path == nil ? output.fileHandleForReading.readDataToEndOfFile() : Data()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        self.output = String(decoding: text, as: UTF8.self)
        self.errors = String(decoding: complaint, as: UTF8.self)
    }
}

/// An own folder for a test's files, removed when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
