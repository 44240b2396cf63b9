import ConfigurationFiles
import Foundation

/// The folders of architecture files, and the look-up of devices, software stacks and server systems in them.
///
/// A root holds `<vendor>/<id>.yaml`, `<vendor>/generations/<name>.yaml`, `<vendor>/calibrations/<generation>.yaml`, `links/<family>.yaml`,
/// `software/<id>.yaml` and `systems/<id>.yaml`; a user's own root may hold `<id>.yaml` directly. Roots are searched in order; the first that has a name answers.
public struct ArchitectureLibrary: Sendable {
    public static let environmentVariable = "RIDGELINE_ARCHITECTURES"
    /// Folders of a root or vendor that hold no devices.
    static let reservedFolders: Set<String> = ["generations", "calibrations", "links", "software", "systems"]

    /// Paths of the roots, searched in order.
    public let roots: [String]
    /// What is known of link technologies, from all roots.
    public let links: LinkCatalogue
    let files: [ArchitectureFile]

    /// A library over the given roots.
    ///
    /// - Throws: when there is none, one of them is no folder, or a file of link technologies is wrong.
    /// - Complexity: lists the folders; reads the few files of link technologies, no device.
    public init(roots: [String]) throws(ArchitectureLibraryError) {
        guard !roots.isEmpty else {
            throw ArchitectureLibraryError(
                .noLibrary,
                "no folder of architectures found: give --architectures DIR or set \(Self.environmentVariable)")
        }
        self.roots = roots
        var files: [ArchitectureFile] = []
        for root in roots { files += try ArchitectureFile.list(root: root) }
        self.files = files
        links = try Self.readLinks(roots)
    }

    /// The library that a command uses: the given folder, those of `RIDGELINE_ARCHITECTURES` (separated by colons), then the one that
    /// ships with Ridgeline.
    ///
    /// The shipped folder is the first that exists of: `Architectures` in the current folder; `Architectures` in a folder above the
    /// executable (a build in a checkout); `share/ridgeline/Architectures` beside the executable's `bin` (an installation); the source
    /// checkout that the executable was compiled from.
    ///
    /// - Throws: when no folder is found or one that was named is missing.
    public static func standard(
        additional: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ArchitectureLibraryError) -> ArchitectureLibrary {
        var roots = additional
        roots += (environment[environmentVariable] ?? "").split(separator: ":").map(String.init)
        if let shipped = shippedRoot(), !roots.contains(shipped) { roots.append(shipped) }
        return try ArchitectureLibrary(roots: roots)
    }

    /// The folder that ships with Ridgeline, nil where none is found.
    static func shippedRoot() -> String? {
        var candidates = ["Architectures"]
        if let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
            candidates.append(folder.deletingLastPathComponent().appendingPathComponent("share/ridgeline/Architectures").path)
            for _ in 0..<5 {
                candidates.append(folder.appendingPathComponent("Architectures").path)
                folder.deleteLastPathComponent()
            }
        }
        let source = URL(fileURLWithPath: #filePath)
        candidates.append(source.deletingLastPathComponent().appendingPathComponent("../../Architectures").standardized.path)
        return candidates.first { isLibrary($0) }
    }

    /// Whether a folder looks like a library: some vendor in it has generations.
    private static func isLibrary(_ path: String) -> Bool {
        let vendors = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return vendors.contains { FileManager.default.fileExists(atPath: "\(path)/\($0)/generations") }
    }

    /// The name as it is compared: lower case, letters and digits only, so that `A100-SXM4-80GB` and `a100 sxm4 80gb` are one name.
    public static func normalized(_ name: String) -> String {
        String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || ($0.value >= 48 && $0.value <= 57) }))
    }
}

/// What a name of the library stands for.
public enum LibraryEntry: Sendable {
    case device(Architecture)
    /// A name without hardware or without public numbers.
    case explained(ExplainedEntry)

    public var id: String {
        switch self {
        case .device(let architecture): architecture.id
        case .explained(let entry): entry.id
        }
    }
}

/// A name that people know and that cannot be projected, with the reason.
public struct ExplainedEntry: Hashable, Sendable {
    public var id: String
    public var name: String
    public var vendor: String
    public var aliases: [String]
    public var launchYear: Int?
    /// What is known, and why there is no projection.
    public var explanation: String
    /// A device to look at instead.
    public var nearest: String?
}

/// Why the library cannot answer.
public struct ArchitectureLibraryError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// No device of that name.
        case unknownName
        /// The name has no hardware or no public numbers; the description explains.
        case explained
        /// Two devices claim the name.
        case ambiguous
        /// A file of the library is wrong.
        case invalidFile
        /// There is no library folder.
        case noLibrary
    }

    public var code: Code
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
