/// A type that can be made from a value of a file.
public protocol ConfigurationDecodable {
    /// - Throws: with the value's place, what was found and what is allowed.
    init(configuration value: ConfigurationValue) throws(ConfigurationError)
}

extension ConfigurationValue: ConfigurationDecodable {
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) { self = value }
}

extension ConfigurationValue {
    /// The text of an unquoted scalar.
    fileprivate func plainText(wanted: String) throws(ConfigurationError) -> String {
        guard case .scalar(let scalar) = content, !isNull else {
            throw ConfigurationError(location, "found \(foundDescription), \(wanted) belongs here")
        }
        guard !scalar.isQuoted else {
            throw ConfigurationError(location, "found \(foundDescription), \(wanted) belongs here, without quotes")
        }
        return scalar.text
    }
}

extension Int: ConfigurationDecodable {
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        let text = try value.plainText(wanted: "a whole number")
        guard let number = ScalarRules.integer(text) else {
            throw ConfigurationError(value.location, "found \(value.foundDescription), a whole number belongs here")
        }
        self = number
    }
}

extension Double: ConfigurationDecodable {
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        let text = try value.plainText(wanted: "a number")
        guard let number = ScalarRules.number(text) else {
            throw ConfigurationError(value.location, "found \(value.foundDescription), a finite decimal number belongs here")
        }
        self = number
    }
}

extension Bool: ConfigurationDecodable {
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        let text = try value.plainText(wanted: "true or false")
        guard let boolean = ScalarRules.boolean(text) else {
            throw ConfigurationError(value.location, "found \(value.foundDescription), true or false belongs here")
        }
        self = boolean
    }
}

extension String: ConfigurationDecodable {
    /// Any scalar with text: `no`, `12:30` and `1.0` are the strings that they look like.
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        guard case .scalar(let scalar) = value.content, !value.isNull else {
            throw ConfigurationError(value.location, "found \(value.foundDescription), a text belongs here")
        }
        self = scalar.text
    }
}

extension Array: ConfigurationDecodable where Element: ConfigurationDecodable {
    /// - Throws: the problems of all elements.
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        let values = try value.sequence()
        let problems = ProblemCollector()
        var elements: [Element] = []
        elements.reserveCapacity(values.count)
        for value in values {
            if let element = problems.collect({ () throws(ConfigurationError) in try Element(configuration: value) }) { elements.append(element) }
        }
        try problems.throwIfAny()
        self = elements
    }
}

extension ConfigurationValue {
    /// The scalar as a case of an enumeration whose raw values are the words of the file.
    ///
    /// - Throws: when it is none of them, listing them and naming the nearest.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        of type: Choice.Type = Choice.self
    ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
        let text = try String(configuration: self)
        guard let choice = Choice(rawValue: text) else {
            let allowed = Choice.allCases.map(\.rawValue)
            throw ConfigurationError(
                location,
                "found '\(Self.shortened(text))', allowed are \(allowed.joined(separator: ", "))\(Spelling.suggestion(for: text, in: allowed))")
        }
        return choice
    }
}
