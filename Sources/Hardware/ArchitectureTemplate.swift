/// Writes an architecture file to start a design from.
public enum ArchitectureTemplate {
    /// A file that extends a device and lists every number of it as a comment, ready to be uncommented and changed.
    ///
    /// Until a number is changed the new device equals the old one, so the file projects at once.
    public static func extending(_ device: Architecture, name: String) -> String {
        var lines = [
            "# \(name): a design that starts from \(device.name).",
            "# Every line that is commented out holds the value that \(device.id) has. To change one, remove the '# ' in front of it and of the",
            "# sections above it, write the new value, and say where it comes from: source: \"kind: document and place\", with a kind of",
            "# \(Source.Kind.allCases.map(\.rawValue).joined(separator: ", ")).",
            "# `ridgeline arch check FILE` says what does not add up.",
            "", "extends: \(device.id)", "name: \(name)", "aliases: []",
        ]
        var open: [String] = []
        for number in device.numbers where number.section.first != "prices" {
            var shared = 0
            while shared < min(open.count, number.section.count), open[shared] == number.section[shared] { shared += 1 }
            if shared == 0 { lines.append("") }
            for depth in shared..<number.section.count { lines.append("# " + indent(depth) + number.section[depth] + ":") }
            open = number.section
            let source = "\(number.source.kind.rawValue): \(number.source.text)".replacing("\"", with: "'")
            lines.append("# \(indent(number.section.count))\(number.key): {value: \(plain(number.value)), source: \"\(source)\"}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    static func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
