import ConfigurationFiles
import Foundation

/// A device's file in a library: where it is, and its names without reading the whole.
struct ArchitectureFile: Sendable {
    var id: String
    var path: String
    var root: String

    /// The device files of a root, sorted by path.
    ///
    /// - Throws: when the root is no folder.
    static func list(root: String) throws(ArchitectureLibraryError) -> [ArchitectureFile] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root) else {
            throw ArchitectureLibraryError(.noLibrary, "\(root): no folder of architectures")
        }
        var files: [ArchitectureFile] = []
        for name in names.sorted() {
            if let id = deviceID(name) {
                files.append(ArchitectureFile(id: id, path: "\(root)/\(name)", root: root))
            } else if !ArchitectureLibrary.reservedFolders.contains(name),
                let inner = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(name)")
            {
                for file in inner.sorted() {
                    if let id = deviceID(file) { files.append(ArchitectureFile(id: id, path: "\(root)/\(name)/\(file)", root: root)) }
                }
            }
        }
        return files
    }

    private static func deviceID(_ name: String) -> String? {
        guard name.hasSuffix(".yaml"), !name.hasPrefix(".") else { return nil }
        return String(name.dropLast(5))
    }

    /// The folder in which the file stands.
    var folder: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }

    /// The device's name and aliases: the two top-level entries are cut out and parsed alone, so that a look-up by alias stays cheap.
    ///
    /// A file that cannot be read answers no names here; loading it tells what is wrong.
    /// - Complexity: linear in the bytes of the file.
    func names() -> [String] {
        guard let bytes = try? TextFile.read(path, limit: ReadingLimits.configuration.bytes) else { return [] }
        var head: [UInt8] = []
        var keeps = false
        for line in bytes.split(separator: 10, omittingEmptySubsequences: true) {
            let isKey = line.first.map { $0 != 32 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "]") } ?? false
            if isKey { keeps = line.starts(with: Array("aliases:".utf8)) || line.starts(with: Array("name:".utf8)) }
            if keeps { head += line + [10] }
        }
        guard !head.isEmpty, let document = try? ConfigurationDocument(bytes: head, path: path, format: .yaml),
            let mapping = try? document.mapping()
        else { return [] }
        let aliases = mapping["aliases"].flatMap { try? [String](configuration: $0) } ?? []
        let name = mapping["name"].flatMap { try? String(configuration: $0) }
        return (name.map { [$0] } ?? []) + aliases
    }
}
