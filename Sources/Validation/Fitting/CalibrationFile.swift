import Foundation
import Hardware
import Quantities

/// A calibration file of a generation: groups of constants, each with its range and source, as the architecture library reads it.
public struct CalibrationFile: Sendable {
    public var groups: [ConstantGroup]
    /// Lines of the comment at the top.
    public var comment: [String]

    public init(groups: [ConstantGroup], comment: [String] = []) {
        self.groups = groups
        self.comment = comment
    }

    /// The groups with fitted constants in place of those of the same name; every other constant as it was.
    public mutating func set(_ variables: [FitVariable], to values: [Double], source: Source) {
        for (variable, value) in zip(variables, values) {
            let constant = NamedConstant(name: variable.name, number: Sourced(value, source: source), plausible: variable.plausible)
            let position = groups.firstIndex { $0.name == variable.group } ?? groups.count
            if position == groups.count { groups.append(ConstantGroup(name: variable.group, constants: [])) }
            if let known = groups[position].constants.firstIndex(where: { $0.name == variable.name }) {
                groups[position].constants[known] = constant
            } else {
                groups[position].constants.append(constant)
            }
        }
    }

    /// Keeps only the groups in which a variable stands.
    public mutating func keepGroups(of variables: [FitVariable]) {
        groups.removeAll { group in !variables.contains { $0.group == group.name } }
    }

    /// The file as YAML.
    public var yaml: String { yaml(under: []) }

    /// The file as YAML with the groups below the given keys, as a software stack has them (`generations`, `ampere`).
    public func yaml(under keys: [String]) -> String {
        var lines = comment.map { $0.isEmpty ? "#" : "# \($0)" }
        lines.append("")
        for (depth, key) in keys.enumerated() { lines.append(String(repeating: "  ", count: depth) + "\(Self.key(key)):") }
        let indent = String(repeating: "  ", count: keys.count)
        for group in groups {
            if keys.isEmpty, group.name != groups.first?.name { lines.append("") }
            lines.append("\(indent)\(Self.key(group.name)):")
            let shared = Self.commonSource(group)
            if let shared { lines.append("\(indent)  source: \(Self.text(shared))") }
            for constant in group.constants {
                var parts = ["value: \(Self.number(constant.number.value))"]
                if let plausible = constant.plausible {
                    parts.append("plausible: [\(Self.number(plausible.lowerBound)), \(Self.number(plausible.upperBound))]")
                }
                let source = constant.number.source
                if source != shared { parts.append("source: \(Self.text(source))") }
                lines.append("\(indent)  \(Self.key(constant.name)): {\(parts.joined(separator: ", "))}")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The source that most constants of a group have, stated once for the group; nil for a group of one.
    private static func commonSource(_ group: ConstantGroup) -> Source? {
        let sources = group.constants.map(\.number.source)
        let counts = sources.map { source in sources.count { $0 == source } }
        guard let most = counts.max(), most > 1, let index = counts.firstIndex(of: most) else { return nil }
        return sources[index]
    }

    private static func text(_ source: Source) -> String { "{kind: \(source.kind.rawValue), text: \(quoted(source.text))}" }

    /// The shortest text that reads back as the number, whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    private static func key(_ name: String) -> String {
        name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 65 && $0 <= 90) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 46 || $0 == 45 }
            ? name : quoted(name)
    }

    /// The text as a double-quoted YAML scalar.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case let control where control.value < 32: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension CalibrationFit.Outcome {
    /// The source that fitted constants state: rows, devices, errors before and after and on what was left out.
    public func provenance(family: MeasuredFamily, date: String?) -> Source {
        func percent(_ statistics: ErrorStatistics?) -> String? {
            statistics.map { FixedPoint.format($0.meanAbsolute, fractionDigits: 1) + " %" }
        }
        var text = "\(rows) \(family.rawValue) rows of \(sources.joined(separator: ", ")) on \(devices.joined(separator: ", "))"
        if let before = percent(before), let after = percent(after) { text += "; mean error \(before) before, \(after) after" }
        if let byShape = percent(byShape) { text += ", \(byShape) on shapes left out" }
        for device in byDevice { text += ", \(percent(device.leftOut) ?? "") on \(device.device) left out" }
        if let date { text += "; \(date)" }
        return Source(.calibrated, text)
    }
}
