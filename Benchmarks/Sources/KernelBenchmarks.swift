import CPUKernels
import Foundation

/// The CPU kernels against the library alone and against limits measured in the same run.
struct KernelBenchmarks {
    let kernels: KernelTable
    let threads: Int
    let pool: WorkerPool
    /// Lets the calling thread run on every core (true) or pins it again (false).
    let unpin: (Bool) -> Void

    init(threads: Int, pin: @escaping @Sendable (Int) -> Void, unpin: @escaping (Bool) -> Void) throws {
        self.unpin = unpin
        kernels = try KernelTable(try InstructionSet.selected())
        self.threads = threads
        pool = WorkerPool(threads: threads, prepare: pin)
    }

    func run() throws {
        print("kernels: \(kernels.instructionSet.rawValue), \(threads) threads, oneDNN \(LibraryProduct.version); best of repeated runs")
        try products()
        try attention()
        norms()
        matrixVector()
    }

    /// Shapes of GPT-2 small and MiniLM: (tokens, output features, input features).
    private static let shapes = [
        (512, 2304, 768), (512, 768, 768), (512, 3072, 768), (512, 768, 3072), (128, 1152, 384), (128, 384, 384), (128, 1536, 384), (128, 384, 1536),
        (8, 768, 768), (8, 3072, 768),
    ]

    private func products() throws {
        heading("f32 matrix products: ours, oneDNN alone on its own threads, ours / oneDNN")
        for (m, n, k) in Self.shapes {
            let (ours, alone) = try product(m, n, k)
            let work = 2e-9 * Double(m * n * k)
            line("\(m) x \(n) x \(k)", String(format: "%.1f GFLOP/s", work / ours), String(format: "%.1f GFLOP/s", work / alone), alone / ours)
        }
    }

    private func product(_ m: Int, _ n: Int, _ k: Int) throws -> (ours: Double, alone: Double) {
        let a = Buffer(m * k)
        let b = Buffer(n * k)
        let c = Buffer(m * n)
        let source = MatrixSource(b.pointer, n: n, k: k, layout: .outputMajor)
        let matrix = try PackedMatrix(source, format: .f32, workers: threads, kernels: kernels)
        let scratch = ScratchMemory()
        let ours = try Stopwatch.best { try matrix.multiply(a.pointer, m: m, to: c.pointer, pool: pool, kernels: kernels, scratch: scratch) }
        // Our workers sleep before the library's threads start, and this thread is free: the library's threads inherit its cores.
        Thread.sleep(forTimeInterval: 0.01)
        unpin(true)
        LibraryProduct.setThreads(threads)
        let library = try LibraryProduct(source, m: m)
        let alone = try Stopwatch.best { try library.run(a.pointer, to: c.pointer) }
        LibraryProduct.setThreads(1)
        unpin(false)
        return (ours, alone)
    }

    private func attention() throws {
        heading("attention, 12 heads of 64: ours, peak of a 1024^3 product in this run, share of it")
        let peak = 2 * pow(1024.0, 3) / (try product(1024, 1024, 1024).ours)
        for (tokens, causal) in [(128, false), (512, true), (512, false), (1024, true)] {
            let d = 64
            let heads = 12
            let width = heads * d
            let q = Buffer(tokens * width), k = Buffer(tokens * width), v = Buffer(tokens * width), o = Buffer(tokens * width)
            let workspace = Buffer(threads * KernelTable.attentionWorkspace(headDimension: d))
            let layout = AttentionLayout(
                headDimension: d, queryStride: width, outputStride: width, keyValueStride: width, isCausal: causal, firstPosition: 0, keys: tokens,
                scale: 0.125)
            let size = KernelTable.attentionWorkspace(headDimension: d)
            let time = Stopwatch.best {
                pool.split(heads) { worker, range in
                    for head in range {
                        let offset = head * d
                        kernels.attention(
                            layout, q.pointer + offset, k.pointer + offset, v.pointer + offset, o.pointer + offset, 0, tokens,
                            workspace.pointer + worker * size)
                    }
                }
            }
            let pairs = causal ? Double(tokens * (tokens + 1) / 2) : Double(tokens * tokens)
            let rate = 4 * pairs * Double(d * heads) / time
            line(
                "\(tokens) tokens, \(causal ? "causal" : "full")", String(format: "%.1f GFLOP/s", rate * 1e-9),
                String(format: "%.1f GFLOP/s", peak * 1e-9), rate / peak)
        }
    }

    private func norms() {
        heading("norms and softmax: ours, copy of the same bytes in this run, share of it")
        for (rows, columns) in [(512, 768), (4096, 4096), (16384, 4096)] {
            let count = rows * columns
            let x = Buffer(count), y = Buffer(count), gain = Buffer(columns), bias = Buffer(columns)
            let copy = Stopwatch.best { pool.split(count, granule: 1024) { _, r in (y.pointer + r.lowerBound).update(from: x.pointer + r.lowerBound, count: r.count) } }
            let layerNorm = Stopwatch.best {
                pool.split(rows) { kernels.layerNorm(x.pointer + $1.lowerBound * columns, gain.pointer, bias.pointer, 1e-5, $1.count, columns, y.pointer + $1.lowerBound * columns) }
            }
            let softmax = Stopwatch.best { pool.split(rows) { kernels.softmax(y.pointer + $1.lowerBound * columns, $1.count, columns) } }
            let bytes = 8 * Double(count)
            let gelu = Stopwatch.best { pool.split(count, granule: 1024) { kernels.geluTanh(y.pointer + $1.lowerBound, $1.count) } }
            for (name, time) in [("layernorm", layerNorm), ("softmax", softmax), ("gelu", gelu)] {
                line("\(name) \(rows) x \(columns)", String(format: "%.1f GB/s", bytes / time * 1e-9), String(format: "%.1f GB/s", bytes / copy * 1e-9), copy / time)
            }
        }
    }

    private func matrixVector() {
        heading("decode products of one row: ours, read bandwidth of the same bytes in this run, share of it")
        for (n, k) in [(768, 768), (3072, 768), (50257, 768), (11008, 4096)] {
            let w = Buffer(n * k), x = Buffer(k), y = Buffer(n)
            let read = Stopwatch.best { pool.split(n * k, granule: 1024) { _, r in _ = kernels.maximum(w.pointer + r.lowerBound, r.count) } }
            let time = Stopwatch.best { pool.split(n, granule: 64) { kernels.matrixVector(w.pointer, x.pointer, y.pointer, k, $1.lowerBound, $1.upperBound) } }
            let bytes = 4 * Double(n * k)
            let narrow = UnsafeMutablePointer<UInt16>.allocate(capacity: n * k)
            kernels.narrowToBF16(w.pointer, narrow, n * k)
            let half = Stopwatch.best { pool.split(n, granule: 64) { kernels.matrixVectorBF16(narrow, x.pointer, y.pointer, k, $1.lowerBound, $1.upperBound) } }
            narrow.deallocate()
            line("1 x \(n) x \(k) bf16", String(format: "%.1f GB/s", bytes / 2 / half * 1e-9), String(format: "%.1f GB/s", bytes / read * 1e-9), read / half / 2)
            line("1 x \(n) x \(k)", String(format: "%.1f GB/s", bytes / time * 1e-9), String(format: "%.1f GB/s", bytes / read * 1e-9), read / time)
        }
    }
}

/// Aligned floats with values that multiply to neither zeros nor infinities.
final class Buffer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>
    private let memory: UnsafeMutableRawPointer

    init(_ count: Int) {
        memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4), alignment: 64)
        pointer = memory.bindMemory(to: Float.self, capacity: max(16, count))
        for index in 0..<count { pointer[index] = Float((index &* 7919) % 1000) * 1e-3 - 0.5 }
    }

    deinit { memory.deallocate() }
}
