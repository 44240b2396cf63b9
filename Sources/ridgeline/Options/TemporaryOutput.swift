import Foundation
import Quantities

/// Writes files as a whole: to a temporary file beside the target, renamed when complete.
enum TemporaryOutput {
    static func write(to path: String, _ body: (FileHandle) throws -> Void) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).part"
        guard FileManager.default.createFile(atPath: temporary, contents: nil), let handle = FileHandle(forWritingAtPath: temporary) else {
            throw OutputProblem(path: path, reason: "the file cannot be created: \(String(cString: strerror(errno)))")
        }
        do {
            try body(handle)
            try handle.close()
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw OutputProblem(path: path, reason: "writing failed: \(error.localizedDescription)")
        }
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            try? FileManager.default.removeItem(atPath: temporary)
            throw OutputProblem(path: path, reason: "the file cannot be replaced: \(reason)")
        }
    }
}

/// Why an output file could not be written.
struct OutputProblem: Error, CustomStringConvertible {
    var path: String
    var reason: String
    var description: String { "\(path): \(reason)" }
}

enum FixedDigits {
    static func one(_ value: Double) -> String { FixedPoint.format(value, fractionDigits: 1) }
}
