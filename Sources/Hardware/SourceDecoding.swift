import ConfigurationFiles

extension Source: ConfigurationDecodable {
    /// `datasheet: NVIDIA A100 datasheet, page 2`, or the same as a mapping `{kind: datasheet, text: …}`, as fit tools write it.
    public init(configuration value: ConfigurationValue) throws(ConfigurationError) {
        if case .mapping = value.content {
            let mapping = try value.mapping()
            try mapping.requireKeys(in: ["kind", "text"])
            let kind = try mapping.required("kind", as: ConfigurationValue.self).choice(of: Source.Kind.self)
            self.init(kind, try mapping.required("text", as: String.self))
            return
        }
        let text = try String(configuration: value)
        let allowed = Source.Kind.allCases.map(\.rawValue)
        guard let colon = text.firstIndex(of: ":") else {
            throw ConfigurationError(
                value.location, "found the source \"\(text.prefix(60))\", write it as \"kind: document and place\" with a kind of \(allowed.joined(separator: ", "))")
        }
        let name = String(text[..<colon])
        guard let kind = Kind(rawValue: name) else {
            throw ConfigurationError(
                value.location,
                "unknown kind of source '\(name.prefix(60))', allowed are \(allowed.joined(separator: ", "))\(Spelling.suggestion(for: name, in: allowed))")
        }
        let rest = String(text[text.index(after: colon)...].drop { $0 == " " })
        guard !rest.isEmpty else {
            throw ConfigurationError(value.location, "the source '\(name)' names no document, say where the number stands or how it was made")
        }
        self.init(kind, rest)
    }
}
