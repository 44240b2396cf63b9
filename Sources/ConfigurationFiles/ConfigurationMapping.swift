/// A mapping of a file, with look-ups whose errors name the place, the key and what is allowed.
public struct ConfigurationMapping: Sendable {
    /// In the order of the file; keys are unique.
    public let entries: [ConfigurationEntry]
    public let location: ConfigurationLocation
    private let positions: [String: Int]

    public init(_ entries: [ConfigurationEntry], at location: ConfigurationLocation) {
        self.entries = entries
        self.location = location
        var positions: [String: Int] = [:]
        positions.reserveCapacity(entries.count)
        for (position, entry) in entries.enumerated() { positions[entry.key] = position }
        self.positions = positions
    }

    public var keys: [String] { entries.map(\.key) }

    /// The entry of a key, nil where the key is missing.
    public func entry(_ key: String) -> ConfigurationEntry? { positions[key].map { entries[$0] } }

    /// The value of a key, nil where the key is missing.
    public subscript(key: String) -> ConfigurationValue? { entry(key)?.value }

    /// The value of a key that must be there.
    ///
    /// - Throws: when the key is missing (naming the nearest key that is there) or its value is no `Value`.
    public func required<Value: ConfigurationDecodable>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(ConfigurationError) -> Value {
        guard let entry = entry(key) else {
            throw ConfigurationError(
                location, "'\(key)' is missing\(Spelling.nearest(to: key, in: keys).map { "; is '\($0)' meant to be it?" } ?? "")")
        }
        return try Self.named(key, entry, as: type)
    }

    /// The value of a key, nil where the key is missing or written as nothing.
    ///
    /// - Throws: when the value is there and no `Value`.
    public func optional<Value: ConfigurationDecodable>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(ConfigurationError) -> Value? {
        guard let entry = entry(key), !entry.value.isNull else { return nil }
        return try Self.named(key, entry, as: type)
    }

    /// The value of the first key of several that is there: for formats in which one thing goes by many names.
    public func firstOptional<Value: ConfigurationDecodable>(
        of candidates: [String], as type: Value.Type = Value.self
    ) throws(ConfigurationError) -> Value? {
        for key in candidates {
            if let value = try optional(key, as: type) { return value }
        }
        return nil
    }

    /// One problem for each key that is not allowed, with the nearest that is.
    public func unknownKeys(allowed: [String]) -> [ConfigurationProblem] {
        entries.filter { !allowed.contains($0.key) }.map { entry in
            let nearest = Spelling.nearest(to: entry.key, in: allowed)
            let help = nearest.map { "; did you mean '\($0)'?" } ?? ", allowed are \(allowed.joined(separator: ", "))"
            return ConfigurationProblem(entry.location, "unknown key '\(ConfigurationValue.shortened(entry.key))'\(help)")
        }
    }

    /// Throws unless every key is allowed.
    public func requireKeys(in allowed: [String]) throws(ConfigurationError) {
        let unknown = unknownKeys(allowed: allowed)
        if !unknown.isEmpty { throw ConfigurationError(unknown) }
    }

    /// Puts the key in front of messages that do not name it.
    private static func named<Value: ConfigurationDecodable>(
        _ key: String, _ entry: ConfigurationEntry, as type: Value.Type
    ) throws(ConfigurationError) -> Value {
        do throws(ConfigurationError) {
            return try Value(configuration: entry.value)
        } catch {
            throw ConfigurationError(error.problems.map {
                $0.location == entry.value.location ? ConfigurationProblem($0.location, "'\(key)': \($0.message)") : $0
            })
        }
    }
}
