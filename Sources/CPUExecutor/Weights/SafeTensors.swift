import ConfigurationFiles
import Foundation

/// A memory-mapped safetensors file: a length, a JSON header, and the tensors' bytes (Hugging Face, "safetensors" format description).
///
/// Opening checks the whole header: each tensor's bytes lie inside the file, match its shape and format, and overlap no other's.
public final class SafeTensors: @unchecked Sendable {
    /// A tensor as the header describes it.
    public struct Entry: Hashable, Sendable {
        public var name: String
        public var format: ElementFormat
        public var shape: [Int]
        /// Bytes from the start of the file.
        public var range: Range<Int>
    }

    /// Formats that the reader understands.
    public enum ElementFormat: String, CaseIterable, Sendable {
        case f32 = "F32"
        case f16 = "F16"
        case bf16 = "BF16"
        case f64 = "F64"
        case i64 = "I64"
        case i32 = "I32"
        case i16 = "I16"
        case i8 = "I8"
        case u8 = "U8"
        case bool = "BOOL"

        public var bytes: Int {
            switch self {
            case .f64, .i64: 8
            case .f32, .i32: 4
            case .f16, .bf16, .i16: 2
            case .i8, .u8, .bool: 1
            }
        }
    }

    public let path: String
    /// Tensors in the order of their names.
    public let entries: [Entry]
    private let positions: [String: Int]
    private let data: Data

    /// Headers beyond this are hostile: the largest published ones are under 10 MB.
    private static let headerLimit = 100 << 20

    /// - Throws: for a file that is missing, unreadable, truncated or contradicts itself; the message names the tensor.
    public init(path: String) throws(ConfigurationError) {
        self.path = path
        let place = ConfigurationLocation(path: path)
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        } catch {
            let exists = FileManager.default.fileExists(atPath: path)
            throw ConfigurationError(place, exists ? "cannot be read" : "no such file")
        }
        guard data.count >= 8 else { throw ConfigurationError(place, "\(data.count) bytes; a safetensors file starts with 8 bytes of header length") }
        let length = data.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self).littleEndian }
        guard length <= UInt64(Self.headerLimit), 8 + Int(length) <= data.count else {
            throw ConfigurationError(
                place, "the header claims \(length) bytes, the file has \(data.count); truncated, or not a safetensors file")
        }
        let header = Data(data[data.startIndex + 8..<data.startIndex + 8 + Int(length)])
        entries = try Self.decode(header, path: path, bodyStart: 8 + Int(length), fileSize: data.count)
        positions = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    /// The entry of a name, nil where the file has none.
    public func entry(_ name: String) -> Entry? { positions[name].map { entries[$0] } }

    /// The raw bytes of an entry, valid while this object lives.
    public func bytes(of entry: Entry) -> UnsafeRawBufferPointer {
        data.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[entry.range]) }
    }

    /// The values of a tensor as Float, converted where it is stored otherwise.
    ///
    /// - Throws: when the file has no such tensor.
    public func floats(_ name: String) throws(ConfigurationError) -> [Float] {
        let entry = try required(name)
        let bytes = bytes(of: entry)
        let count = entry.range.count / entry.format.bytes
        return switch entry.format {
        case .f32: (0..<count).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
        case .bf16: (0..<count).map { Float(bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) << 16) }
        case .f16: (0..<count).map { Self.widen(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) }
        case .f64: (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)) }
        case .i64: (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
        case .i32: (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
        case .i16: (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self)) }
        case .i8: (0..<count).map { Float(Int8(bitPattern: bytes[$0])) }
        case .u8, .bool: (0..<count).map { Float(bytes[$0]) }
        }
    }

    /// The values of an integer tensor.
    ///
    /// - Throws: when the file has no such tensor or it is not one of integers.
    public func integers(_ name: String) throws(ConfigurationError) -> [Int] {
        let entry = try required(name)
        guard [.i64, .i32].contains(entry.format) else {
            throw ConfigurationError(ConfigurationLocation(path: path), "tensor '\(name)' is \(entry.format.rawValue), expected I64 or I32")
        }
        let bytes = bytes(of: entry)
        let wide = entry.format == .i64
        return (0..<(entry.range.count / entry.format.bytes)).map {
            wide ? Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) : Int(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
        }
    }

    /// The entry of a name.
    ///
    /// - Throws: when the file has none, naming the nearest.
    public func required(_ name: String) throws(ConfigurationError) -> Entry {
        if let entry = entry(name) { return entry }
        throw ConfigurationError(
            ConfigurationLocation(path: path), "no tensor '\(name)'\(Spelling.suggestion(for: name, in: entries.map(\.name)))")
    }

    private static func widen(_ bits: UInt16) -> Float {
        // IEEE half by hand: Float16 is not available on every platform Swift runs on.
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1F
        let fraction = UInt32(bits & 0x3FF)
        if exponent == 0 { return Float(bitPattern: sign | 0x3F80_0000) * Float(fraction) * 0x1p-24 }
        if exponent == 31 { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
        return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}

extension SafeTensors {
    private static func decode(
        _ header: Data, path: String, bodyStart: Int, fileSize: Int
    ) throws(ConfigurationError) -> [Entry] {
        let document = try ConfigurationDocument(bytes: [UInt8](header), path: path, format: .json, limits: .largeJSON)
        let problems = ProblemCollector()
        var entries: [Entry] = []
        for tensor in try document.mapping().entries where tensor.key != "__metadata__" {
            let entry = problems.collect { () throws(ConfigurationError) in
                try Self.entry(tensor, bodyStart: bodyStart, fileSize: fileSize)
            }
            if let entry { entries.append(entry) }
        }
        let byPosition = entries.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (left, right) in zip(byPosition, byPosition.dropFirst()) where left.range.upperBound > right.range.lowerBound {
            problems.add(ConfigurationLocation(path: path), "tensors '\(left.name)' and '\(right.name)' overlap")
        }
        try problems.throwIfAny()
        return entries.sorted { $0.name < $1.name }
    }

    private static func entry(
        _ tensor: ConfigurationEntry, bodyStart: Int, fileSize: Int
    ) throws(ConfigurationError) -> Entry {
        let fields = try tensor.value.mapping()
        let formatName: String = try fields.required("dtype")
        guard let format = ElementFormat(rawValue: formatName) else {
            let known = ElementFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError(tensor.location, "tensor '\(tensor.key)' has dtype '\(formatName)'; understood are \(known)")
        }
        let shape: [Int] = try fields.required("shape")
        let offsets: [Int] = try fields.required("data_offsets")
        var elements = 1
        for dimension in shape {
            let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow, product <= 1 << 48 else {
                throw ConfigurationError(tensor.location, "tensor '\(tensor.key)' has the impossible shape \(shape)")
            }
            elements = product
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= fileSize - bodyStart else {
            throw ConfigurationError(
                tensor.location, "tensor '\(tensor.key)' claims bytes \(offsets) of \(fileSize - bodyStart); truncated or damaged")
        }
        guard offsets[1] - offsets[0] == elements * format.bytes else {
            throw ConfigurationError(
                tensor.location,
                "tensor '\(tensor.key)' of shape \(shape) in \(formatName) needs \(elements * format.bytes) bytes, its range has \(offsets[1] - offsets[0])")
        }
        return Entry(name: tensor.key, format: format, shape: shape, range: bodyStart + offsets[0]..<bodyStart + offsets[1])
    }
}
