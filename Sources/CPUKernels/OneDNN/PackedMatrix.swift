import COneDNN
import Foundation
import Synchronization

/// Where B of a product lies before packing: [k, n] with any strides, so that both PyTorch's [n, k] and GPT-2's [k, n] layouts are read in place.
public struct MatrixSource: @unchecked Sendable {
    public enum Layout: Sendable {
        /// Rows are output features, as torch.nn.Linear stores weights.
        case outputMajor
        /// Rows are input features, as GPT-2's Conv1D stores weights.
        case inputMajor
    }

    public let values: UnsafePointer<Float>
    public let n: Int
    public let k: Int
    public let layout: Layout

    /// - Parameter values: n * k floats that outlive every product with them.
    public init(_ values: UnsafePointer<Float>, n: Int, k: Int, layout: Layout) {
        self.values = values
        self.n = n
        self.k = k
        self.layout = layout
    }

    var strides: (k: Int, n: Int) { layout == .outputMajor ? (1, k) : (n, 1) }

    /// First value of column `column` of B.
    func column(_ column: Int) -> UnsafePointer<Float> { values + column * strides.n }
}

/// B of a matrix product, packed for the kernels of one format and divided into column blocks, one a worker.
///
/// Packing happens at the first product of a size class and is kept; the source stays in place for single-row products, which read it directly.
public final class PackedMatrix: @unchecked Sendable {
    public let source: MatrixSource
    public let format: ProductFormat
    private let blocks: [Block]
    /// Scale of each output column, for 8-bit formats.
    private let columnScales: [Float]
    /// Weights in 8 bit [n, k] or bfloat16 [n, k], for formats that differ from the source's.
    private let converted: UnsafeMutableRawPointer?

    private final class Block: @unchecked Sendable {
        let columns: Range<Int>
        /// By rows of A. Sentences of all lengths would let it grow without bound: see `limit`.
        var primitives: [Int: (primitive: ProductPrimitive, memory: OneDNNMemory)] = [:]
        /// The packed weights, one for each layout that some primitive wants; mostly a single one.
        var packings: [(description: dnnl_memory_desc_t, memory: OneDNNMemory)] = []
        /// Primitives kept at most; beyond, they are made again (the library has a cache of its own, so that costs microseconds).
        static let limit = 64
        var stream: OneDNNStream?

        init(_ columns: Range<Int>) { self.columns = columns }
    }

    /// - Parameters:
    ///   - workers: threads that will run products together.
    ///   - kernels: for conversion to 16 or 8 bit.
    public init(_ source: MatrixSource, format: ProductFormat, workers: Int, kernels: KernelTable) throws(KernelError) {
        guard source.n > 0, source.k > 0 else {
            throw KernelError(.invalidShape, "weights of \(source.n) x \(source.k): both must be positive")
        }
        if format == .bf16, try !OneDNN.hasBF16() {
            throw KernelError(.unsupported, "bf16 products need AVX-512, which is absent here or switched off; f32 and int8 run")
        }
        self.source = source
        self.format = format
        // Blocks end on multiples of 64 columns, the width of oneDNN's panels; narrow matrices get fewer blocks.
        let chunks = (source.n + 63) / 64
        let count = max(1, min(workers, chunks))
        blocks = (0..<count).map { Block(min(source.n, chunks * $0 / count * 64)..<min(source.n, chunks * ($0 + 1) / count * 64)) }
        switch format {
        case .f32:
            converted = nil
            columnScales = []
        case .bf16:
            converted = Self.bfloat16(source, kernels)
            columnScales = []
        case .s8s8, .u8s8:
            (converted, columnScales) = Self.eightBit(source, kernels)
        }
    }

    deinit { converted?.deallocate() }

    /// C[m, n] = A[m, k] B in f32 or bf16, or the same through 8-bit operands with one scale a row of A and a column of B.
    ///
    /// - Parameters:
    ///   - a: fp32, row-major; converted on the way for the narrower formats.
    ///   - c: fp32, row-major, n columns.
    public func multiply(
        _ a: FloatPointer, m: Int, to c: MutableFloatPointer, pool: WorkerPool, kernels: KernelTable, scratch: ScratchMemory
    ) throws(KernelError) {
        guard m > 0 else { throw KernelError(.invalidShape, "product of \(m) rows") }
        if m == 1, format == .f32 || format == .bf16 {
            multiplyRow(a, to: c, pool: pool, kernels: kernels)
            return
        }
        switch format {
        case .f32:
            try multiplyBlocks(a, m: m, to: c, stride: source.n, bytesOfC: 4, pool: pool)
        case .bf16:
            let narrow = scratch.bytes(.activations, count: m * source.k * 2).bindMemory(to: UInt16.self, capacity: m * source.k)
            pool.split(m * source.k, granule: 64) { kernels.narrowToBF16(a + $1.lowerBound, narrow + $1.lowerBound, $1.count) }
            try multiplyBlocks(narrow, m: m, to: c, stride: source.n, bytesOfC: 4, pool: pool)
        case .s8s8, .u8s8:
            try multiplyEightBit(a, m: m, to: c, pool: pool, kernels: kernels, scratch: scratch)
        }
    }

    private func multiplyRow(_ x: FloatPointer, to y: MutableFloatPointer, pool: WorkerPool, kernels: KernelTable) {
        let source = source
        pool.split(source.n, granule: 128) { _, columns in
            if format == .bf16, let converted {
                kernels.matrixVectorBF16(converted.assumingMemoryBound(to: UInt16.self), x, y, source.k, columns.lowerBound, columns.upperBound)
            } else if source.layout == .outputMajor {
                kernels.matrixVector(source.values, x, y, source.k, columns.lowerBound, columns.upperBound)
            } else {
                kernels.vectorMatrix(source.values, x, y, source.k, source.n, columns.lowerBound, columns.upperBound)
            }
        }
    }

    private func multiplyEightBit(
        _ a: FloatPointer, m: Int, to c: MutableFloatPointer, pool: WorkerPool, kernels: KernelTable, scratch: ScratchMemory
    ) throws(KernelError) {
        let k = source.k
        let n = source.n
        let quantized = scratch.bytes(.activations, count: m * k).bindMemory(to: Int8.self, capacity: m * k)
        let rowScales = scratch.bytes(.scales, count: m * 4).bindMemory(to: Float.self, capacity: m)
        let sums = scratch.bytes(.accumulators, count: m * n * 4).bindMemory(to: Int32.self, capacity: m * n)
        pool.split(m) { kernels.quantizeRows(a + $1.lowerBound * k, $1.count, k, quantized + $1.lowerBound * k, rowScales + $1.lowerBound) }
        if format == .u8s8 {
            // Shifted to unsigned by 128; the shift's share of each sum, 128 times the column's weights, is taken off again below.
            pool.split(m * k, granule: 64) { _, range in
                for index in range { quantized[index] = Int8(bitPattern: UInt8(bitPattern: quantized[index]) ^ 0x80) }
            }
        }
        try multiplyBlocks(quantized, m: m, to: sums, stride: n, bytesOfC: 4, pool: pool)
        if format == .u8s8 {
            let offsets = columnSums
            pool.split(m) { _, rows in
                for row in rows { for column in 0..<n { sums[row &* n &+ column] &-= 128 &* offsets[column] } }
            }
        }
        columnScales.withUnsafeBufferPointer { scales in
            guard let scales = scales.baseAddress else { return }
            pool.split(m) { kernels.dequantize(sums + $1.lowerBound * n, rowScales + $1.lowerBound, scales, $1.count, n, n, c + $1.lowerBound * n, n) }
        }
    }

    /// Sum of each column of the 8-bit weights.
    private lazy var columnSums: [Int32] = {
        guard let converted else { return [] }
        let weights = converted.assumingMemoryBound(to: Int8.self)
        return (0..<source.n).map { column in (0..<source.k).reduce(Int32(0)) { $0 &+ Int32(weights[column &* source.k &+ $1]) } }
    }()

    private func multiplyBlocks(
        _ a: UnsafeRawPointer, m: Int, to c: UnsafeMutableRawPointer, stride: Int, bytesOfC: Int, pool: WorkerPool
    ) throws(KernelError) {
        let failure = Mutex<KernelError?>(nil)
        let address = UInt(bitPattern: a)
        pool.run { worker in
            for block in Swift.stride(from: worker, to: blocks.count, by: pool.threads) {
                do throws(KernelError) {
                    guard let a = UnsafeRawPointer(bitPattern: address) else { return }
                    try multiply(blocks[block], a, m: m, to: c + blocks[block].columns.lowerBound * bytesOfC, stride: stride)
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func multiply(
        _ block: Block, _ a: UnsafeRawPointer, m: Int, to c: UnsafeMutableRawPointer, stride: Int
    ) throws(KernelError) {
        OneDNN.useCallingThreadOnly()
        let stream: OneDNNStream
        if let existing = block.stream {
            stream = existing
        } else {
            stream = try OneDNNStream()
            block.stream = stream
        }
        let entry: (primitive: ProductPrimitive, memory: OneDNNMemory)
        if let known = block.primitives[m] {
            entry = known
        } else {
            entry = try prepare(block, m: m, stride: stride, stream: stream)
            if block.primitives.count >= Block.limit { block.primitives.removeAll(keepingCapacity: true) }
            block.primitives[m] = entry
        }
        try entry.primitive.run(a: a, packed: entry.memory, c: c, stream: stream)
    }

    /// The primitive for m rows; its packed weights are shared with any earlier one of the same layout.
    private func prepare(
        _ block: Block, m: Int, stride: Int, stream: OneDNNStream
    ) throws(KernelError) -> (primitive: ProductPrimitive, memory: OneDNNMemory) {
        let columns = block.columns
        let primitive = try ProductPrimitive(format: format, m: m, n: columns.count, k: source.k, stride: stride)
        for known in block.packings {
            var left = known.description
            var right = primitive.packedDescription
            if dnnl_memory_desc_equal(&left, &right) != 0 { return (primitive, known.memory) }
        }
        let memory: OneDNNMemory
        if let converted {
            let start = UnsafeRawPointer(converted) + columns.lowerBound * source.k * format.bytesOfB
            memory = try ProductPrimitive.pack(
                start, type: format.b, k: source.k, n: columns.count, strides: (1, source.k), into: primitive.packedDescription, stream: stream)
        } else {
            memory = try ProductPrimitive.pack(
                source.column(columns.lowerBound), type: dnnl_f32, k: source.k, n: columns.count, strides: source.strides,
                into: primitive.packedDescription, stream: stream)
        }
        block.packings.append((primitive.packedDescription, memory))
        return (primitive, memory)
    }

    private static func outputMajor(_ source: MatrixSource, _ row: Int, into buffer: UnsafeMutablePointer<Float>) {
        let strides = source.strides
        for index in 0..<source.k { buffer[index] = source.values[row * strides.n + index * strides.k] }
    }

    private static func bfloat16(_ source: MatrixSource, _ kernels: KernelTable) -> UnsafeMutableRawPointer {
        let target = UnsafeMutableRawPointer.allocate(byteCount: source.n * source.k * 2, alignment: 64)
        let values = target.bindMemory(to: UInt16.self, capacity: source.n * source.k)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: source.k) { row in
            guard let row = row.baseAddress else { return }
            for column in 0..<source.n {
                outputMajor(source, column, into: row)
                kernels.narrowToBF16(row, values + column * source.k, source.k)
            }
        }
        return target
    }

    private static func eightBit(_ source: MatrixSource, _ kernels: KernelTable) -> (UnsafeMutableRawPointer, [Float]) {
        let target = UnsafeMutableRawPointer.allocate(byteCount: source.n * source.k, alignment: 64)
        let values = target.bindMemory(to: Int8.self, capacity: source.n * source.k)
        var scales = [Float](repeating: 1, count: source.n)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: source.k) { row in
            guard let row = row.baseAddress else { return }
            for column in 0..<source.n {
                outputMajor(source, column, into: row)
                kernels.quantizeRows(row, 1, source.k, values + column * source.k, &scales[column])
            }
        }
        return (target, scales)
    }
}

/// Buffers that kernels reuse between calls, grown when needed; one set serves one caller of `PackedMatrix.multiply`.
public final class ScratchMemory {
    enum Purpose: Int, CaseIterable { case activations, scales, accumulators, attention }

    private var buffers: [UnsafeMutableRawBufferPointer?] = Array(repeating: nil, count: Purpose.allCases.count)

    public init() {}

    deinit { for buffer in buffers { buffer?.deallocate() } }

    func bytes(_ purpose: Purpose, count: Int) -> UnsafeMutableRawPointer {
        if let buffer = buffers[purpose.rawValue], buffer.count >= count, let base = buffer.baseAddress { return base }
        buffers[purpose.rawValue]?.deallocate()
        let base = UnsafeMutableRawPointer.allocate(byteCount: max(64, count), alignment: 64)
        buffers[purpose.rawValue] = UnsafeMutableRawBufferPointer(start: base, count: max(64, count))
        return base
    }

    /// Scratch of `attention` for each of some threads, as one block of floats.
    public func attentionWorkspace(threads: Int, headDimension: Int) -> MutableFloatPointer {
        let floats = threads * KernelTable.attentionWorkspace(headDimension: headDimension)
        return bytes(.attention, count: floats * 4).bindMemory(to: Float.self, capacity: floats)
    }
}
