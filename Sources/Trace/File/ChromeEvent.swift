/// One event of a Chrome trace as it stands in the file, with the arguments that we understand.
struct ChromeEvent {
    var phase = ""
    var category = ""
    var name = ""
    /// Process and thread, as the file writes them.
    var process = ""
    var thread = ""
    var start: Double?
    var duration: Double?
    /// Values of the keys in `understood` and of all `ridgeline.` keys.
    var arguments: [JSONNode.Member] = []
    /// Where the event stands in the file.
    var offset = 0

    private static let understood: Set<String> = [
        "Input Dims", "Input type", "Input Strides", "Concrete Inputs", "External id", "correlation", "stream", "device", "bytes", "Collective name", "dtype",
        "In msg nelems", "Out msg nelems", "Group size", "name",
    ]

    /// Takes one event from the scanner.
    init(from scanner: inout JSONScanner) throws(TraceFileError) {
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.problem("found \(scanner.found()), an event ('{') belongs here") }
        offset = scanner.offset
        var event = self
        try scanner.object { (scanner, key) throws(TraceFileError) in
            switch key {
            case "ph": event.phase = try scanner.string()
            case "cat": event.category = try Self.label(&scanner)
            case "name": event.name = try Self.label(&scanner)
            case "pid": event.process = try Self.label(&scanner)
            case "tid": event.thread = try Self.label(&scanner)
            case "ts": event.start = try scanner.number()
            case "dur": event.duration = try scanner.number()
            case "args": try event.takeArguments(from: &scanner)
            default: try scanner.skip()
            }
        }
        self = event
    }

    subscript(argument key: String) -> JSONNode? { arguments.first { $0.key == key }?.value }

    private mutating func takeArguments(from scanner: inout JSONScanner) throws(TraceFileError) {
        guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
        var taken: [JSONNode.Member] = []
        try scanner.object { (scanner, key) throws(TraceFileError) in
            if key.hasPrefix("ridgeline.") || Self.understood.contains(key) {
                taken.append(JSONNode.Member(key: key, value: try scanner.node()))
            } else {
                try scanner.skip()
            }
        }
        arguments = taken
    }

    /// A string, or a number as text: process and thread ids come as either.
    private static func label(_ scanner: inout JSONScanner) throws(TraceFileError) -> String {
        switch try scanner.node() {
        case .string(let text): return text
        case .number(let value): return Int(exactly: value).map(String.init) ?? "\(value)"
        default: return ""
        }
    }
}
