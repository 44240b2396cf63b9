import CPUKernels
import Quantities
import Workload

extension TransformerExecutor {
    /// Elements below which a second thread costs more to hand work to than it saves: about a microsecond of activation.
    static let elementGranule = 4096

    /// The feed-forward branch of `input` (no buffer that it writes: inner, gate, branch) into `memory.branch`.
    func feedForward(_ weights: FeedForwardWeights, _ input: UnsafePointer<Float>, rows: Int, layer: Int, _ memory: ActivationMemory) throws {
        switch weights {
        case .plain(let up, let down):
            let width = up.matrix.source.n
            try project(up, input, to: memory.inner, rows: rows, place: "layer \(layer) feed_forward.up")
            activate(memory.inner, count: rows * width, width: width, place: "layer \(layer) feed_forward.activation")
            try project(down, memory.inner, to: memory.branch, rows: rows, place: "layer \(layer) feed_forward.down")
        case .gated(let gate, let up, let down):
            let width = up.matrix.source.n
            try project(gate, input, to: memory.gate, rows: rows, place: "layer \(layer) feed_forward.gate")
            try project(up, input, to: memory.inner, rows: rows, place: "layer \(layer) feed_forward.up")
            let shape = Elementwise(.siluMul, elements: rows * width, inputs: 2, rowWidth: width, format: .fp32)
            observed("layer \(layer) feed_forward.activation", .elementwise(shape)) {
                pool.split(rows * width, granule: Self.elementGranule) { kernels.siluGate(memory.gate + $1.lowerBound, memory.inner + $1.lowerBound, $1.count) }
            }
            try project(down, memory.gate, to: memory.branch, rows: rows, place: "layer \(layer) feed_forward.down")
        case .experts(let router, let experts):
            try mixture(router, experts, input, rows: rows, layer: layer, memory)
        }
    }

    private func activate(_ x: UnsafeMutablePointer<Float>, count: Int, width: Int, place: @autoclosure () -> String) {
        let kernels = kernels
        let function: @Sendable (MutableFloatPointer, Int) -> Void = switch model.activation {
        case .gelu: kernels.gelu
        case .relu: kernels.relu
        // Others are refused when the model is loaded.
        case .geluTanh, .quickGELU, .silu: kernels.geluTanh
        }
        let kind: Elementwise.Function = model.activation == .relu ? .relu : .gelu
        observed(place(), .elementwise(Elementwise(kind, elements: count, inputs: 1, rowWidth: width, format: .fp32))) {
            pool.split(count, granule: Self.elementGranule) { function(x + $1.lowerBound, $1.count) }
        }
    }

    /// Mixtral's layer: softmax over all experts, the best `perToken` of them with weights that add up to one, each expert on its tokens
    /// (Jiang et al., "Mixtral of Experts", arXiv 2401.04088).
    private func mixture(
        _ router: Linear, _ experts: [(gate: Linear, up: Linear, down: Linear)], _ input: UnsafePointer<Float>, rows: Int, layer: Int,
        _ memory: ActivationMemory
    ) throws {
        guard let configuration = model.experts, let first = experts.first else { return }
        let hidden = model.hidden
        var scores = [Float](repeating: 0, count: rows * experts.count)
        try scores.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try project(router, input, to: base, rows: rows, place: "layer \(layer) experts.router")
            kernels.softmax(base, rows, experts.count)
        }
        let shape = MixtureOfExperts(
            tokens: rows, hidden: hidden, intermediate: first.up.matrix.source.n, topK: configuration.perToken, experts: experts.count,
            scheme: scheme)
        try observed("layer \(layer) experts.grouped", .mixtureOfExperts(shape)) {
            let choices = ExpertChoice.best(configuration.perToken, of: scores, experts: experts.count)
            memory.branch.update(repeating: 0, count: rows * hidden)
            for (index, expert) in experts.enumerated() {
                try run(expert, on: choices.filter { $0.expert == index }, input, memory)
            }
        }
    }

    /// One expert on the tokens that chose it: gathered, multiplied, and added to their rows of the branch with their weights.
    private func run(_ expert: (gate: Linear, up: Linear, down: Linear), on choices: [ExpertChoice], _ source: UnsafePointer<Float>, _ memory: ActivationMemory) throws {
        guard !choices.isEmpty else { return }
        let hidden = model.hidden
        let width = expert.up.matrix.source.n
        var input = [Float](repeating: 0, count: choices.count * hidden)
        var output = input
        try input.withUnsafeMutableBufferPointer { input in
            try output.withUnsafeMutableBufferPointer { output in
                guard let x = input.baseAddress, let y = output.baseAddress else { return }
                for (row, choice) in choices.enumerated() { (x + row * hidden).update(from: source + choice.row * hidden, count: hidden) }
                try multiply(expert.gate, x, to: memory.gate, rows: choices.count)
                try multiply(expert.up, x, to: memory.inner, rows: choices.count)
                kernels.siluGate(memory.gate, memory.inner, choices.count * width)
                try multiply(expert.down, memory.gate, to: y, rows: choices.count)
                for (row, choice) in choices.enumerated() {
                    kernels.addScaled(y + row * hidden, choice.weight, memory.branch + choice.row * hidden, hidden)
                }
            }
        }
    }
}

/// One token's choice of one expert.
struct ExpertChoice: Hashable {
    var row: Int
    var expert: Int
    var weight: Float

    /// The `count` most probable experts of each row, weights renormalised over them; equal probabilities go to the lower index.
    static func best(_ count: Int, of probabilities: [Float], experts: Int) -> [ExpertChoice] {
        var choices: [ExpertChoice] = []
        for row in 0..<(probabilities.count / max(1, experts)) {
            let own = probabilities[row * experts..<(row + 1) * experts]
            let order = own.indices.sorted { own[$0] == own[$1] ? $0 < $1 : own[$0] > own[$1] }.prefix(count)
            let sum = order.reduce(Float(0)) { $0 + own[$1] }
            choices += order.map { ExpertChoice(row: row, expert: $0 - row * experts, weight: own[$0] / sum) }
        }
        return choices
    }
}
