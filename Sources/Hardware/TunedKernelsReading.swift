import ConfigurationFiles

extension TunedKernels {
    static let kernelColumns = ["kernel", "features", "tokens", "depth", "split", "slices", "threads", "shared_bytes", "matrix_pipe"]
    static let sizeColumns = ["features", "tokens", "contraction", "kernel"]

    /// Reads `<stem>.kernels.csv`, `<stem>.normal.csv` and `<stem>.transposed.csv` (docs/file-formats.md, tuned kernels).
    ///
    /// - Throws: the first problem of the three files, with its line.
    public init(stem: String) throws(ConfigurationError) {
        var kernels: [TunedKernel] = []
        let path = "\(stem).kernels.csv"
        for row in try IntegerTable.read(path, columns: Self.kernelColumns, least: [0, 1, 1, 1, 1, 1, 1, 1, 0]) {
            guard row[0] == kernels.count, row[8] <= 1 else {
                throw ConfigurationError(
                    ConfigurationLocation(path: path, line: kernels.count + 2),
                    "kernel \(row[0]) with matrix_pipe \(row[8]); kernels count from 0 without gaps, matrix_pipe is 0 or 1")
            }
            kernels.append(
                TunedKernel(
                    tile: KernelTile(features: row[1], tokens: row[2], threads: row[6], slices: row[5]), depth: row[3], split: row[4],
                    sharedMemoryBytes: row[7], usesMatrixPipe: row[8] == 1))
        }
        self.init(
            kernels: kernels, normal: try Self.sizes("\(stem).normal.csv", kernels: kernels.count),
            transposed: try Self.sizes("\(stem).transposed.csv", kernels: kernels.count))
    }

    private static func sizes(_ path: String, kernels: Int) throws(ConfigurationError) -> TunedSizes {
        var entries: [TunedSizes.Entry] = []
        for row in try IntegerTable.read(path, columns: sizeColumns, least: [1, 1, 1, 0]) {
            guard row[3] < kernels else {
                throw ConfigurationError(
                    ConfigurationLocation(path: path, line: entries.count + 2, column: nil),
                    "kernel \(row[3]) is none of the \(kernels) kernels of the table beside it")
            }
            entries.append(TunedSizes.Entry(features: row[0], tokens: row[1], contraction: row[2], kernel: row[3]))
        }
        return TunedSizes(preferred: entries)
    }
}

/// A CSV file of whole numbers, without quotes: a header, then a row a line.
private enum IntegerTable {
    /// - Parameter least: the least value allowed in each column; the most is 999,999,999.
    /// - Throws: for a wrong header, anything that is no whole number in range, a row of another length, or no rows.
    static func read(_ path: String, columns: [String], least: [Int]) throws(ConfigurationError) -> [[Int]] {
        let bytes = try TextFile.read(path, limit: 1 << 22)
        var rows: [[Int]] = []
        var line = 0
        for text in bytes.split(separator: 10) {
            line += 1
            let place = ConfigurationLocation(path: path, line: line)
            if line == 1 {
                guard String(decoding: text, as: UTF8.self) == columns.joined(separator: ",") else {
                    throw ConfigurationError(place, "the header must be '\(columns.joined(separator: ","))'")
                }
                continue
            }
            guard let row = integers(text), row.count == columns.count, zip(row, least).allSatisfy({ $0 >= $1 }) else {
                throw ConfigurationError(
                    place, "'\(String(decoding: text, as: UTF8.self))' is no row of \(columns.count) whole numbers within their ranges")
            }
            rows.append(row)
        }
        guard !rows.isEmpty else { throw ConfigurationError(ConfigurationLocation(path: path), "the table has no rows") }
        return rows
    }

    private static func integers(_ text: ArraySlice<UInt8>) -> [Int]? {
        var numbers: [Int] = []
        var value = 0
        var digits = 0
        for byte in text {
            switch byte {
            case 48...57 where digits < 9:
                value = value * 10 + Int(byte - 48)
                digits += 1
            case 44 where digits > 0:
                numbers.append(value)
                value = 0
                digits = 0
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        numbers.append(value)
        return numbers
    }
}
