import Foundation
import Workload

/// A trace read from a file, with what was understood of it.
public struct TraceDocument: Hashable, Sendable {
    public var trace: OperatorTrace
    /// What an importer understood of a foreign file; nil for files of our own, which are read exactly.
    public var importSummary: ImportSummary?
}

/// Reads traces: our own, PyTorch's profiler (Kineto) traces, and PyTorch's execution traces (Chakra host traces in JSON).
public enum TraceReader {
    /// Reads a file.
    ///
    /// - Throws: with line and column when the file is cut short, malformed or no trace.
    /// - Complexity: linear in the file's size, but for sorting the events of a foreign trace.
    public static func read(_ path: String) throws(TraceFileError) -> TraceDocument {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { throw TraceFileError(path: path, message: "no such file") }
        guard !isFolder.boolValue else { throw TraceFileError(path: path, message: "a folder, a trace file belongs here") }
        let data = try bytes(of: path)
        let result: Result<TraceDocument, TraceFileError> = data.withUnsafeBytes { raw in
            do throws(TraceFileError) {
                return .success(try read(raw.bindMemory(to: UInt8.self), path: path))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The bytes of a file; regular files are mapped, pipes and devices read to their end.
    private static func bytes(of path: String) throws(TraceFileError) -> Data {
        do {
            let type = try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            if type == .typeRegular || type == .typeSymbolicLink { return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) }
            return try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
        } catch {
            throw TraceFileError(path: path, message: "cannot be read: \(error.localizedDescription)")
        }
    }

    /// Reads bytes; `path` is what messages call them.
    public static func read(bytes: [UInt8], path: String) throws(TraceFileError) -> TraceDocument {
        try bytes.withUnsafeBufferPointer { (buffer) throws(TraceFileError) in try read(buffer, path: path) }
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws(TraceFileError) -> TraceDocument {
        if bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
            throw TraceFileError(path: path, message: "gzip-compressed; decompress it first (gunzip)")
        }
        var scanner = JSONScanner(bytes, path: path)
        guard let first = scanner.peek() else { throw TraceFileError(path: path, message: "empty, a trace belongs here") }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
            throw scanner.problem("found \(scanner.found()), a trace in JSON ('{' or '[') belongs here")
        }
        var content = TraceFileContent()
        try content.take(from: &scanner)
        guard scanner.isAtEnd else { throw scanner.problem("found \(scanner.found()) after the end of the trace") }
        if let header = content.header { return TraceDocument(trace: try OwnTrace(header: header, scanner: scanner).trace(content.events)) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let nodes = content.executionNodes { return ExecutionTraceImporter(schema: content.schema, name: name).document(nodes) }
        guard content.hasEvents else {
            throw TraceFileError(path: path, line: 1, column: 1, message: "no trace: neither 'traceEvents' (Chrome, Kineto) nor 'nodes' (execution trace) is there")
        }
        return KinetoImporter(content: content, name: name).document()
    }
}

/// The top level of a trace file.
struct TraceFileContent {
    var header: JSONNode?
    var headerOffset = 0
    var hasEvents = false
    var events: [ChromeEvent] = []
    var executionNodes: [ExecutionNode]?
    var schema: String?
    /// Name of the first device of `deviceProperties`.
    var deviceName: String?

    mutating func take(from scanner: inout JSONScanner) throws(TraceFileError) {
        var content = self
        guard scanner.peek() == UInt8(ascii: "{") else {
            // A bare array of events is legal.
            try content.takeEvents(from: &scanner)
            self = content
            return
        }
        try scanner.object { (scanner, key) throws(TraceFileError) in
            switch key {
            case "traceEvents": try content.takeEvents(from: &scanner)
            case "ridgeline":
                content.headerOffset = scanner.offset
                content.header = try scanner.node()
            case "nodes":
                var nodes: [ExecutionNode] = []
                try scanner.array { (scanner) throws(TraceFileError) in nodes.append(try ExecutionNode(from: &scanner)) }
                content.executionNodes = nodes
            case "schema": content.schema = try scanner.node().text
            case "deviceProperties": content.deviceName = try scanner.node().elements?.first?["name"]?.text
            default: try scanner.skip()
            }
        }
        self = content
    }

    private mutating func takeEvents(from scanner: inout JSONScanner) throws(TraceFileError) {
        hasEvents = true
        var taken: [ChromeEvent] = []
        try scanner.array { (scanner) throws(TraceFileError) in
            let event = try ChromeEvent(from: &scanner)
            // Metadata, counters, flows and instants carry no operators.
            if event.phase == "X" { taken.append(event) }
        }
        events = taken
    }
}

/// Turns the events of our own files into a trace, exactly.
struct OwnTrace {
    let header: JSONNode
    let scanner: JSONScanner

    func trace(_ events: [ChromeEvent]) throws(TraceFileError) -> OperatorTrace {
        guard let version = header["formatVersion"]?.integer else { throw scanner.problem("'ridgeline' states no 'formatVersion'", at: 0) }
        guard version == OperatorTrace.formatVersion else {
            throw scanner.problem("format version \(version) is unknown, \(OperatorTrace.formatVersion) is read", at: 0)
        }
        guard let origin = header["origin"]?.text.flatMap(OperatorTrace.Origin.init(rawValue:)), let workload = header["workload"]?.text else {
            throw scanner.problem("'ridgeline' must state 'origin' (measured, projected, planned) and 'workload'", at: 0)
        }
        var properties: [TraceProperty] = []
        for pair in header["properties"]?.elements ?? [] {
            guard let parts = pair.elements, parts.count == 2, let name = parts[0].text, let value = parts[1].text else {
                throw scanner.problem("'properties' must be a list of pairs of strings", at: 0)
            }
            properties.append(TraceProperty(name: name, value: value))
        }
        var result: [TraceEvent] = []
        result.reserveCapacity(events.count)
        for event in events { result.append(try self.event(event)) }
        return OperatorTrace(origin: origin, workload: workload, device: header["device"]?.text, events: result, properties: properties)
    }

    private func event(_ event: ChromeEvent) throws(TraceFileError) -> TraceEvent {
        var shape: Operator?
        if let node = event[argument: "ridgeline.operator"] {
            do throws(OperatorDecoder.Problem) {
                shape = try OperatorDecoder(node).operatorShape()
            } catch {
                throw scanner.problem("event '\(event.name)': \(error.message)", at: event.offset)
            }
        }
        guard let track = Int(event.thread) else { throw scanner.problem("'tid' must be a whole number", at: event.offset) }
        var result = TraceEvent(name: event.name, shape: shape, track: track)
        if let text = event[argument: "ridgeline.phase"]?.text {
            guard let phase = WorkloadPhase.Kind(rawValue: text) else {
                throw scanner.problem(
                    "unknown phase '\(text)', allowed are \(WorkloadPhase.Kind.allCases.map(\.rawValue).joined(separator: ", "))", at: event.offset)
            }
            result.phase = phase
        }
        result.phaseTokens = try count("ridgeline.phase_tokens", of: event, from: 0)
        result.count = try count("ridgeline.count", of: event, from: 1) ?? 1
        if event[argument: "ridgeline.without_start"]?.boolean != true { result.startMicroseconds = event.start }
        if event[argument: "ridgeline.without_duration"]?.boolean != true {
            guard event.duration.map({ $0 >= 0 }) ?? true else { throw scanner.problem("'dur' is negative", at: event.offset) }
            result.durationMicroseconds = event.duration
        }
        if let ends = event[argument: "ridgeline.spread_us"]?.elements {
            guard ends.count == 2, let low = ends[0].number, let high = ends[1].number, low <= high else {
                throw scanner.problem("'ridgeline.spread_us' must be two numbers, the smaller first", at: event.offset)
            }
            result.spreadMicroseconds = low...high
        }
        if case .object(let members)? = event[argument: "ridgeline.counters"] {
            result.counters = members.compactMap { member in member.value.number.map { TraceCounter(name: member.key, value: $0) } }
        }
        return result
    }

    private func count(_ key: String, of event: ChromeEvent, from least: Int) throws(TraceFileError) -> Int? {
        guard let value = event[argument: key] else { return nil }
        guard let count = value.integer, (least...(1 << 53)).contains(count) else {
            throw scanner.problem("'\(key)' must be a whole number from \(least)", at: event.offset)
        }
        return count
    }
}
