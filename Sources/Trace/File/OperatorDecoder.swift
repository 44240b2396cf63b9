import ConfigurationFiles
import Quantities
import Workload

/// Reads an operator from its fields, the reverse of `Operator.fields`.
///
/// A wrong field is an error in words; the caller adds the place.
struct OperatorDecoder {
    struct Problem: Error { var message: String }

    private let node: JSONNode
    /// Largest count: products of two stay exact in `Double` and do not overflow `Int`.
    private static let largest = 1 << 53

    init(_ node: JSONNode) { self.node = node }

    func operatorShape() throws(Problem) -> Operator {
        let kind = try text("kind")
        switch kind {
        case "matrix_multiply":
            return .matrixMultiply(MatrixMultiply(
                batch: try count("batch", or: 1), m: try count("m"), n: try count("n"), k: try count("k"), scheme: try scheme(),
                hasWeights: try flag("weights", or: true), isWeightTransposed: try flag("transposed", or: true), hasBias: try flag("bias", or: false)))
        case "attention": return .attention(try attention())
        case "rowwise":
            return .rowwise(Rowwise(try choice("function"), rows: try count("rows"), columns: try count("columns"), format: try format("format")))
        case "elementwise":
            return .elementwise(Elementwise(
                try choice("function"), elements: try count("elements"), inputs: try count("inputs", from: 0), rowWidth: try optionalCount("row_width"),
                format: try format("format")))
        case "rotary":
            return .rotary(RotaryEmbedding(
                tokens: try count("tokens"), heads: try count("heads"), dimension: try count("dimension"), format: try format("format")))
        case "gather":
            return .gather(Gather(
                rows: try count("rows"), columns: try count("columns"), tableRows: try count("table_rows"), format: try format("format")))
        case "sampling":
            return .sampling(Sampling(try choice("method"), rows: try count("rows"), vocabulary: try count("vocabulary"), format: try format("format")))
        case "mixture_of_experts": return .mixtureOfExperts(try experts())
        case "collective":
            return .collective(Collective(
                try choice("pattern"), devices: try count("devices"), devicesPerNode: try count("devices_per_node"), bytes: try count("bytes", from: 0),
                format: try format("format")))
        case "copy": return .copy(MemoryCopy(try choice("route"), bytes: try count("bytes", from: 0)))
        default: throw Self.unknown(kind, what: "kind", among: Self.kinds)
        }
    }

    private static let kinds = [
        "matrix_multiply", "attention", "rowwise", "elementwise", "rotary", "gather", "sampling", "mixture_of_experts", "collective", "copy",
    ]

    private func attention() throws(Problem) -> Attention {
        var shape = Attention(
            phase: try choice("phase"), batch: try count("batch"), queryTokens: try count("query_tokens"),
            keyValueTokens: try count("key_value_tokens"), heads: try count("heads"), keyValueHeads: try count("key_value_heads"),
            headDimension: try count("head_dimension"), valueHeadDimension: try optionalCount("value_head_dimension"),
            isCausal: try flag("causal", or: true), window: try optionalCount("window"), query: try format("query"), keyValue: try format("key_value"),
            sharesKeyAndValue: try flag("shared_key_value", or: false))
        shape.isBackward = try flag("backward", or: false)
        return shape
    }

    private func experts() throws(Problem) -> MixtureOfExperts {
        var routing = MixtureOfExperts.Routing.balanced
        if let value = node["power_law"] {
            guard let exponent = value.number, exponent > 0, exponent < 100 else { throw Problem(message: "'power_law' is no exponent between 0 and 100") }
            routing = .powerLaw(exponent: exponent)
        }
        return MixtureOfExperts(
            tokens: try count("tokens"), hidden: try count("hidden"), intermediate: try count("intermediate"), topK: try count("top_k"),
            experts: try count("experts"), tensorParallel: try count("tensor_parallel", or: 1), expertParallel: try count("expert_parallel", or: 1),
            isGated: try flag("gated", or: true), routing: routing, scheme: try scheme())
    }

    private func scheme() throws(Problem) -> MatrixMultiplyScheme {
        let quantisation: ActivationQuantisation = node["quantisation"] == nil ? .none : try choice("quantisation")
        return MatrixMultiplyScheme(
            activation: try format("activation"), weight: try format("weight"), output: try format("output"), compute: try format("compute"),
            quantisation: quantisation)
    }

    private func text(_ key: String) throws(Problem) -> String {
        guard let text = node[key]?.text else { throw Problem(message: "'\(key)' is missing or no string") }
        return text
    }

    private func count(_ key: String, or usual: Int? = nil, from least: Int = 1) throws(Problem) -> Int {
        guard let value = node[key] else {
            guard let usual else { throw Problem(message: "'\(key)' is missing") }
            return usual
        }
        guard let count = value.integer, (least...Self.largest).contains(count) else {
            throw Problem(message: "'\(key)' is \(value.number.map { "\($0)" } ?? "no number"), a whole number from \(least) to 2^53 belongs here")
        }
        return count
    }

    private func optionalCount(_ key: String) throws(Problem) -> Int? { node[key] == nil ? nil : try count(key) }

    private func flag(_ key: String, or usual: Bool) throws(Problem) -> Bool {
        guard let value = node[key] else { return usual }
        guard let flag = value.boolean else { throw Problem(message: "'\(key)' must be true or false") }
        return flag
    }

    private func format(_ key: String) throws(Problem) -> NumberFormat {
        let name = try text(key)
        guard let format = NumberFormat(rawValue: name) else { throw Self.unknown(name, what: key, among: NumberFormat.allCases.map(\.rawValue)) }
        return format
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws(Problem) -> Choice where Choice.RawValue == String {
        let name = try text(key)
        guard let choice = Choice(rawValue: name) else { throw Self.unknown(name, what: key, among: Choice.allCases.map(\.rawValue)) }
        return choice
    }

    private static func unknown(_ name: String, what: String, among allowed: [String]) -> Problem {
        let help = Spelling.nearest(to: name, in: allowed).map { "; did you mean '\($0)'?" } ?? ""
        return Problem(message: "'\(what)' is '\(name.prefix(60))', allowed are \(allowed.joined(separator: ", "))\(help)")
    }
}
