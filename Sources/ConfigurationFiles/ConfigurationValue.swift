/// A value of a YAML or JSON file with the place where it stands.
///
/// Scalars keep their text: what it means is decided by whoever asks for it (`ScalarRules`), never by YAML 1.1's guesses, to which
/// `12:30` is 750 and `no` is false.
public struct ConfigurationValue: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case scalar(ConfigurationScalar)
        case sequence([ConfigurationValue])
        case mapping([ConfigurationEntry])
    }

    public var content: Content
    public var location: ConfigurationLocation

    public init(_ content: Content, at location: ConfigurationLocation) {
        self.content = content
        self.location = location
    }

    /// Whether the value is written as nothing: an empty plain scalar, `null` or `~`.
    public var isNull: Bool {
        guard case .scalar(let scalar) = content, !scalar.isQuoted else { return false }
        return scalar.text.isEmpty || scalar.text == "null" || scalar.text == "~"
    }

    /// What stands here, in words for messages: `the number 12`, `the string "x"`, `a list`, `a mapping`, `nothing`.
    public var foundDescription: String {
        switch content {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            if isNull { return "nothing" }
            let shown = Self.shortened(scalar.text)
            if scalar.isQuoted { return "the string \"\(shown)\"" }
            return ScalarRules.number(scalar.text) != nil ? "the number \(shown)" : "'\(shown)'"
        }
    }

    /// At most 60 characters of a text, on one line.
    static func shortened(_ text: String) -> String {
        let line = String(text.unicodeScalars.prefix(60).map { $0.value < 32 ? " " : Character($0) })
        return text.unicodeScalars.count > 60 ? line + "…" : line
    }

    /// The value as a mapping.
    ///
    /// - Throws: when it is something else.
    public func mapping() throws(ConfigurationError) -> ConfigurationMapping {
        guard case .mapping(let entries) = content else {
            throw ConfigurationError(location, "found \(foundDescription), a mapping of keys to values belongs here")
        }
        return ConfigurationMapping(entries, at: location)
    }

    /// The value as a list.
    ///
    /// - Throws: when it is something else.
    public func sequence() throws(ConfigurationError) -> [ConfigurationValue] {
        guard case .sequence(let values) = content else {
            throw ConfigurationError(location, "found \(foundDescription), a list belongs here")
        }
        return values
    }

    /// The value decoded as a type, for example `try value.decoded(as: Int.self)`.
    public func decoded<Value: ConfigurationDecodable>(as type: Value.Type = Value.self) throws(ConfigurationError) -> Value {
        try Value(configuration: self)
    }
}

/// The text of a scalar and whether it was quoted (or a block scalar), which makes it a string whatever it looks like.
public struct ConfigurationScalar: Hashable, Sendable {
    public var text: String
    public var isQuoted: Bool

    public init(_ text: String, isQuoted: Bool) {
        self.text = text
        self.isQuoted = isQuoted
    }
}

/// A key with its value and the place of the key.
public struct ConfigurationEntry: Hashable, Sendable {
    public var key: String
    public var location: ConfigurationLocation
    public var value: ConfigurationValue

    public init(key: String, location: ConfigurationLocation, value: ConfigurationValue) {
        self.key = key
        self.location = location
        self.value = value
    }
}
