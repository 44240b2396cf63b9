import ConfigurationFiles
import Quantities
import Workload

extension MeasuredRowDecoder {
    mutating func gemm() -> Outcome {
        let dtype = name(.dtype)
        let op = text(.op)
        let series = series(dtype: dtype, op: op.isEmpty ? "linear" : op)
        let (batch, m, n, k) = (dimension(.batch, absent: 1), dimension(.m), dimension(.n), dimension(.k))
        let latency = latency()
        guard var scheme = MeasuredFormat.scheme(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownScheme(dtype))
        }
        // PyTorch's integer product writes its sums, four bytes each.
        if series.kernel == "torch._int_mm" { scheme.output = .int32 }
        let isLinear: Bool
        switch series.op {
        case "linear": isLinear = true
        case "bmm", "matmul": isLinear = false
        default:
            return .skipped(device: series.device, reason: unknown("matrix product", series.op, ["linear", "bmm", "matmul"]))
        }
        let product = MatrixMultiply(
            batch: batch, m: m, n: n, k: k, scheme: scheme, hasWeights: isLinear, isWeightTransposed: isLinear)
        return .row(series, .matrixMultiply(product), latency)
    }

    mutating func rowwise() -> Outcome {
        let dtype = name(.dtype)
        let series = series(dtype: dtype, op: name(.op))
        let (rows, columns, latency) = (dimension(.rows), dimension(.cols), latency())
        guard let format = MeasuredFormat.tensor(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(dtype))
        }
        // `layernorm_minus_launch` is a LayerNorm from whose time the source took the launch; the protocol knows.
        let functionName = series.op == "layernorm_minus_launch" ? "layernorm" : series.op
        guard let function = Rowwise.Function(rawValue: functionName) else {
            return .skipped(
                device: series.device, reason: unknown("row-wise function", series.op, Rowwise.Function.allCases.map(\.rawValue)))
        }
        return .row(series, .rowwise(Rowwise(function, rows: rows, columns: columns, format: format)), latency)
    }

    mutating func elementwise() -> Outcome {
        let dtype = name(.dtype)
        let series = series(dtype: dtype, op: name(.op))
        let elements = dimension(.elements)
        let inputs = dimension(.inputs, absent: 1)
        let rows = dimension(.rows, absent: 1)
        let latency = latency()
        guard let format = MeasuredFormat.tensor(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(dtype))
        }
        let width = max(1, elements / rows)
        switch series.op {
        case "rope":
            // The files give tokens and elements; heads of 128 (64 where 128 does not divide the row) are what the models measured have.
            let dimension = width % 128 == 0 ? 128 : width % 64 == 0 ? 64 : width
            let shape = RotaryEmbedding(tokens: rows, heads: width / dimension, dimension: dimension, format: format)
            return .row(series, .rotary(shape), latency)
        case "embedding":
            // The table's height is not in the files; 32 000 rows is Llama's. It matters only for what the L2 may hold.
            return .row(series, .gather(Gather(rows: rows, columns: width, tableRows: 32_000, format: format)), latency)
        default:
            guard let function = Elementwise.Function(rawValue: series.op) else {
                let allowed = Elementwise.Function.allCases.map(\.rawValue) + ["rope", "embedding"]
                return .skipped(device: series.device, reason: unknown("elementwise function", series.op, allowed))
            }
            let shape = Elementwise(
                function, elements: elements, inputs: inputs, rowWidth: rows > 1 && elements % rows == 0 ? width : nil, format: format)
            return .row(series, .elementwise(shape), latency)
        }
    }

    mutating func attention() -> Outcome {
        let dtype = name(.dtype)
        let cache = text(.keyValueFormat)
        let label = cache.isEmpty || cache == dtype ? dtype : "\(dtype)/kv-\(cache)"
        let series = series(dtype: label, op: name(.phase))
        let (batch, queries, keys) = (dimension(.batch), dimension(.queryTokens), dimension(.keyValueTokens))
        let (heads, keyValueHeads, headDimension) = (dimension(.heads), dimension(.keyValueHeads), dimension(.headDimension))
        let latency = latency()
        if keys < queries { problem(.keyValueTokens, "'kv_tokens' is \(keys), at least q_tokens (\(queries)) belongs here") }
        if heads % keyValueHeads != 0 { problem(.keyValueHeads, "'kv_heads' is \(keyValueHeads), a divisor of heads (\(heads)) belongs here") }
        guard let query = MeasuredFormat.tensor(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(dtype))
        }
        guard let keyValue = cache.isEmpty ? query : MeasuredFormat.tensor(cache) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(cache))
        }
        guard let phase = Attention.Phase(rawValue: series.op) else {
            return .skipped(
                device: series.device, reason: unknown("attention phase", series.op, Attention.Phase.allCases.map(\.rawValue)))
        }
        let shape = Attention(
            phase: phase, batch: batch, queryTokens: queries, keyValueTokens: keys, heads: heads, keyValueHeads: keyValueHeads,
            headDimension: headDimension, isCausal: true, query: query, keyValue: keyValue)
        return .row(series, .attention(shape), latency)
    }

    mutating func collective() -> Outcome {
        // Files without the column hold NCCL runs on 16-bit buffers; nccl's time follows the bytes, not the format.
        let stated = text(.dtype)
        let dtype = stated.isEmpty ? "fp16" : stated
        let topology = text(.topology)
        let perNode = Self.devicesPerNode(topology: topology)
        // Groups within a node and across nodes are different populations: another network, other errors.
        let collective = name(.collective)
        let (devices, bytes, latency) = (dimension(.gpus), dimension(.bytes), latency())
        let nodes = perNode.map { max(1, devices / $0) } ?? 1
        let series = series(dtype: dtype, op: nodes > 1 ? "\(collective)/\(nodes) nodes" : collective, topology: topology)
        guard let format = MeasuredFormat.tensor(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(dtype))
        }
        guard let pattern = Collective.Pattern(rawValue: collective) else {
            return .skipped(device: series.device, reason: unknown("collective", collective, Collective.Pattern.allCases.map(\.rawValue)))
        }
        let shape = Collective(pattern, devices: devices, devicesPerNode: min(devices, perNode ?? devices), bytes: bytes, format: format)
        return .row(series, .collective(shape), latency)
    }

    /// Devices per node of a topology such as `a100_dgx:2x8` (nodes x devices per node), nil where it does not say.
    static func devicesPerNode(topology: String) -> Int? {
        guard let layout = topology.split(separator: ":").last, layout.contains("x") else { return nil }
        let parts = layout.split(separator: "x")
        guard parts.count == 2, Int(parts[0]) != nil, let perNode = Int(parts[1]), perNode > 0 else { return nil }
        return perNode
    }

    mutating func moe() -> Outcome {
        let dtype = name(.dtype)
        let series = series(dtype: dtype, op: "moe")
        let (tokens, hidden, intermediate) = (dimension(.tokens), dimension(.hidden), dimension(.intermediate))
        let (topK, experts) = (dimension(.topK), dimension(.experts))
        let (tensorParallel, expertParallel) = (dimension(.tp, absent: 1), dimension(.ep, absent: 1))
        let routingName = text(.routing)
        let latency = latency()
        if topK > experts { problem(.topK, "'top_k' is \(topK), at most the number of experts (\(experts)) belongs here") }
        guard let scheme = MeasuredFormat.scheme(dtype) else {
            return .skipped(device: series.device, reason: MeasuredFormat.unknownScheme(dtype))
        }
        guard let routing = Self.routing(routingName) else {
            return .skipped(device: series.device, reason: unknown("routing", routingName, ["balanced", "power_law_1.2"]))
        }
        let shape = MixtureOfExperts(
            tokens: tokens, hidden: hidden, intermediate: intermediate, topK: topK, experts: experts, tensorParallel: tensorParallel,
            expertParallel: expertParallel, isGated: !series.kernel.hasSuffix("nongated"), routing: routing, scheme: scheme)
        return .row(series, .mixtureOfExperts(shape), latency)
    }

    /// `balanced` (also when not stated) or `power_law_` and an exponent.
    private static func routing(_ name: String) -> MixtureOfExperts.Routing? {
        if name.isEmpty || name == "balanced" { return .balanced }
        guard name.hasPrefix("power_law_"), let exponent = Double(name.dropFirst(10)), exponent > 0, exponent.isFinite else { return nil }
        return .powerLaw(exponent: exponent)
    }

    func unknown(_ what: String, _ name: String, _ allowed: [String]) -> String {
        "\(what) '\(name)' is unknown\(Spelling.suggestion(for: name, in: allowed))"
    }
}

extension MeasuredRowDecoder {
    mutating func serving() -> Outcome {
        let device = name(.system)
        _ = (name(.modelPath), dimension(.isl), dimension(.osl), dimension(.batchSize))
        _ = (positive(.timeToFirstToken), positive(.timePerOutputToken))
        return .skipped(device: device, reason: "serving runs need a scheduler's model, which validate does not have")
    }
}
