/// Bounds on what a file may ask of the reader: configuration files are small, and a hostile or mistaken one is refused early.
public struct ReadingLimits: Hashable, Sendable {
    public var bytes: Int
    public var nodes: Int
    public var depth: Int

    /// 4 MiB, 200 000 values, 64 levels: some hundred times what the largest file of ours needs.
    public static let configuration = ReadingLimits(bytes: 4 << 20, nodes: 200_000, depth: 64)
    /// 256 MiB and 20 million values, for JSON that programs write.
    public static let largeJSON = ReadingLimits(bytes: 256 << 20, nodes: 20_000_000, depth: 128)

    public init(bytes: Int, nodes: Int, depth: Int) {
        self.bytes = bytes
        self.nodes = nodes
        self.depth = depth
    }
}

/// A YAML or JSON file, read into values that know where they stand.
public struct ConfigurationDocument: Sendable {
    public enum Format: Sendable, CaseIterable { case yaml, json }

    public let path: String
    public let root: ConfigurationValue

    /// Reads a file; names ending in `.json` are read as strict JSON, everything else as YAML (of which JSON is a subset).
    ///
    /// - Throws: when the file is missing (naming the nearest name in its folder), no text, empty, too large or malformed.
    public static func read(
        _ path: String, format: Format? = nil, limits: ReadingLimits = .configuration
    ) throws(ConfigurationError) -> ConfigurationDocument {
        let bytes = try TextFile.read(path, limit: limits.bytes)
        let inferred: Format = path.lowercased().hasSuffix(".json") ? .json : .yaml
        return try ConfigurationDocument(bytes: bytes, path: path, format: format ?? inferred, limits: limits)
    }

    /// Reads text; `path` is what messages call it.
    public init(
        text: String, path: String, format: Format = .yaml, limits: ReadingLimits = .configuration
    ) throws(ConfigurationError) {
        try self.init(bytes: Array(text.utf8), path: path, format: format, limits: limits)
    }

    /// Reads UTF-8 bytes; `path` is what messages call them.
    public init(
        bytes: [UInt8], path: String, format: Format, limits: ReadingLimits = .configuration
    ) throws(ConfigurationError) {
        guard bytes.count <= limits.bytes else {
            throw ConfigurationError(
                ConfigurationLocation(path: path), "the text has \(bytes.count) bytes, at most \(limits.bytes) are read")
        }
        let content = try TextFile.withoutByteOrderMark(bytes, path: path)
        self.path = path
        switch format {
        case .json: root = try JSONReader.read(content, path: path, limits: limits)
        case .yaml: root = try YAMLReader.read(content, path: path, limits: limits)
        }
    }

    /// The root as a mapping.
    ///
    /// - Throws: when the file holds a list or a single value.
    public func mapping() throws(ConfigurationError) -> ConfigurationMapping { try root.mapping() }
}
