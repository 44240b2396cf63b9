import Workload

/// One node of PyTorch's execution trace (Chakra host trace in JSON).
struct ExecutionNode {
    var id = 0
    var name = ""
    /// The node that contains this one.
    var parent = 0
    var dimensions: [[Int]] = []
    var lists: [[Int]] = []
    var types: [String] = []
    var strides: [[Int]] = []
    var values: [String] = []

    init(from scanner: inout JSONScanner) throws(TraceFileError) {
        guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.problem("found \(scanner.found()), a node ('{') belongs here") }
        var node = self
        try scanner.object { (scanner, key) throws(TraceFileError) in
            switch key {
            case "id": node.id = try scanner.node().integer ?? 0
            case "name": node.name = try scanner.node().text ?? ""
            case "ctrl_deps", "parent": node.parent = try scanner.node().integer ?? 0
            case "inputs": node.takeInputs(try scanner.node())
            default: try scanner.skip()
            }
        }
        self = node
    }

    /// Schema 1.1: an object of parallel lists.
    private mutating func takeInputs(_ inputs: JSONNode) {
        let shapes = inputs["shapes"]?.elements ?? []
        dimensions = shapes.map { $0.elements.flatMap(FrameworkCall.shape) ?? [] }
        lists = shapes.flatMap { $0.elements?.compactMap { $0.elements.flatMap(FrameworkCall.shape) } ?? [] }
        strides = (inputs["strides"]?.elements ?? []).map { $0.elements.flatMap(FrameworkCall.shape) ?? [] }
        // `Tensor(float)` to `float`.
        types = (inputs["types"]?.elements ?? []).map { node in
            let text = node.text ?? ""
            return text.hasPrefix("Tensor(") ? String(text.dropFirst("Tensor(".count).dropLast()) : text
        }
        values = (inputs["values"]?.elements ?? []).map { node in
            switch node {
            case .boolean(let value): value ? "True" : "False"
            case .number(let value): "\(value)"
            case .string(let text): text
            default: ""
            }
        }
    }
}

/// Reads execution traces: what was called with which shapes, without times, so the result is a plan.
struct ExecutionTraceImporter {
    let schema: String?
    let name: String

    func document(_ nodes: [ExecutionNode]) -> TraceDocument {
        var isCovered: Set<Int> = []
        var hasChildren: Set<Int> = []
        for node in nodes { hasChildren.insert(node.parent) }
        var events: [TraceEvent] = []
        var unknown: [(String, Double)] = []
        var bookkeeping = 0, understood = 0, total = 0
        // Parents come before what they contain.
        for node in nodes.sorted(by: { $0.id < $1.id }) where !node.name.hasPrefix("[") {
            total += 1
            if isCovered.contains(node.parent) {
                isCovered.insert(node.id)
                understood += 1
                continue
            }
            let call = FrameworkCall(
                name: node.name, dimensions: node.dimensions, lists: node.lists, types: node.types, strides: node.strides, values: node.values)
            switch call.meaning {
            case .operatorShape(let shape):
                understood += 1
                isCovered.insert(node.id)
                events.append(TraceEvent(name: node.name, shape: shape))
            case .bookkeeping: bookkeeping += 1
            case .unknown: if !hasChildren.contains(node.id) { unknown.append((node.name, 0)) }
            }
        }
        var properties = [TraceProperty(name: "source", value: "PyTorch execution trace")]
        if let schema { properties.append(TraceProperty(name: "schema", value: schema)) }
        return TraceDocument(
            trace: OperatorTrace(origin: .planned, workload: name, events: events, properties: properties),
            importSummary: ImportSummary(
                format: "PyTorch execution trace", total: total, understood: understood, bookkeeping: bookkeeping,
                unknown: ImportSummary.entries(unknown), understoodShare: nil, hasKernels: false))
    }
}
