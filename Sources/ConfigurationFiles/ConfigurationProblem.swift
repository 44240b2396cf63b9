/// Where in a file something stands; lines and columns count from 1, columns in Unicode scalars.
public struct ConfigurationLocation: Hashable, Sendable, CustomStringConvertible {
    /// The path as the user or the caller gave it.
    public var path: String
    /// Absent when the problem concerns the file as a whole.
    public var line: Int?
    public var column: Int?

    public init(path: String, line: Int? = nil, column: Int? = nil) {
        self.path = path
        self.line = line
        self.column = column
    }

    public var description: String {
        guard let line else { return path }
        guard let column else { return "\(path):\(line)" }
        return "\(path):\(line):\(column)"
    }
}

/// One thing wrong with a file, in the form `path:line:column: what was found, what is allowed`.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    public var location: ConfigurationLocation
    public var message: String

    public init(_ location: ConfigurationLocation, _ message: String) {
        self.location = location
        self.message = message
    }

    public var description: String { "\(location): \(message)" }
}

/// Everything wrong with a file, in the order of the file.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Never empty.
    public var problems: [ConfigurationProblem]

    public init(_ problems: [ConfigurationProblem]) { self.problems = problems }

    public init(_ location: ConfigurationLocation, _ message: String) {
        problems = [ConfigurationProblem(location, message)]
    }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Gathers the problems of a file while its values are decoded, so that a user sees all of them at once.
///
/// ```swift
/// let problems = ProblemCollector()
/// let units = problems.collect { () throws(ConfigurationError) in try mapping.required("units", as: Int.self) }
/// let clock = problems.collect { () throws(ConfigurationError) in try mapping.required("clock_mhz", as: Double.self) }
/// try problems.throwIfAny()
/// ```
public final class ProblemCollector {
    public private(set) var problems: [ConfigurationProblem] = []

    public init() {}

    /// The result of `body`, or nil after its problems have been noted.
    public func collect<Value>(_ body: () throws(ConfigurationError) -> Value) -> Value? {
        do throws(ConfigurationError) {
            return try body()
        } catch {
            problems += error.problems
            return nil
        }
    }

    /// Notes one problem.
    public func add(_ location: ConfigurationLocation, _ message: String) {
        problems.append(ConfigurationProblem(location, message))
    }

    /// Throws what was noted, sorted by place, each problem once.
    public func throwIfAny() throws(ConfigurationError) {
        guard !problems.isEmpty else { return }
        throw error
    }

    /// What was noted, sorted by file, line and column, each problem once; `problems` of the result is empty if nothing was.
    public var error: ConfigurationError {
        var unique: [ConfigurationProblem] = []
        for problem in problems where !unique.contains(problem) { unique.append(problem) }
        let sorted = unique.enumerated().sorted { left, right in
            let (a, b) = (left.element.location, right.element.location)
            if a.path != b.path { return left.offset < right.offset }
            return (a.line ?? 0, a.column ?? 0, left.offset) < (b.line ?? 0, b.column ?? 0, right.offset)
        }
        return ConfigurationError(sorted.map(\.element))
    }
}
