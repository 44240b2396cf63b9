import ConfigurationFiles

/// The families of measured data, one CSV schema each; the raw value is the file's name without extension.
public enum MeasuredFamily: String, CaseIterable, Hashable, Sendable, Comparable {
    case gemm, rowwise, elementwise, attention, collective, moe
    case endToEnd = "end_to_end"
    case serving, published

    public static func < (left: Self, right: Self) -> Bool { left.order < right.order }
    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The family that a file's name stands for: `gemm.csv`, and names that begin or end with a family's name (`a100-gemm.csv`).
    public init?(fileName: String) {
        let lowered = fileName.lowercased()
        let base = lowered.hasSuffix(".csv") ? String(lowered.dropLast(4)) : lowered
        func names(_ family: Self) -> Bool {
            base == family.rawValue
                || ["-", "_", "."].contains { base.hasSuffix($0 + family.rawValue) || base.hasPrefix(family.rawValue + $0) }
        }
        guard let family = Self.allCases.first(where: names) else { return nil }
        self = family
    }
}

/// Columns that some schema knows; files may have others, which are kept out.
enum MeasuredColumn: String, CaseIterable {
    case source, device, dtype, op, batch, m, n, k, kernel, rows, cols, elements, inputs, phase, heads, topology, collective, gpus, bytes
    case gridBlocks = "grid_blocks"
    case blockThreads = "block_threads"
    case keyValueFormat = "kv_dtype"
    case queryTokens = "q_tokens"
    case keyValueTokens = "kv_tokens"
    case keyValueHeads = "kv_heads"
    case headDimension = "head_dim"
    case latencyMicroseconds = "latency_us"
    case latencyMilliseconds = "latency_ms"
    case tokens, hidden, intermediate, experts, tp, ep, routing
    case topK = "top_k"
    case model, seq, parallelism, layers, vocabulary, generated
    case id, backend, system, precision, mode, isl, osl
    case backendVersion = "backend_version"
    case modelPath = "model_path"
    case batchSize = "batch_size"
    case timeToFirstToken = "silicon_ttft_ms"
    case timePerOutputToken = "silicon_tpot_ms"
    case kind, devices, software, metric, value, unit, date, notes
    case inputLength = "input_len"
    case outputLength = "output_len"

    /// Position in `allCases`.
    var index: Int { Self.positions[rawValue] ?? 0 }
    private static let positions = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1.rawValue, $0) })
}

/// The columns of one family.
struct MeasuredSchema {
    let required: [MeasuredColumn]
    let optional: [MeasuredColumn]

    static func of(_ family: MeasuredFamily) -> MeasuredSchema {
        switch family {
        case .gemm:
            MeasuredSchema(
                required: [.device, .dtype, .m, .n, .k, .latencyMicroseconds],
                optional: [.source, .op, .batch, .kernel, .gridBlocks, .blockThreads])
        case .rowwise:
            MeasuredSchema(required: [.device, .dtype, .op, .rows, .cols, .latencyMicroseconds], optional: [.source, .kernel])
        case .elementwise:
            MeasuredSchema(
                required: [.device, .dtype, .op, .elements, .inputs, .latencyMicroseconds], optional: [.source, .kernel, .rows])
        case .attention:
            MeasuredSchema(
                required: [
                    .device, .dtype, .phase, .batch, .queryTokens, .keyValueTokens, .heads, .keyValueHeads, .headDimension,
                    .latencyMicroseconds,
                ], optional: [.source, .keyValueFormat, .kernel])
        case .collective:
            MeasuredSchema(
                required: [.device, .collective, .gpus, .bytes, .latencyMicroseconds], optional: [.source, .topology, .dtype, .elements])
        case .moe:
            MeasuredSchema(
                required: [.device, .dtype, .tokens, .hidden, .intermediate, .topK, .experts, .latencyMicroseconds],
                optional: [.source, .tp, .ep, .routing, .kernel])
        case .endToEnd:
            MeasuredSchema(
                required: [.device, .dtype, .model, .phase, .batch, .seq, .latencyMilliseconds], optional: [
                    .source, .gpus, .parallelism, .layers, .hidden, .heads, .keyValueHeads, .headDimension, .intermediate, .vocabulary,
                    .generated, .keyValueFormat,
                ])
        case .serving:
            MeasuredSchema(
                required: [.system, .modelPath, .precision, .isl, .osl, .batchSize, .timeToFirstToken, .timePerOutputToken],
                optional: [.id, .backend, .backendVersion, .mode])
        case .published:
            MeasuredSchema(
                required: [.kind, .device, .metric, .value, .unit], optional: [
                    .id, .source, .dtype, .model, .devices, .batch, .inputLength, .outputLength, .parallelism, .software, .date, .notes,
                ])
        }
    }

    /// Field position of each known column of a file, by `MeasuredColumn.index`; -1 where the file lacks an optional one.
    ///
    /// A column that no schema knows is kept out, unless it looks like a missing one misspelt.
    ///
    /// - Throws: all problems of the header: missing, doubled and misspelt columns, with the nearest name.
    func positions(header: [String], columns: [Int], path: String) throws(ConfigurationError) -> [Int] {
        let problems = ProblemCollector()
        var positions = [Int](repeating: -1, count: MeasuredColumn.allCases.count)
        let known = required + optional
        for (field, name) in header.enumerated() {
            let place = ConfigurationLocation(path: path, line: 1, column: columns[field])
            guard let column = known.first(where: { $0.rawValue == name }) else {
                let missing = known.map(\.rawValue).filter { !header.contains($0) }
                if name.count > 1, let nearest = Spelling.nearest(to: name, in: missing) {
                    problems.add(place, "unknown column '\(name)'; did you mean '\(nearest)'?")
                }
                continue
            }
            if positions[column.index] >= 0 { problems.add(place, "column '\(name)' appears twice") }
            positions[column.index] = field
        }
        for column in required where positions[column.index] < 0 {
            problems.add(
                ConfigurationLocation(path: path, line: 1, column: 1),
                "column '\(column.rawValue)' is missing; this file needs \(required.map(\.rawValue).joined(separator: ", "))")
        }
        try problems.throwIfAny()
        return positions
    }
}
