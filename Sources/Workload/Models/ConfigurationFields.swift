import ConfigurationFiles

/// Look-ups in a `config.json` in which one thing goes by many names; problems are gathered, and a value with a problem reads as absent.
struct ConfigurationFields {
    let mapping: ConfigurationMapping
    let problems: ProblemCollector

    /// Largest width, count and length that are taken for real: a few hundred times those of the largest models published.
    enum Limit {
        static let width = 1 << 22
        static let layers = 1 << 14
        static let heads = 1 << 16
        static let vocabulary = 1 << 26
        static let positions = 1 << 30
        static let experts = 1 << 14
    }

    /// The value of the first of `names` that is there and not null, in `range`.
    func integer(_ names: [String], in range: ClosedRange<Int>) -> Int? {
        guard let entry = entry(names) else { return nil }
        guard let value = problems.collect({ () throws(ConfigurationError) in try mapping.required(entry.key, as: Int.self) }) else { return nil }
        guard range.contains(value) else {
            problems.add(entry.value.location, "'\(entry.key)' is \(value), allowed are \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// As `integer`, but a missing value is a problem too.
    func requiredInteger(_ names: [String], in range: ClosedRange<Int>) -> Int? {
        if entry(names) == nil {
            let nearest = Spelling.nearest(to: names[0], in: mapping.keys.filter { !names.contains($0) })
            let others = names.count > 1 ? " (or \(names.dropFirst().map { "'\($0)'" }.joined(separator: ", ")))" : ""
            problems.add(mapping.location, "'\(names[0])'\(others) is missing\(nearest.map { "; is '\($0)' meant to be it?" } ?? "")")
            return nil
        }
        return integer(names, in: range)
    }

    func boolean(_ names: [String]) -> Bool? {
        guard let entry = entry(names) else { return nil }
        return problems.collect { () throws(ConfigurationError) in try mapping.required(entry.key, as: Bool.self) }
    }

    /// A finite number in `range`.
    func number(_ names: [String], in range: ClosedRange<Double>) -> Double? {
        guard let entry = entry(names) else { return nil }
        guard let value = problems.collect({ () throws(ConfigurationError) in try mapping.required(entry.key, as: Double.self) }) else { return nil }
        guard range.contains(value) else {
            problems.add(entry.value.location, "'\(entry.key)' is \(value), allowed are \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    func text(_ names: [String]) -> String? {
        guard let entry = entry(names) else { return nil }
        return problems.collect { () throws(ConfigurationError) in try mapping.required(entry.key, as: String.self) }
    }

    func texts(_ name: String) -> [String]? {
        guard entry([name]) != nil else { return nil }
        return problems.collect { () throws(ConfigurationError) in try mapping.required(name, as: [String].self) }
    }

    func integers(_ name: String) -> [Int]? {
        guard entry([name]) != nil else { return nil }
        return problems.collect { () throws(ConfigurationError) in try mapping.required(name, as: [Int].self) }
    }

    /// A nested mapping, as fields that report to the same collector.
    func nested(_ names: [String]) -> ConfigurationFields? {
        guard let entry = entry(names) else { return nil }
        let inner = problems.collect { () throws(ConfigurationError) in try entry.value.mapping() }
        return inner.map { ConfigurationFields(mapping: $0, problems: problems) }
    }

    func has(_ name: String) -> Bool { entry([name]) != nil }

    /// Where the first of `names` stands, or the mapping where none is there.
    func location(_ names: [String]) -> ConfigurationLocation { entry(names)?.value.location ?? mapping.location }

    private func entry(_ names: [String]) -> ConfigurationEntry? {
        for name in names {
            if let entry = mapping.entry(name), !entry.value.isNull { return entry }
        }
        return nil
    }
}
