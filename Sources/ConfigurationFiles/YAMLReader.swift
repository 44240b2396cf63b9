import Yams

/// YAML text to values: Yams parses, its scalars stay text, and constructs that a configuration file does not need are refused.
enum YAMLReader {
    static func read(_ bytes: [UInt8], path: String, limits: ReadingLimits) throws(ConfigurationError) -> ConfigurationValue {
        try YAMLPrescan.check(bytes, path: path, limits: limits)
        let text = String(decoding: bytes, as: UTF8.self)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw problem(error, path: path)
        }
        guard let node else { throw ConfigurationError(ConfigurationLocation(path: path), "the file is empty") }
        var remaining = limits.nodes
        return try convert(node, path: path, depth: limits.depth, remaining: &remaining)
    }

    private static func convert(
        _ node: Node, path: String, depth: Int, remaining: inout Int
    ) throws(ConfigurationError) -> ConfigurationValue {
        let place = ConfigurationLocation(path: path, line: node.mark?.line, column: node.mark?.column)
        remaining -= 1
        guard remaining >= 0 else { throw ConfigurationError(place, "the file has more values than are read") }
        guard depth > 0 else { throw ConfigurationError(place, "values are nested too deeply") }
        switch node {
        case .scalar(let scalar):
            return ConfigurationValue(.scalar(ConfigurationScalar(scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)), at: place)
        case .sequence(let sequence):
            var values: [ConfigurationValue] = []
            values.reserveCapacity(sequence.count)
            for element in sequence { values.append(try convert(element, path: path, depth: depth - 1, remaining: &remaining)) }
            return ConfigurationValue(.sequence(values), at: place)
        case .mapping(let mapping):
            var entries: [ConfigurationEntry] = []
            entries.reserveCapacity(mapping.count)
            for (key, value) in mapping {
                let keyPlace = ConfigurationLocation(path: path, line: key.mark?.line, column: key.mark?.column)
                guard case .scalar(let name) = key else { throw ConfigurationError(keyPlace, "a key must be a name") }
                let converted = try convert(value, path: path, depth: depth - 1, remaining: &remaining)
                entries.append(ConfigurationEntry(key: name.string, location: keyPlace, value: converted))
            }
            try requireUniqueKeys(entries)
            return ConfigurationValue(.mapping(entries), at: place)
        case .alias:
            throw ConfigurationError(place, "aliases are not supported, write the value out")
        }
    }

    /// Yams compares keys as tagged nodes; two spellings of one name (`a` and `"a"`) are one key to us.
    private static func requireUniqueKeys(_ entries: [ConfigurationEntry]) throws(ConfigurationError) {
        var seen: [String: ConfigurationLocation] = [:]
        for entry in entries {
            if let first = seen.updateValue(entry.location, forKey: entry.key) {
                throw ConfigurationError(entry.location, "duplicate key '\(entry.key)', first given at line \(first.line ?? 0)")
            }
        }
    }

    private static func problem(_ error: any Error, path: String) -> ConfigurationError {
        guard let yaml = error as? YamlError else { return ConfigurationError(ConfigurationLocation(path: path), "\(error)") }
        switch yaml {
        case .scanner(let context, let text, let mark, _), .parser(let context, let text, let mark, _), .composer(let context, let text, let mark, _):
            let where_ = context.map { " (\($0.text))" } ?? ""
            return ConfigurationError(ConfigurationLocation(path: path, line: mark.line, column: mark.column), "malformed YAML: \(text)\(where_)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let place = ConfigurationLocation(path: path, line: context.mark.line, column: context.mark.column)
            return ConfigurationError(duplicates.map { ConfigurationProblem(place, "duplicate key '\($0)'") })
        case .reader(let text, _, let value, _):
            return ConfigurationError(ConfigurationLocation(path: path), "malformed YAML: \(text) (character \(value))")
        default:
            return ConfigurationError(ConfigurationLocation(path: path), "malformed YAML: \(yaml)")
        }
    }
}
