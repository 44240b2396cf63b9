import ConfigurationFiles
import Foundation

/// Text for people: progress, warnings, errors. Where nobody can read it (a closed or full stream) it is lost, which changes no result.
enum StandardError {
    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Results: data that another program may read.
enum StandardOutput {
    /// - Throws: `FileOutputError` where not all could be written, so that half a result never ends with status 0.
    static func write(_ text: String) throws(FileOutputError) { try OutputFile.writeToStandardOutput(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) throws(FileOutputError) { try OutputFile.writeToStandardOutput(bytes) }
}
