import CPUKernels
import Foundation
import Testing

/// Values that no kernel can guess: SplitMix64 in [-2, 2).
func noise(_ count: Int, seed: UInt64 = 1) -> [Float] {
    (0..<count).map { index in
        var z = seed &* 0xD1342543DE82EF95 &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) * 0x1p-22 - 2
    }
}

func difference(_ left: [Float], _ right: [Float]) -> Float {
    #expect(left.count == right.count)
    return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
}

/// Odd sizes on purpose: below, at and just beyond vector widths and tiles.
private let sizes = [1, 3, 15, 16, 17, 31, 33, 64, 100, 257]

@Suite(.serialized) struct RowKernelTests {
    @Test(arguments: InstructionSet.supported, sizes)
    func softmaxEqualsItsTwin(set: InstructionSet, columns: Int) throws {
        let kernels = try KernelTable(set)
        var x = noise(3 * columns)
        let expected = ReferenceKernels.softmax(x, columns: columns)
        kernels.softmax(&x, 3, columns)
        #expect(difference(x, expected) < 1e-6)
    }

    @Test(arguments: InstructionSet.supported)
    func softmaxSurvivesLargeScores(set: InstructionSet) throws {
        let kernels = try KernelTable(set)
        var x: [Float] = [1000, -1000, 999, 0, 1000] + Array(repeating: -500, count: 20)
        kernels.softmax(&x, 1, 25)
        #expect(abs(x.reduce(0, +) - 1) < 1e-6 && x.allSatisfy { $0.isFinite })
        // e^0, e^-1, e^0 over their sum.
        #expect(abs(x[2] - Float(exp(-1.0) / (2 + exp(-1.0)))) < 1e-6)
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func layerNormEqualsItsTwin(set: InstructionSet, columns: Int) throws {
        let kernels = try KernelTable(set)
        let x = noise(2 * columns)
        let gain = noise(columns, seed: 2)
        let bias = noise(columns, seed: 3)
        var y = [Float](repeating: 0, count: 2 * columns)
        kernels.layerNorm(x, gain, bias, 1e-5, 2, columns, &y)
        #expect(difference(y, ReferenceKernels.layerNorm(x, gain: gain, bias: bias, epsilon: 1e-5, columns: columns)) < 2e-5)
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func rmsNormEqualsItsTwin(set: InstructionSet, columns: Int) throws {
        let kernels = try KernelTable(set)
        let x = noise(2 * columns)
        let gain = noise(columns, seed: 2)
        var y = [Float](repeating: 0, count: 2 * columns)
        kernels.rmsNorm(x, gain, 1e-6, 2, columns, &y)
        #expect(difference(y, ReferenceKernels.rmsNorm(x, gain: gain, epsilon: 1e-6, columns: columns)) < 1e-5)
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func activationsEqualTheirTwins(set: InstructionSet, count: Int) throws {
        let kernels = try KernelTable(set)
        let x = noise(count).map { $0 * 4 }
        var gelu = x
        kernels.gelu(&gelu, count)
        #expect(difference(gelu, x.map { Float(ReferenceKernels.gelu(Double($0))) }) < 2e-6)
        var tanhForm = x
        kernels.geluTanh(&tanhForm, count)
        #expect(difference(tanhForm, x.map { Float(ReferenceKernels.geluTanh(Double($0))) }) < 4e-6)
        var gate = x
        let up = noise(count, seed: 5)
        kernels.siluGate(&gate, up, count)
        #expect(difference(gate, zip(x, up).map { Float(ReferenceKernels.silu(Double($0)) * Double($1)) }) < 4e-6)
        var clipped = x
        kernels.relu(&clipped, count)
        #expect(clipped == x.map { max(0, $0) })
    }

    @Test(arguments: InstructionSet.supported, [2, 6, 16, 32, 34, 64, 128])
    func rotaryEqualsItsTwin(set: InstructionSet, dimension: Int) throws {
        let kernels = try KernelTable(set)
        let half = dimension / 2
        let positions = [0, 1, 7]
        var x = noise(3 * 2 * dimension)
        let expected = (0..<6).flatMap { index in
            ReferenceKernels.rotary(Array(x[index * dimension..<(index + 1) * dimension]), position: positions[index / 2], base: 10000)
        }
        let angles = positions.flatMap { position in (0..<half).map { Double(position) * pow(10000, -Double($0) / Double(half)) } }
        kernels.rotary(&x, 3, 2, dimension, 2 * dimension, angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
        #expect(difference(x, expected) < 1e-5)
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func sumsAndMaximaAreExact(set: InstructionSet, count: Int) throws {
        let kernels = try KernelTable(set)
        let x = noise(count)
        var y = noise(count, seed: 9)
        let sum = zip(x, y).map { $0 + $1 }
        kernels.add(x, &y, count)
        #expect(y == sum)
        #expect(kernels.maximum(x, count) == x.max())
    }
}

@Suite(.serialized) struct AttentionKernelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var queries: Int
        var keys: Int
        var d: Int
        var isCausal: Bool
        var testDescription: String { "\(queries) queries, \(keys) keys, head \(d), \(isCausal ? "causal" : "full")" }
    }

    static let cases = [
        Case(queries: 1, keys: 1, d: 16, isCausal: true), Case(queries: 1, keys: 77, d: 64, isCausal: true),
        Case(queries: 37, keys: 37, d: 16, isCausal: true), Case(queries: 3, keys: 130, d: 12, isCausal: true),
        Case(queries: 65, keys: 65, d: 24, isCausal: true), Case(queries: 20, keys: 64, d: 32, isCausal: false),
        Case(queries: 17, keys: 129, d: 7, isCausal: false), Case(queries: 128, keys: 200, d: 64, isCausal: true),
    ]

    @Test(arguments: InstructionSet.supported, cases)
    func attentionEqualsItsTwin(set: InstructionSet, shape: Case) throws {
        let kernels = try KernelTable(set)
        let d = shape.d
        let q = noise(shape.queries * d)
        let k = noise(shape.keys * d, seed: 2)
        let v = noise(shape.keys * d, seed: 3)
        let firstPosition = shape.keys - shape.queries
        let layout = AttentionLayout(
            headDimension: d, queryStride: d, outputStride: d, keyValueStride: d, isCausal: shape.isCausal, firstPosition: firstPosition,
            keys: shape.keys, scale: 1 / Float(d).squareRoot())
        var output = [Float](repeating: -9, count: shape.queries * d)
        var workspace = [Float](repeating: .nan, count: KernelTable.attentionWorkspace(headDimension: d))
        kernels.attention(layout, q, k, v, &output, 0, shape.queries, &workspace)
        let expected = ReferenceKernels.attention(
            q, k, v, d: d, isCausal: shape.isCausal, firstPosition: firstPosition, scale: 1 / Double(d).squareRoot())
        #expect(difference(output, expected) < 1e-5)
    }
}

@Suite(.serialized) struct MatrixProductTests {
    @Test(arguments: [(1, 1, 1), (1, 257, 96), (2, 5, 3), (7, 64, 80), (37, 240, 80), (33, 131, 257), (64, 768, 64)], [1, 2, 3])
    func f32ProductsEqualTheirTwin(shape: (Int, Int, Int), threads: Int) throws {
        let (m, n, k) = shape
        for layout in [MatrixSource.Layout.outputMajor, .inputMajor] {
            let result = try multiply(m, n, k, .f32, layout, threads: threads)
            #expect(difference(result.value, result.expected) < 1e-4 * Float(k).squareRoot())
        }
    }

    @Test(arguments: InstructionSet.supported, ProductFormat.allCases.filter { $0 != .bf16 || InstructionSet.supported.contains(.avx512) })
    func everyInstructionSetGivesProductsTheirRounding(set: InstructionSet, format: ProductFormat) throws {
        for (m, n, k) in [(1, 129, 96), (9, 70, 129)] {
            let result = try multiply(m, n, k, format, .inputMajor, threads: 2, set: set)
            #expect(difference(result.value, result.expected) < (format == .f32 ? 1e-4 : format == .bf16 ? 0.02 : 0.06) * Float(k).squareRoot())
        }
    }

    /// More row counts than primitives are kept: evicted ones are made again, with the same weights.
    @Test func manyRowCountsGiveOneResult() throws {
        let kernels = try KernelTable(.baseline)
        let (n, k) = (40, 24)
        let (a, b) = (noise(150 * k), noise(n * k, seed: 7))
        let expected = ReferenceKernels.multiply(a, b, m: 150, n: n, k: k, strides: (1, k))
        try b.withUnsafeBufferPointer { buffer in
            let matrix = try PackedMatrix(
                MatrixSource(try #require(buffer.baseAddress), n: n, k: k, layout: .outputMajor), format: .f32, workers: 1, kernels: kernels)
            let pool = WorkerPool(threads: 1)
            let scratch = ScratchMemory()
            for m in Array(2...150) + [2, 3] {
                var c = [Float](repeating: .nan, count: m * n)
                try matrix.multiply(a, m: m, to: &c, pool: pool, kernels: kernels, scratch: scratch)
                #expect(difference(c, Array(expected[..<(m * n)])) < 1e-4)
            }
        }
    }

    @Test(.enabled(if: InstructionSet.supported.contains(.avx512), "bf16 products need AVX-512"))
    func bfloat16ProductsAreWithinTheirRounding() throws {
        for (m, n, k) in [(1, 40, 33), (5, 100, 64), (16, 131, 257)] {
            let result = try multiply(m, n, k, .bf16, .outputMajor, threads: 2)
            #expect(difference(result.value, result.expected) < 0.02 * Float(k).squareRoot())
        }
    }

    @Test(arguments: [(1, 40, 33), (5, 100, 64), (16, 131, 257)], [ProductFormat.s8s8, .u8s8])
    func narrowProductsAreWithinTheirRounding(shape: (Int, Int, Int), format: ProductFormat) throws {
        let (m, n, k) = shape
        let result = try multiply(m, n, k, format, .outputMajor, threads: 2)
        // 8 bit rounds each factor by 1/254 of the row's largest (bfloat16 by 2^-9); errors of k terms of size about 1 add as a random walk.
        #expect(difference(result.value, result.expected) < 0.06 * Float(k).squareRoot())
    }

    @Test func eightBitFormsAgreeExactly() throws {
        // Both quantise alike, and sums of 8-bit products are exact, so only the form differs.
        let signed = try multiply(9, 70, 129, .s8s8, .outputMajor, threads: 2).value
        let unsigned = try multiply(9, 70, 129, .u8s8, .outputMajor, threads: 2).value
        #expect(difference(signed, unsigned) < 1e-4)
    }

    @Test func shapesWithoutRowsAreRefused() throws {
        let kernels = try KernelTable(.baseline)
        let weights = noise(4)
        try weights.withUnsafeBufferPointer { buffer in
            let base = try #require(buffer.baseAddress)
            #expect(throws: KernelError.self) {
                try PackedMatrix(MatrixSource(base, n: 0, k: 4, layout: .outputMajor), format: .f32, workers: 1, kernels: kernels)
            }
            let matrix = try PackedMatrix(MatrixSource(base, n: 2, k: 2, layout: .outputMajor), format: .f32, workers: 1, kernels: kernels)
            var out: [Float] = [0, 0]
            #expect(throws: KernelError.self) {
                try matrix.multiply(base, m: 0, to: &out, pool: WorkerPool(threads: 1), kernels: kernels, scratch: ScratchMemory())
            }
        }
    }

    private func multiply(
        _ m: Int, _ n: Int, _ k: Int, _ format: ProductFormat, _ layout: MatrixSource.Layout, threads: Int, set: InstructionSet? = nil
    ) throws -> (value: [Float], expected: [Float]) {
        let kernels = try KernelTable(try set ?? InstructionSet.selected())
        let a = noise(m * k)
        let b = noise(n * k, seed: 7)
        let expected = ReferenceKernels.multiply(a, b, m: m, n: n, k: k, strides: layout == .outputMajor ? (1, k) : (n, 1))
        var c = [Float](repeating: .nan, count: m * n)
        try b.withUnsafeBufferPointer { buffer in
            let source = MatrixSource(try #require(buffer.baseAddress), n: n, k: k, layout: layout)
            let matrix = try PackedMatrix(source, format: format, workers: threads, kernels: kernels)
            let pool = WorkerPool(threads: threads)
            // Twice: the second run takes the cached primitive.
            for _ in 0..<2 { try matrix.multiply(a, m: m, to: &c, pool: pool, kernels: kernels, scratch: ScratchMemory()) }
        }
        return (c, expected)
    }
}

@Suite(.serialized) struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 8])
    func everyWorkerRunsOnce(threads: Int) {
        let pool = WorkerPool(threads: threads)
        for _ in 0..<200 {
            var hits = [Int](repeating: 0, count: threads)
            hits.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let buffer = buffer
                pool.run { buffer[$0] += 1 }
            }
            #expect(hits == Array(repeating: 1, count: threads))
        }
    }

    @Test(arguments: [(0, 1), (1, 1), (10, 4), (130, 64), (1000, 16)], [1, 2, 3])
    func rangesCoverEachItemOnce(shape: (Int, Int), threads: Int) {
        let (count, granule) = shape
        let pool = WorkerPool(threads: threads)
        var hits = [Int](repeating: 0, count: count)
        hits.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = buffer
            pool.split(count, granule: granule) { _, range in for index in range { buffer[index] += 1 } }
        }
        #expect(hits.allSatisfy { $0 == 1 })
    }

    @Test func sleepingWorkersWake() async throws {
        let pool = WorkerPool(threads: 2)
        try await Task.sleep(for: .milliseconds(30))
        var hits = [0, 0]
        hits.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let buffer = buffer
            pool.run { buffer[$0] += 1 }
        }
        #expect(hits == [1, 1])
    }
}

@Suite struct InstructionSetTests {
    @Test func theEnvironmentChoosesAmongTheSupported() throws {
        #expect(try InstructionSet.selected(environment: ["RIDGELINE_SIMD": "baseline"]) == .baseline)
        #expect(try InstructionSet.selected(environment: [:]) == InstructionSet.supported.last)
    }

    @Test func unknownSetsAreNamed() {
        #expect(throws: KernelError(.unsupported, "RIDGELINE_SIMD=sse9: allowed are baseline, avx2, avx512")) {
            try InstructionSet.selected(environment: ["RIDGELINE_SIMD": "sse9"])
        }
    }
}
