import ConfigurationFiles

#if canImport(Glibc)
import Glibc
#endif

/// One row of a CSV file: its bytes, and where each field begins and ends in them.
///
/// The same value is filled again for each row, so reading a row allocates nothing once the longest row has been seen.
struct CSVRow {
    /// The fields' text one after another, quotes removed.
    var bytes: [UInt8] = []
    /// End of each field in `bytes`; a field begins where the one before it ends.
    var ends: [Int] = []
    /// Column of each field's first character in the file, from 1.
    var columns: [Int] = []
    /// Line of the row's first character in the file, from 1.
    var line = 1

    var fieldCount: Int { ends.count }

    /// Positions of a field in `bytes`.
    func range(_ field: Int) -> Range<Int> { (field == 0 ? 0 : ends[field - 1])..<ends[field] }

    /// Whether the row is an empty line.
    var isBlank: Bool { ends.count == 1 && ends[0] == 0 }
}

/// Reads a CSV file (RFC 4180: commas, double quotes, LF or CRLF) piece by piece, so memory follows the longest row and not the file.
struct CSVReader {
    let path: String
    private let file: InputFile
    private var chunk = [UInt8](repeating: 0, count: 1 << 18)
    private var position = 0
    private var count = 0
    private var line = 1
    private var column = 1
    private var offset = 0
    private let limits: MeasuredLimits

    /// - Throws: when the file is missing, a folder, unreadable or larger than the limits allow.
    init(_ path: String, limits: MeasuredLimits) throws(ConfigurationError) {
        self.path = path
        self.limits = limits
        file = try InputFile(path, limit: limits.bytes)
        try refill()
        if count >= 3, chunk[0] == 0xEF, chunk[1] == 0xBB, chunk[2] == 0xBF { position = 3 }
        if count >= 2, chunk[0] == 0xFF && chunk[1] == 0xFE || chunk[0] == 0xFE && chunk[1] == 0xFF {
            throw ConfigurationError(ConfigurationLocation(path: path), "the file is UTF-16, text must be UTF-8")
        }
    }

    /// Reads the next row; false at the end of the file.
    ///
    /// - Throws: for a zero byte, text after a closing quote, a quote that never closes, or a row longer than the limits allow.
    mutating func next(into row: inout CSVRow) throws(ConfigurationError) -> Bool {
        row.bytes.removeAll(keepingCapacity: true)
        row.ends.removeAll(keepingCapacity: true)
        row.columns.removeAll(keepingCapacity: true)
        row.line = line
        row.columns.append(column)
        var isQuoted = false
        var wasQuoted = false
        var isAnything = false
        while true {
            if position == count {
                try refill()
                if count == 0 { break }
            }
            let byte = chunk[position]
            position += 1
            isAnything = true
            if isQuoted {
                if byte == UInt8(ascii: "\"") {
                    if try peek() == UInt8(ascii: "\"") {
                        position += 1
                        column += 1
                        row.bytes.append(byte)
                    } else {
                        isQuoted = false
                        wasQuoted = true
                    }
                } else {
                    try append(byte, to: &row)
                }
                advance(past: byte)
                continue
            }
            switch byte {
            case UInt8(ascii: ","):
                row.ends.append(row.bytes.count)
                wasQuoted = false
                advance(past: byte)
                row.columns.append(column)
            case UInt8(ascii: "\n"):
                advance(past: byte)
                if row.bytes.last == UInt8(ascii: "\r"), !wasQuoted { row.bytes.removeLast() }
                row.ends.append(row.bytes.count)
                return true
            case UInt8(ascii: "\"") where !wasQuoted && row.bytes.count == (row.ends.last ?? 0):
                isQuoted = true
                advance(past: byte)
            case UInt8(ascii: "\r") where wasQuoted:
                advance(past: byte)
            default:
                guard !wasQuoted else { throw problem("text after the closing quote of a field, a comma or the end of the line belongs here") }
                try append(byte, to: &row)
                advance(past: byte)
            }
        }
        guard !isQuoted else {
            throw ConfigurationError(
                ConfigurationLocation(path: path, line: row.line, column: row.columns.last), "the quote that opens here never closes; is the file truncated?")
        }
        guard isAnything else { return false }
        if row.bytes.last == UInt8(ascii: "\r") { row.bytes.removeLast() }
        row.ends.append(row.bytes.count)
        return true
    }

    private mutating func append(_ byte: UInt8, to row: inout CSVRow) throws(ConfigurationError) {
        guard byte != 0 else { throw problem("the file is binary (byte \(offset - count + position - 1) is zero), comma-separated text belongs here") }
        guard row.bytes.count < limits.rowBytes else { throw problem("a row of more than \(limits.rowBytes) bytes; is this a CSV file?") }
        row.bytes.append(byte)
    }

    private mutating func advance(past byte: UInt8) {
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }

    /// The next byte without taking it, nil at the end.
    private mutating func peek() throws(ConfigurationError) -> UInt8? {
        if position == count { try refill() }
        return position < count ? chunk[position] : nil
    }

    private mutating func refill() throws(ConfigurationError) {
        count = try file.read(into: &chunk)
        position = 0
        offset += count
    }

    private func problem(_ message: String) -> ConfigurationError {
        ConfigurationError(ConfigurationLocation(path: path, line: line, column: column), message)
    }
}

/// Bounds on what a measured file may ask of the reader.
public struct MeasuredLimits: Hashable, Sendable {
    /// Bytes of one file.
    public var bytes = 1 << 30
    /// Bytes of one row.
    public var rowBytes = 1 << 20
    /// Rows of all files together.
    public var rows = 20_000_000
    /// Problems that are listed before the reader gives up on a file.
    public var problems = 20

    public init() {}
}

/// An open file, closed when the last reader of it goes.
private final class InputFile {
    private let descriptor: Int32
    private let place: ConfigurationLocation

    init(_ path: String, limit: Int) throws(ConfigurationError) {
        place = ConfigurationLocation(path: path)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ConfigurationError(place, MeasuredFolder.openingProblem(path, code: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ConfigurationError(place, String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw ConfigurationError(place, "found a folder, a CSV file belongs here") }
        guard Int(status.st_size) <= limit else {
            throw ConfigurationError(place, "the file has \(status.st_size) bytes, at most \(limit) are read")
        }
    }

    /// Fills the buffer from its start and returns the bytes read, 0 at the end.
    func read(into buffer: inout [UInt8]) throws(ConfigurationError) -> Int {
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw ConfigurationError(place, "reading failed: \(String(cString: strerror(errno)))") }
        }
    }

    deinit { close(descriptor) }
}
