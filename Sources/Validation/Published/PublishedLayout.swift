import Workload

/// How a published run was spread over devices, read from a source's own words: `TP4 PP8`, `FSDP32 TP8 …, full AC, local batch 16`,
/// `TP24 NeuronCores`, `model-parallel 16 (TP<=8 x PP), DP 32`, `2x v5e-256`.
///
/// What is not read is not assumed: devices that no word accounts for are a refusal.
struct PublishedLayout {
    private(set) var parallelism = Parallelism.single
    private(set) var devices: Int
    private(set) var recomputation = TrainingOptions.Recomputation.selective
    private(set) var microBatchSize: Int?
    private(set) var microBatchCount: Int?
    private(set) var virtualStages = 1
    /// Sequences of one replica, where the text says that rather than the whole batch.
    private(set) var localBatch: Int?
    /// Whether every compute unit of a device runs its own copy of the model.
    private(set) var isOneCopyPerUnit = false
    /// Whether the layers lie on devices one after another, as many as hold the model.
    private(set) var isInSeries = false
    /// Compute units among which tensors are split within a device, where the text counts units.
    private(set) var unitsPerShard = 1
    /// Groups of devices that share one fabric, where the text counts them (`2x v5e-256`).
    private(set) var slices = 1

    private var words: Words

    /// - Parameters:
    ///   - devices: as the row states them.
    ///   - units: compute units of a device, which some sources count instead of devices.
    ///   - trains: whether replicas may take up devices that nothing else does.
    /// Devices `in series` are as many as hold the model, and the projector counts them.
    ///
    /// - Throws: for words that mean what is not modelled, and devices that no word accounts for.
    init(_ text: String, devices stated: Int?, units: Int, trains: Bool) throws(FigureRefusal) {
        words = Words(text)
        devices = stated ?? 1
        for (word, meaning) in Self.refused where words.contains(word) { throw FigureRefusal(reason: "\(meaning) is not modelled ('\(text)')") }
        if let context = words.number(of: "cp"), context > 1 { throw FigureRefusal(reason: "context parallelism is not modelled ('\(text)')") }
        readDegrees(stated: stated)
        readSchedule()
        try account(for: stated, units: units, trains: trains, text: text)
        if slices > 1 || words.hasSlice { parallelism.devicesPerNode = max(1, devices / slices) }
    }

    private static let refused = [
        ("offload", "offloading to host or disk"), ("not", "a split that is not stated"), ("lora", "low-rank adaptation"),
    ]

    private mutating func readDegrees(stated: Int?) {
        if let model = words.number(of: "parallel") ?? words.number(of: "model-parallel"), words.contains("tp<=8") {
            (parallelism.tensor, parallelism.pipeline) = (min(8, model), max(1, model / 8))
        } else {
            parallelism.tensor = words.number(of: "tp") ?? 1
            parallelism.pipeline = words.number(of: "pp") ?? 1
        }
        // llama.cpp's layer split: devices hold layers one after another.
        if words.follows("layer", "split"), let stages = stated { parallelism.pipeline = stages }
        parallelism.expert = words.number(of: "ep") ?? 1
        parallelism.data = (words.number(of: "dp") ?? 1) * (words.number(of: "fsdp") ?? 1)
        if words.contains("fsdp") { parallelism.zero = words.contains("shard_grad_op") ? .gradients : .parameters }
        if words.contains("sp") { parallelism.splitsSequence = true }
        if let zero = words.number(of: "zero"), let stage = Parallelism.ZeROStage(rawValue: zero) { parallelism.zero = stage }
        isInSeries = words.contains("series")
        isOneCopyPerUnit = words.contains("data") && words.contains("parallel")
        slices = words.slices ?? 1
    }

    private mutating func readSchedule() {
        microBatchSize = words.number(of: "microbatch") ?? words.number(of: "mbs")
        microBatchCount = words.number(of: "accum") ?? words.number(of: "microbatches") ?? words.suffix(of: "pp")
        localBatch = words.contains("local") ? words.number(of: "batch") : nil
        virtualStages = max(1, words.number(of: "vp") ?? words.number(of: "interleave") ?? 1)
        if words.follows("act-ckpt", "false") { recomputation = .none }
        if words.follows("act-ckpt", "true") || words.follows("full", "ac") || words.follows("full", "recompute") { recomputation = .full }
        if words.follows("no", "recompute") { recomputation = .none }
    }

    /// Fills in the replicas that the stated devices leave, and checks that every device has something to do.
    private mutating func account(for stated: Int?, units: Int, trains: Bool, text: String) throws(FigureRefusal) {
        let saysReplicas = words.number(of: "dp") != nil || words.number(of: "fsdp") != nil
        let saysAnything = saysReplicas || words.contains("fsdp") || words.contains("dp") || isOneCopyPerUnit
            || isInSeries || ["tp", "pp", "parallel", "model-parallel"].contains { words.number(of: $0) != nil }
        guard let stated else {
            guard saysAnything else { throw FigureRefusal(reason: "number of devices not stated") }
            devices = parallelism.devices
            return
        }
        let countsUnits = words.contains("neuroncores") || words.contains("nc") || words.contains("cores")
        if parallelism.devices == stated * units || countsUnits, units > 1, parallelism.tensor % units == 0 {
            parallelism.tensor /= units
            unitsPerShard = units
        }
        if parallelism.devices == stated { return }
        guard saysAnything else { throw FigureRefusal(reason: "how \(stated) devices share the model is not stated") }
        let group = parallelism.tensor * parallelism.pipeline
        let mayReplicate = !saysReplicas && (trains || isOneCopyPerUnit || words.contains("dp"))
        guard mayReplicate, stated % group == 0 else {
            throw FigureRefusal(reason: "'\(text)' accounts for \(parallelism.devices) devices, the row has \(stated)")
        }
        parallelism.data = stated / group
    }

    /// Micro-batches of a replica with so many sequences; one sequence each where a pipeline's source does not say, one altogether without a
    /// pipeline.
    ///
    /// - Throws: where they do not divide.
    func microBatches(sequences: Int) throws(FigureRefusal) -> Int {
        if let size = microBatchSize {
            guard size > 0, sequences % size == 0 else {
                throw FigureRefusal(reason: "\(sequences) sequences of a replica do not divide into micro-batches of \(size)")
            }
            return sequences / size
        }
        return microBatchCount ?? (parallelism.pipeline > 1 ? sequences : 1)
    }
}

/// The words of a layout, numbers apart from the letters before them.
private struct Words {
    private var items: [String]

    init(_ text: String) {
        items = text.lowercased().split { !($0.isLetter || $0.isNumber || "-_<=".contains($0)) }.flatMap(Self.parts)
    }

    /// `tp=8`: two words; `tp<=8` and `act-ckpt` stay one.
    private static func parts(_ word: Substring) -> [String] {
        word.contains("<") ? [String(word)] : word.split(separator: "=").map(String.init)
    }

    func contains(_ word: String) -> Bool { items.contains { $0 == word || Self.split($0)?.letters == word } }
    func follows(_ first: String, _ second: String) -> Bool { zip(items, items.dropFirst()).contains { $0 == first && $1 == second } }

    /// The number in or behind a word: `tp8`, `tp 8`, `pp4_1`.
    func number(of word: String) -> Int? {
        for (index, item) in items.enumerated() {
            if let split = Self.split(item), split.letters == word { return split.number }
            guard item == word, index + 1 < items.count, let number = Int(items[index + 1]), number > 0 else { continue }
            return number
        }
        return nil
    }

    /// The number behind an underscore: `pp4_1` is four stages and one micro-batch.
    func suffix(of word: String) -> Int? {
        for item in items where Self.split(item)?.letters == word {
            guard let place = item.firstIndex(of: "_") else { continue }
            return Int(item[item.index(after: place)...])
        }
        return nil
    }

    /// `2x` before a slice's name.
    var slices: Int? {
        guard hasSlice, let first = items.first else { return nil }
        let digits = first.prefix { $0.isNumber }
        let rest = first.dropFirst(digits.count)
        return rest == "x" || rest.hasPrefix("x-") ? Int(digits) : nil
    }

    /// Whether a pod slice is named: `v5e-256`.
    var hasSlice: Bool { items.contains { $0.contains("v4-") || $0.contains("v5e-") || $0.contains("v5p-") || $0.contains("v6e-") } }

    private static func split(_ word: String) -> (letters: String, number: Int)? {
        let letters = word.prefix { $0.isLetter }
        let digits = word.dropFirst(letters.count).prefix { $0.isNumber }
        let rest = word.dropFirst(letters.count + digits.count)
        guard !letters.isEmpty, let number = Int(digits), number > 0, rest.isEmpty || rest.hasPrefix("_") else { return nil }
        return (String(letters), number)
    }
}
