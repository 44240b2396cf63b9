import ConfigurationFiles
import Foundation

/// Finds and reads measured CSV files.
public enum MeasuredFolder {
    /// Reads every file of `paths`; a folder is searched recursively for files whose name stands for a family.
    ///
    /// Files are read in the order of `paths`, those of a folder by name, each once.
    ///
    /// - Throws: all problems of the first file that has any: missing, unreadable, no CSV of a known family, bad header, bad fields.
    public static func read(_ paths: [String], limits: MeasuredLimits = .init()) throws(ConfigurationError) -> MeasuredData {
        var data = MeasuredData()
        var seriesIndex: [MeasuredSeries: Int] = [:]
        var seen: Set<String> = []
        for (path, family) in try files(in: paths) where seen.insert(path).inserted {
            try read(path, as: family, into: &data, seriesIndex: &seriesIndex, limits: limits)
            data.files.append(path)
        }
        return data
    }

    /// The files that `paths` stand for, with their family.
    static func files(in paths: [String]) throws(ConfigurationError) -> [(path: String, family: MeasuredFamily)] {
        var found: [(String, MeasuredFamily)] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw ConfigurationError(ConfigurationLocation(path: path), openingProblem(path, code: ENOENT))
            }
            guard isFolder.boolValue else {
                guard let family = family(of: path) else {
                    throw ConfigurationError(
                        ConfigurationLocation(path: path),
                        "neither the file's name nor its folder's says a family of measurements; the name must be, begin or end with, or the folder be one of \(allFamilies)")
                }
                found.append((path, family))
                continue
            }
            let inside = try csvFiles(under: path)
            guard !inside.isEmpty else {
                throw ConfigurationError(ConfigurationLocation(path: path), "the folder holds no CSV file named after a family (\(allFamilies))")
            }
            found += inside
        }
        return found
    }

    /// The family that a file's name stands for, or else the folder that holds it: `published/engines.csv`.
    private static func family(of path: String) -> MeasuredFamily? {
        let url = URL(fileURLWithPath: path)
        return MeasuredFamily(fileName: url.lastPathComponent) ?? MeasuredFamily(rawValue: url.deletingLastPathComponent().lastPathComponent.lowercased())
    }

    private static var allFamilies: String { MeasuredFamily.allCases.map(\.rawValue).joined(separator: ", ") }

    /// Files of known families below a folder, sorted by path.
    private static func csvFiles(under folder: String) throws(ConfigurationError) -> [(String, MeasuredFamily)] {
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
            throw ConfigurationError(ConfigurationLocation(path: folder), "the folder cannot be read")
        }
        let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        return names.sorted().compactMap { name in
            guard name.lowercased().hasSuffix(".csv"), let family = family(of: "\(base)/\(name)")
            else { return nil }
            return ("\(base)/\(name)", family)
        }
    }

    private static func read(
        _ path: String, as family: MeasuredFamily, into data: inout MeasuredData, seriesIndex: inout [MeasuredSeries: Int],
        limits: MeasuredLimits
    ) throws(ConfigurationError) {
        var reader = try CSVReader(path, limits: limits)
        var header = CSVRow()
        guard try reader.next(into: &header), !header.isBlank else {
            throw ConfigurationError(ConfigurationLocation(path: path), "the file is empty, a header line belongs here")
        }
        let names = (0..<header.fieldCount).map { String(decoding: header.bytes[header.range($0)], as: UTF8.self) }
        let positions = try MeasuredSchema.of(family).positions(header: names, columns: header.columns, path: path)
        var decoder = MeasuredRowDecoder(path: path, family: family, positions: positions)
        var lastSeries: (value: MeasuredSeries, index: Int)?
        func position(of series: MeasuredSeries) -> Int {
            if let last = lastSeries, last.value == series { return last.index }
            let index = seriesIndex[series] ?? data.series.count
            if index == data.series.count {
                seriesIndex[series] = index
                data.series.append(series)
            }
            lastSeries = (series, index)
            return index
        }
        while try reader.next(into: &decoder.row) {
            if decoder.row.isBlank { continue }
            guard decoder.row.fieldCount == names.count else {
                decoder.problems.add(
                    ConfigurationLocation(path: path, line: decoder.row.line, column: 1),
                    "found \(decoder.row.fieldCount) fields, the header has \(names.count)")
                try decoder.problems.throwIfMany(limits.problems)
                continue
            }
            switch decoder.decode() {
            case .malformed: try decoder.problems.throwIfMany(limits.problems)
            case .skipped(let device, let reason): data.skipped.add(family, device: device, reason: reason)
            case .row(let series, let shape, let time):
                data.rows.append(MeasuredRow(series: position(of: series), line: decoder.row.line, shape: shape, time: time))
            case .pass(let series, var pass):
                pass.series = position(of: series)
                data.passes.append(pass)
            case .figure(let series, var figure):
                figure.series = position(of: series)
                data.figures.append(figure)
            }
            guard data.rows.count <= limits.rows else {
                throw ConfigurationError(ConfigurationLocation(path: path), "more than \(limits.rows) rows, which is the most that is read")
            }
        }
        try decoder.problems.throwIfAny()
    }

    /// Whether a path is there and no folder.
    static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }

    /// Why a path cannot be opened, with the nearest name in its folder.
    static func openingProblem(_ path: String, code: Int32) -> String {
        guard code == ENOENT || code == ENOTDIR else { return "cannot be opened: \(String(cString: strerror(code)))" }
        let url = URL(fileURLWithPath: path)
        let neighbours = ((try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []).sorted()
        return "no such file or folder\(Spelling.suggestion(for: url.lastPathComponent, in: neighbours))"
    }
}

extension ProblemCollector {
    /// Gives up once there are many problems: a file that is wrong throughout need not be read to its end.
    fileprivate func throwIfMany(_ limit: Int) throws(ConfigurationError) {
        guard problems.count >= limit, let last = problems.last else { return }
        add(last.location, "and perhaps more: the reader gave up here")
        throw error
    }
}
