import Foundation

/// The package's targets and the modules each may import, read from the text of `Package.swift`.
struct PackageManifest {
    let root: URL
    /// Dependencies by target name; products of other packages appear under the product's name.
    let dependencies: [String: [String]]
    /// Targets in the order of the file.
    let targets: [String]

    init() throws {
        root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let products = Self.matches(of: #"let (\w+) = Target\.Dependency\.product\(name: "(\w+)""#, in: text)
        let productNames = Dictionary(uniqueKeysWithValues: products.map { ($0[0], $0[1]) })
        var dependencies: [String: [String]] = [:]
        var targets: [String] = []
        let declaration = #"(?:module|tests)\("(\w+)", \[([^\]]*)\]|\.executableTarget\(\s*name: "(\w+)",\s*dependencies: \[([^\]]*)\]"#
        for match in Self.matches(of: declaration, in: text) {
            let name = match[0].isEmpty ? match[2] : match[0]
            let list = match[0].isEmpty ? match[3] : match[1]
            targets.append(name)
            dependencies[name] = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
                .filter { !$0.isEmpty }
                .map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : productNames[$0] ?? $0 }
        }
        self.dependencies = dependencies
        self.targets = targets
    }

    /// The Swift files below a folder of the package.
    func swiftFiles(below folder: String) -> [URL] {
        let start = root.appendingPathComponent(folder)
        guard let enumerator = FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil) else { return [] }
        return enumerator.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
    }

    /// Modules that a Swift file imports.
    func imports(of file: URL) throws -> [String] {
        let text = try String(contentsOf: file, encoding: .utf8)
        let pattern = #"(?m)^(?:@[\w()]+ )*(?:public |internal |package |private |fileprivate )?import (?:struct |class |enum |func |protocol )?(\w+)"#
        return Self.matches(of: pattern, in: text).map { $0[0] }
    }

    /// The capture groups of every match; a group that took no part is empty.
    private static func matches(of pattern: String, in text: String) -> [[String]] {
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
        let whole = text as NSString
        return expression.matches(in: text, range: NSRange(location: 0, length: whole.length)).map { match in
            (1..<match.numberOfRanges).map { match.range(at: $0).location == NSNotFound ? "" : whole.substring(with: match.range(at: $0)) }
        }
    }
}
