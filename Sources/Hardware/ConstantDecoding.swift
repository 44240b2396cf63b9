import ConfigurationFiles
import Quantities

/// Calibrated constants of a generation, as a fit tool wrote them.
struct Calibration {
    var groups: ConfigurationMapping
    /// The generation they were fitted on where it is not the device's own.
    var transferredFrom: String?
}

/// Reads groups of simulator constants: group -> name -> `{value, plausible: [low, high], source}`.
enum ConstantDecoding {
    /// The constants of a device: its own files' first, then the calibration's; each name once per group, the first wins.
    static func groups(
        _ root: LayeredSection, calibrations: [Calibration], problems: ProblemCollector
    ) -> [ConstantGroup] {
        var groups: [ConstantGroup] = []
        if let section = root.section("constants") { groups = self.groups(section, problems: problems) }
        for calibration in calibrations {
            let layered = LayeredSection(files: [calibration.groups], problems: problems)
            for var group in self.groups(layered, problems: problems) {
                if let origin = calibration.transferredFrom {
                    for index in group.constants.indices { group.constants[index].number.source.text += "; transferred from \(origin)" }
                }
                merge(group, into: &groups)
            }
        }
        return groups
    }

    /// All groups of one section.
    static func groups(_ section: LayeredSection, problems: ProblemCollector) -> [ConstantGroup] {
        section.keys.compactMap { name in
            section.section(name).map { ConstantGroup(name: name, constants: constants($0, problems: problems)) }
        }
    }

    private static func merge(_ group: ConstantGroup, into groups: inout [ConstantGroup]) {
        guard let position = groups.firstIndex(where: { $0.name == group.name }) else {
            groups.append(group)
            return
        }
        let known = groups[position].constants.map(\.name)
        groups[position].constants += group.constants.filter { !known.contains($0.name) }
    }

    private static func constants(_ section: LayeredSection, problems: ProblemCollector) -> [NamedConstant] {
        section.keys.compactMap { name in
            guard let (value, inherited) = section.entry(name) else { return nil }
            return problems.collect { () throws(ConfigurationError) in try constant(name, value, inherited: inherited) }
        }
    }

    private static func constant(_ name: String, _ value: ConfigurationValue, inherited: Source?) throws(ConfigurationError) -> NamedConstant {
        let number = try LayeredSection.number(value, inherited: inherited, key: name, alsoAllowed: ["plausible"], isPositive: false)
        guard case .mapping = value.content, let range = try value.mapping()["plausible"], !range.isNull else {
            return NamedConstant(name: name, number: number)
        }
        let bounds = try [Double](configuration: range)
        guard bounds.count == 2, bounds[0] <= bounds[1] else {
            throw ConfigurationError(range.location, "'plausible' is a list of the lowest and the highest value")
        }
        guard number.value >= bounds[0], number.value <= bounds[1] else {
            throw ConfigurationError(value.location, "'\(name)' is \(number.value), outside its plausible range \(bounds[0]) to \(bounds[1])")
        }
        return NamedConstant(name: name, number: number, plausible: bounds[0]...bounds[1])
    }
}
