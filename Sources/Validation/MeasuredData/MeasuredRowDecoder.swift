import ConfigurationFiles
import Quantities
import Workload

/// Turns rows of one file into operators; notes what is wrong with fields and goes on, so that a user sees several problems at once.
struct MeasuredRowDecoder {
    let path: String
    let family: MeasuredFamily
    let problems = ProblemCollector()
    /// Field position by column index, -1 where absent.
    let positions: [Int]
    var row = CSVRow()
    private var texts: [InternedText]

    /// What a row is.
    enum Outcome {
        case row(MeasuredSeries, Operator, Seconds)
        /// A pass of a whole model; its series' index is not known here.
        case pass(MeasuredSeries, MeasuredPass)
        /// A published figure; its series' index is not known here.
        case figure(MeasuredSeries, PublishedFigure)
        /// Understood, but nothing that can be projected.
        case skipped(device: String, reason: String)
        /// Wrong; the problems say why.
        case malformed
    }

    init(path: String, family: MeasuredFamily, positions: [Int]) {
        self.path = path
        self.family = family
        self.positions = positions
        texts = Array(repeating: InternedText(), count: positions.count)
    }

    /// Decodes the row that stands in `row`.
    mutating func decode() -> Outcome {
        let before = problems.problems.count
        let outcome: Outcome = switch family {
        case .gemm: gemm()
        case .rowwise: rowwise()
        case .elementwise: elementwise()
        case .attention: attention()
        case .collective: collective()
        case .moe: moe()
        case .endToEnd: endToEnd()
        case .serving: serving()
        case .published: published()
        }
        return problems.problems.count == before ? outcome : .malformed
    }

    // MARK: Fields

    /// Text of a column; empty where the file lacks the column or the field.
    mutating func text(_ column: MeasuredColumn) -> String {
        let position = positions[column.index]
        guard position >= 0 else { return "" }
        return texts[column.index].string(row.bytes, row.range(position))
    }

    /// Text of a column that must say something.
    mutating func name(_ column: MeasuredColumn) -> String {
        let text = text(column)
        if text.isEmpty { problem(column, "'\(column.rawValue)' is empty, a name belongs here") }
        return text
    }

    /// A whole number of at least 1; `absent` where the file lacks the column or leaves the field empty.
    mutating func dimension(_ column: MeasuredColumn, absent: Int? = nil) -> Int {
        let position = positions[column.index]
        if position < 0 || row.range(position).isEmpty {
            if let absent { return absent }
            problem(column, "'\(column.rawValue)' is empty, a whole number of at least 1 belongs here")
            return 1
        }
        let range = row.range(position)
        var number = CSVNumber.integer(row.bytes, range)
        // Spreadsheets write whole numbers as 128.0.
        if number == nil, let decimal = CSVNumber.decimal(row.bytes, range), decimal == decimal.rounded(), abs(decimal) < 1e15 {
            number = Int(decimal)
        }
        guard let number else {
            problem(column, "'\(column.rawValue)' is \(found(range)), a whole number of at least 1 belongs here")
            return 1
        }
        guard number >= 1, number <= 1 << 50 else {
            problem(column, "'\(column.rawValue)' is \(number), a whole number from 1 to 2^50 belongs here")
            return 1
        }
        return number
    }

    /// A positive decimal number.
    mutating func positive(_ column: MeasuredColumn) -> Double {
        let position = positions[column.index]
        guard position >= 0 else { return 1 }
        let range = row.range(position)
        guard let number = CSVNumber.decimal(row.bytes, range) else {
            problem(column, "'\(column.rawValue)' is \(range.isEmpty ? "empty" : found(range)), a positive number belongs here")
            return 1
        }
        guard number > 0, number < 1e15 else {
            problem(column, "'\(column.rawValue)' is \(found(range)), a positive number belongs here")
            return 1
        }
        return number
    }

    func problem(_ column: MeasuredColumn, _ message: String) {
        let position = positions[column.index]
        problems.add(
            ConfigurationLocation(path: path, line: row.line, column: position >= 0 && position < row.columns.count ? row.columns[position] : 1),
            message)
    }

    private func found(_ range: Range<Int>) -> String {
        let text = String(decoding: row.bytes[range].prefix(40), as: UTF8.self)
        return "'\(text)\(range.count > 40 ? "…" : "")'"
    }

    /// The series of the row, with what every family has.
    mutating func series(dtype: String, op: String, topology: String = "") -> MeasuredSeries {
        MeasuredSeries(
            path: path, family: family, source: text(.source), device: name(.device), dtype: dtype, op: op, kernel: text(.kernel),
            topology: topology)
    }

    mutating func latency() -> Seconds { Seconds(microseconds: positive(.latencyMicroseconds)) }
}

/// The last text of a column: neighbouring rows mostly repeat it, and then no string is made.
private struct InternedText {
    private var last = ""
    private var lastBytes: [UInt8] = []
    private var known: [String: String] = [:]

    mutating func string(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        if range.count == lastBytes.count, lastBytes.elementsEqual(bytes[range]) { return last }
        let text = String(decoding: bytes[range], as: UTF8.self)
        lastBytes = Array(bytes[range])
        if let same = known[text] {
            last = same
        } else {
            last = text
            if known.count < 10_000 { known[text] = text }
        }
        return last
    }
}
