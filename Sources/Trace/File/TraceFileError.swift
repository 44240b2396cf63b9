/// What is wrong with a trace file, in the form `path:line:column: what was found, what is allowed`.
public struct TraceFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    /// Counts from 1; absent when the file as a whole is at fault.
    public var line: Int?
    /// Bytes from the start of the line, from 1.
    public var column: Int?
    public var message: String

    public init(path: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String {
        guard let line, let column else { return "\(path): \(message)" }
        return "\(path):\(line):\(column): \(message)"
    }
}
