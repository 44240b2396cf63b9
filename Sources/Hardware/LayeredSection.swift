import ConfigurationFiles
import Quantities

/// A section of an architecture seen through the files that make it up: the device's own file first, then what it extends.
///
/// A key is answered by the first file that has it; sections merge key by key; a key written as nothing (`int8: null`) takes away what
/// lies below. Each file's `source:` covers the numbers of its own section only.
struct LayeredSection {
    struct Layer {
        var mapping: ConfigurationMapping
        /// The section's `source:`, or that of the section around it, in the same file.
        var source: Source?
    }

    /// Most specific first; never empty.
    let layers: [Layer]
    /// Dotted path of the section for messages, empty for the root.
    let path: String
    let problems: ProblemCollector

    init(layers: [Layer], path: String, problems: ProblemCollector) {
        self.layers = layers
        self.path = path
        self.problems = problems
    }

    /// The root over whole files.
    init(files: [ConfigurationMapping], problems: ProblemCollector) {
        self.init(layers: files.map { Self.layer($0, inherited: nil, problems) }, path: "", problems: problems)
    }

    private static func layer(_ mapping: ConfigurationMapping, inherited: Source?, _ problems: ProblemCollector) -> Layer {
        let own = problems.collect { () throws(ConfigurationError) in try mapping.optional("source", as: Source.self) } ?? nil
        return Layer(mapping: mapping, source: own ?? inherited)
    }

    /// Where messages about something missing point: the most specific file.
    var location: ConfigurationLocation { layers[0].mapping.location }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Notes each key of each file that is not allowed (`source` always is).
    func allowOnly(_ keys: [String]) {
        for layer in layers {
            for problem in layer.mapping.unknownKeys(allowed: keys + ["source"]) { problems.add(problem.location, problem.message) }
        }
    }

    /// The first file's entry of a key, with the file's source; nil where no file has it or the first that has takes it away.
    func entry(_ key: String) -> (value: ConfigurationValue, source: Source?)? {
        for layer in layers {
            guard let entry = layer.mapping.entry(key) else { continue }
            return entry.value.isNull ? nil : (entry.value, layer.source)
        }
        return nil
    }

    /// All keys but `source`, those of the most general file first, so that a generation's order holds.
    var keys: [String] {
        var keys: [String] = []
        for layer in layers.reversed() {
            for key in layer.mapping.keys where key != "source" && !keys.contains(key) { keys.append(key) }
        }
        return keys.filter { entry($0) != nil }
    }

    /// A section inside this one, nil where no file has it.
    func section(_ key: String) -> LayeredSection? {
        var found: [Layer] = []
        for layer in layers {
            guard let entry = layer.mapping.entry(key) else { continue }
            if entry.value.isNull { break }
            if let mapping = problems.collect({ () throws(ConfigurationError) in try entry.value.mapping() }) {
                found.append(Self.layer(mapping, inherited: layer.source, problems))
            }
        }
        return found.isEmpty ? nil : LayeredSection(layers: found, path: name(key), problems: problems)
    }

    /// A section that must be there.
    func requiredSection(_ key: String) -> LayeredSection? {
        let found = section(key)
        if found == nil { missing(key) }
        return found
    }

    private func missing(_ key: String) { problems.add(location, "'\(name(key))' is missing") }

    /// A plain value, nil where it is missing or wrong (which is noted).
    func value<Value: ConfigurationDecodable>(_ key: String, as type: Value.Type = Value.self) -> Value? {
        guard let (value, _) = entry(key) else { return nil }
        return problems.collect { () throws(ConfigurationError) in try Value(configuration: value) }
    }

    /// A text that must be there.
    func requiredText(_ key: String) -> String? {
        guard entry(key) != nil else {
            missing(key)
            return nil
        }
        return value(key, as: String.self)
    }

    /// One of the words of an enumeration.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, of type: Choice.Type = Choice.self) -> Choice?
    where Choice.RawValue == String {
        guard let (value, _) = entry(key) else { return nil }
        return problems.collect { () throws(ConfigurationError) in try value.choice(of: type) }
    }

    /// A choice that must be there.
    func requiredChoice<Choice: RawRepresentable & CaseIterable>(_ key: String, of type: Choice.Type = Choice.self) -> Choice?
    where Choice.RawValue == String {
        if entry(key) == nil { missing(key) }
        return choice(key, of: type)
    }
}

// MARK: - Numbers with their sources

extension LayeredSection {
    /// A positive number with its source: `80` under a section's `source:`, or `{value: 80, source: "kind: document"}`.
    func number(_ key: String, isPositive: Bool = true) -> Sourced<Double>? {
        guard let (value, inherited) = entry(key) else { return nil }
        return problems.collect { () throws(ConfigurationError) in
            try Self.number(value, inherited: inherited, key: key, isPositive: isPositive)
        }
    }

    static func number(
        _ value: ConfigurationValue, inherited: Source?, key: String, alsoAllowed: [String] = [], isPositive: Bool = true
    ) throws(ConfigurationError) -> Sourced<Double> {
        var numeric = value
        var source = inherited
        if case .mapping = value.content {
            let mapping = try value.mapping()
            try mapping.requireKeys(in: ["value", "source"] + alsoAllowed)
            numeric = try mapping.required("value")
            source = try mapping.optional("source", as: Source.self) ?? inherited
        }
        let number: Double
        do throws(ConfigurationError) { number = try Double(configuration: numeric) } catch {
            throw ConfigurationError(numeric.location, "'\(key)': \(error.problems.first?.message ?? "")")
        }
        guard number > 0 || !isPositive else {
            throw ConfigurationError(
                numeric.location, "'\(key)': found \(numeric.foundDescription), a positive number belongs here; leave the key out if it is unknown")
        }
        // No quantity of a device is larger in the units of the keys; beyond, products of numbers would overflow to infinity.
        guard number.magnitude <= 1e15 else {
            throw ConfigurationError(numeric.location, "'\(key)': found \(numeric.foundDescription), at most 1e15 belongs here")
        }
        guard let source else {
            throw ConfigurationError(
                value.location, "'\(key)' has no source: write {value: …, source: \"kind: document and place\"} or give the section a source")
        }
        return Sourced(number, source: source)
    }

    /// A quantity in SI units: the file's number times the size of its unit.
    func quantity<Value: Quantity>(_ key: String, times scale: Double, as type: Value.Type = Value.self) -> Sourced<Value>? {
        number(key).map { Sourced(Value($0.value * scale), source: $0.source) }
    }

    /// A quantity that may be given in one of several units; the first file that has any of the keys decides.
    func quantity<Value: Quantity>(anyOf units: [(key: String, scale: Double)], as type: Value.Type = Value.self) -> Sourced<Value>? {
        for layer in layers {
            let present = units.filter { layer.mapping.entry($0.key) != nil }
            guard let unit = present.first else { continue }
            if present.count > 1, let second = layer.mapping.entry(present[1].key) {
                problems.add(second.location, "'\(present[1].key)' repeats '\(unit.key)', give one of them")
            }
            return quantity(unit.key, times: unit.scale)
        }
        return nil
    }

    /// A whole number.
    func integer(_ key: String) -> Sourced<Int>? {
        guard let number = number(key), let (value, _) = entry(key) else { return nil }
        guard number.value == number.value.rounded(), number.value < 1e15 else {
            problems.add(value.location, "'\(key)': found \(number.value), a whole number belongs here")
            return nil
        }
        return Sourced(Int(number.value), source: number.source)
    }

    /// Notes a missing key and answers nil, else the number.
    func needed<Value>(_ key: String, _ found: Sourced<Value>?) -> Sourced<Value>? {
        if found == nil, entry(key) == nil { missing(key) }
        return found
    }

    /// As `needed`, for a quantity with several possible keys.
    func needed<Value>(anyOf keys: [String], _ found: Sourced<Value>?) -> Sourced<Value>? {
        if found == nil, keys.allSatisfy({ entry($0) == nil }) { missing(keys.joined(separator: "' or '")) }
        return found
    }
}
