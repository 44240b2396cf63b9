import ConfigurationFiles

extension ConstantGroup {
    /// The groups of a calibration file: group -> name -> `{value, plausible, source}`, at the top or under `groups:`.
    ///
    /// - Throws: every problem of the file.
    public static func groups(in document: ConfigurationDocument) throws(ConfigurationError) -> [ConstantGroup] {
        let problems = ProblemCollector()
        var mapping = try document.mapping()
        if let inner = mapping["groups"] { mapping = try inner.mapping() }
        let groups = ConstantDecoding.groups(LayeredSection(files: [mapping], problems: problems), problems: problems)
        try problems.throwIfAny()
        return groups
    }
}
