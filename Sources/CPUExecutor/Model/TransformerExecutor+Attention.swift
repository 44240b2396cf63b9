import CPUKernels
import Foundation
import Synchronization
import Quantities
import Workload

extension TransformerExecutor {
    /// Turns queries and keys by their positions, where the model does so.
    func rotate(_ x: UnsafeMutablePointer<Float>, rows: Int, cache: KeyValueCache, place: @autoclosure () -> String) {
        guard let tables = rotaryTables else { return }
        let tokens = rows / cache.batch
        let stride = model.queryWidth + 2 * model.keyValueWidth
        let heads = model.heads + model.keyValueHeads
        let half = tables.half
        observed(place(), .rotary(RotaryEmbedding(tokens: rows, heads: heads, dimension: 2 * half, format: .fp32))) {
            pool.split(rows) { _, range in
                for row in range {
                    let position = cache.length + row % tokens
                    // Queries and keys stand side by side, so one call turns both.
                    kernels.rotary(
                        x + row * stride, 1, heads, model.headDimension, stride, tables.cosine + position * half, tables.sine + position * half)
                }
            }
        }
    }

    /// Appends keys and values to the cache and attends to all of it, into `memory.branch`.
    func attend(rows: Int, cache: KeyValueCache, layer: Int, _ memory: ActivationMemory) {
        let tokens = rows / cache.batch
        let width = model.queryWidth + 2 * model.keyValueWidth
        let keys = cache.length + tokens
        let shape = Attention(
            phase: tokens == 1 && cache.length > 0 ? .decode : .prefill, batch: cache.batch, queryTokens: tokens, keyValueTokens: keys,
            heads: model.heads, keyValueHeads: model.keyValueHeads, headDimension: model.headDimension, query: .fp32)
        observed("layer \(layer) attention.scaled_dot_product", .attention(shape)) {
            for row in 0..<rows {
                let source = memory.queryKeyValue + row * width + model.queryWidth
                let position = (cache.length + row % tokens) * cache.width
                (cache.keys(layer: layer, sequence: row / tokens) + position).update(from: source, count: cache.width)
                (cache.values(layer: layer, sequence: row / tokens) + position).update(from: source + cache.width, count: cache.width)
            }
            let layout = AttentionLayout(
                headDimension: model.headDimension, queryStride: width, outputStride: model.queryWidth, keyValueStride: cache.width,
                isCausal: true, firstPosition: cache.length, keys: keys, scale: 1 / Float(model.headDimension).squareRoot())
            attend(layout, batch: cache.batch, tokens: tokens, memory) { sequence in
                (UnsafePointer(cache.keys(layer: layer, sequence: sequence)), UnsafePointer(cache.values(layer: layer, sequence: sequence)))
            }
        }
    }

    /// Attends to every token of the same sequence, into `memory.branch`.
    func attendToAll(rows: Int, batch: Int, place: @autoclosure () -> String, _ memory: ActivationMemory) {
        let tokens = rows / batch
        let width = model.queryWidth + 2 * model.keyValueWidth
        let shape = Attention(
            phase: .prefill, batch: batch, queryTokens: tokens, keyValueTokens: tokens, heads: model.heads, keyValueHeads: model.keyValueHeads,
            headDimension: model.headDimension, isCausal: false, query: .fp32)
        observed(place(), .attention(shape)) {
            let layout = AttentionLayout(
                headDimension: model.headDimension, queryStride: width, outputStride: model.queryWidth, keyValueStride: width, isCausal: false,
                firstPosition: 0, keys: tokens, scale: 1 / Float(model.headDimension).squareRoot())
            attend(layout, batch: batch, tokens: tokens, memory) { sequence in
                let keys = memory.queryKeyValue + sequence * tokens * width + model.queryWidth
                return (UnsafePointer(keys), UnsafePointer(keys + model.keyValueWidth))
            }
        }
    }

    /// Spreads (sequence, head, block of queries) over the workers; each takes the next piece when it is done, since causal blocks differ.
    private func attend(
        _ layout: AttentionLayout, batch: Int, tokens: Int, _ memory: ActivationMemory,
        keysAndValues: (Int) -> (keys: UnsafePointer<Float>, values: UnsafePointer<Float>)
    ) {
        let d = model.headDimension
        let group = model.heads / model.keyValueHeads
        let block = 64
        let blocks = (tokens + block - 1) / block
        let pieces = batch * model.heads * blocks
        let workspace = scratch.attentionWorkspace(threads: threads, headDimension: d)
        let workspaceSize = KernelTable.attentionWorkspace(headDimension: d)
        let next = Atomic<Int>(0)
        func work(_ worker: Int) {
            while true {
                let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard piece < pieces else { return }
                // The last blocks of queries see the most keys: they start first.
                let first = (blocks - 1 - piece / (batch * model.heads)) * block
                let head = piece % model.heads
                let sequence = piece / model.heads % batch
                let (keys, values) = keysAndValues(sequence)
                let offset = head / group * d
                kernels.attention(
                    layout, memory.queryKeyValue + sequence * tokens * layout.queryStride + head * d, keys + offset, values + offset,
                    memory.branch + sequence * tokens * layout.outputStride + head * d, first, min(tokens, first + block),
                    workspace + worker * workspaceSize)
            }
        }
        if pieces == 1 { work(0) } else { pool.run(work) }
    }
}

/// Cosines and sines of every position and pair, [positions, half], grown as sequences do.
final class RotaryTables {
    let half: Int
    private(set) var cosine: UnsafeMutablePointer<Float>
    private(set) var sine: UnsafeMutablePointer<Float>
    private var positions = 0
    private let base: Double

    init(_ parameters: RotaryParameters) {
        half = parameters.dimension / 2
        base = parameters.base
        cosine = .allocate(capacity: 1)
        sine = .allocate(capacity: 1)
    }

    deinit {
        cosine.deallocate()
        sine.deallocate()
    }

    func extend(to count: Int) {
        guard count > positions else { return }
        positions = max(count, 2 * positions, 128)
        cosine.deallocate()
        sine.deallocate()
        cosine = .allocate(capacity: positions * half)
        sine = .allocate(capacity: positions * half)
        for index in 0..<half {
            let frequency = pow(base, -Double(index) / Double(half))
            for position in 0..<positions {
                cosine[position * half + index] = Float(cos(Double(position) * frequency))
                sine[position * half + index] = Float(sin(Double(position) * frequency))
            }
        }
    }
}
