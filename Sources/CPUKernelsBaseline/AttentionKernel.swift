/// Where one attention call finds its operands; strides are in elements, `firstPosition` is the place of the first query among the keys.
///
/// A tuple, not a struct: the value witnesses of a struct are weak symbols, of which the linker keeps one for the whole program, whatever
/// instructions that copy was built with.
public typealias AttentionShape = (
    headDimension: Int, queryStride: Int, outputStride: Int, keyValueStride: Int, isCausal: Bool, firstPosition: Int, keys: Int, scale: Float
)

/// Queries and keys of one tile of scores: 64 x 64 of fp32 are 16 KiB, so scores, transposed keys and accumulators stay in L2 at worst, and
/// transposing 64 keys is spread over 64 queries.
private let queryTile = 64
private let keyTile = 64

extension VectorKernels {
    /// Attention of one head for queries [first, last): output = softmax(scale q k^T + mask) v, by key tiles with a running maximum and sum, so
    /// that no row of scores is ever stored whole (Dao et al., "FlashAttention", 2022).
    ///
    /// - Parameters:
    ///   - q: query of token 0 of this head; o: output of token 0 of this head; k, v: key and value of token 0.
    ///   - workspace: `attentionWorkspace(headDimension:)` floats of the calling thread.
    @inline(never)
    public static func attention(
        _ layout: AttentionShape, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, o: UnsafeMutablePointer<Float>,
        first: Int, last: Int, workspace: UnsafeMutablePointer<Float>
    ) {
        var start = first
        while start < last {
            let rows = min(queryTile, last &- start)
            attentionTile(layout, q: q, k: k, v: v, o: o, first: start, rows: rows, workspace: workspace)
            start &+= rows
        }
    }

    /// Floats of scratch memory that `attention` needs.
    public static func attentionWorkspace(headDimension: Int) -> Int {
        // Scores, accumulators, transposed keys, running maxima and sums.
        queryTile * keyTile + queryTile * (headDimension + lanes) + headDimension * keyTile + 2 * queryTile + 4 * lanes
    }

    private static func attentionTile(
        _ layout: AttentionShape, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, o: UnsafeMutablePointer<Float>,
        first: Int, rows: Int, workspace: UnsafeMutablePointer<Float>
    ) {
        let d = layout.headDimension
        let scores = workspace
        let accumulator = scores + queryTile * keyTile
        let transposed = accumulator + queryTile * (d + lanes)
        let maxima = transposed + d * keyTile
        let sums = maxima + queryTile
        for index in 0..<(rows &* d) { accumulator[index] = 0 }
        for row in 0..<rows {
            maxima[row] = -.infinity
            sums[row] = 0
        }
        let visible = layout.isCausal ? min(layout.keys, layout.firstPosition &+ first &+ rows) : layout.keys
        var key = 0
        while key < visible {
            let width = min(keyTile, visible &- key)
            if rows >= 4 {
                transpose(k + key * layout.keyValueStride, rows: width, columns: d, stride: layout.keyValueStride, to: transposed)
                scoreTile(layout, q + first * layout.queryStride, transposed, scores, rows: rows, width: width)
            } else {
                scoreRows(layout, q + first * layout.queryStride, k + key * layout.keyValueStride, scores, rows: rows, width: width)
            }
            for row in 0..<rows {
                let limit = layout.isCausal ? min(width, layout.firstPosition &+ first &+ row &+ 1 &- key) : width
                guard limit > 0 else {
                    for column in 0..<width { scores[row &* keyTile &+ column] = 0 }
                    continue
                }
                rescale(scores + row * keyTile, limit, width, &maxima[row], &sums[row], accumulator + row * d, d)
            }
            accumulate(scores, v + key * layout.keyValueStride, layout.keyValueStride, accumulator, rows: rows, width: width, d)
            key &+= width
        }
        for row in 0..<rows {
            let scale = sums[row] > 0 ? 1 / sums[row] : 0
            map(d, from: accumulator + row * d, to: o + (first + row) * layout.outputStride, Scaling(factor: scale))
        }
    }

    /// scores[rows, width] = scale * q k^T with keys transposed to [d, keyTile]: vectors run over keys, queries are broadcast.
    @inline(always)
    private static func scoreTile(
        _ layout: AttentionShape, _ q: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>,
        rows: Int, width: Int
    ) {
        let d = layout.headDimension
        var row = 0
        while row < rows {
            // Two queries against four vectors of keys: eight accumulators hide the latency of the multiply-add.
            let second = min(row &+ 1, rows &- 1)
            let q0 = q + row * layout.queryStride
            let q1 = q + second * layout.queryStride
            var a0 = Vector.zero, a1 = Vector.zero, a2 = Vector.zero, a3 = Vector.zero
            var b0 = Vector.zero, b1 = Vector.zero, b2 = Vector.zero, b3 = Vector.zero
            for i in 0..<d {
                let keys = transposed + i &* keyTile
                let x = Vector(repeating: q0[i])
                let y = Vector(repeating: q1[i])
                let k0 = load(keys, 0), k1 = load(keys, lanes), k2 = load(keys, 2 &* lanes), k3 = load(keys, 3 &* lanes)
                a0 = multiplyAdd(x, k0, a0)
                a1 = multiplyAdd(x, k1, a1)
                a2 = multiplyAdd(x, k2, a2)
                a3 = multiplyAdd(x, k3, a3)
                b0 = multiplyAdd(y, k0, b0)
                b1 = multiplyAdd(y, k1, b1)
                b2 = multiplyAdd(y, k2, b2)
                b3 = multiplyAdd(y, k3, b3)
            }
            let scale = layout.scale
            let first = scores + row * keyTile
            store(a0 * scale, first, 0)
            store(a1 * scale, first, lanes)
            store(a2 * scale, first, 2 &* lanes)
            store(a3 * scale, first, 3 &* lanes)
            let other = scores + second &* keyTile
            store(b0 * scale, other, 0)
            store(b1 * scale, other, lanes)
            store(b2 * scale, other, 2 &* lanes)
            store(b3 * scale, other, 3 &* lanes)
            row &+= 2
        }
    }

    /// The same for few queries (decode), where transposing keys would cost more than it saves: a dot product a key.
    @inline(always)
    private static func scoreRows(
        _ layout: AttentionShape, _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>, rows: Int,
        width: Int
    ) {
        for row in 0..<rows {
            for key in 0..<width {
                scores[row &* keyTile &+ key] =
                    layout.scale * dot(layout.headDimension, q + row * layout.queryStride, k + key * layout.keyValueStride)
            }
        }
    }

    /// Turns `limit` scores of a row into exp(score - running maximum), zeros the rest up to `width`, and rescales what was summed before.
    @inline(always)
    private static func rescale(
        _ scores: UnsafeMutablePointer<Float>, _ limit: Int, _ width: Int, _ runningMaximum: inout Float, _ runningSum: inout Float,
        _ accumulator: UnsafeMutablePointer<Float>, _ d: Int
    ) {
        for column in limit..<max(limit, keyTile) { scores[column] = -.infinity }
        var best = Vector(repeating: -.infinity)
        var column = 0
        while column < keyTile {
            best = larger(best, load(scores, column))
            column &+= lanes
        }
        let largest = max(runningMaximum, laneMaximum(best))
        var total = Vector.zero
        column = 0
        while column < keyTile {
            let value = exponential(load(scores, column) - largest)
            store(value, scores, column)
            total += value
            column &+= lanes
        }
        let correction = runningMaximum == largest ? 1 : exponential(Vector(repeating: runningMaximum - largest))[0]
        runningMaximum = largest
        runningSum = runningSum * correction + laneSum(total)
        if correction != 1 { map(d, from: accumulator, to: accumulator, Scaling(factor: correction)) }
    }

    /// accumulator[rows, d] += scores[rows, width] v[width, d]: four queries share each load of a value vector.
    @inline(always)
    private static func accumulate(
        _ scores: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ stride: Int, _ accumulator: UnsafeMutablePointer<Float>, rows: Int,
        width: Int, _ d: Int
    ) {
        var column = 0
        // Four queries by two vectors of values: eight accumulators, six loads for eight multiply-adds.
        while column &+ 2 &* lanes <= d {
            var row = 0
            while row &+ 4 <= rows {
                accumulateBlock(scores + row * keyTile, v + column, stride, accumulator + (row &* d &+ column), width: width, d)
                row &+= 4
            }
            while row < rows {
                accumulateRow(scores + row * keyTile, v + column, stride, accumulator + (row &* d &+ column), width: width)
                accumulateRow(scores + row * keyTile, v + (column &+ lanes), stride, accumulator + (row &* d &+ column &+ lanes), width: width)
                row &+= 1
            }
            column &+= 2 &* lanes
        }
        while column &+ lanes <= d {
            for row in 0..<rows {
                accumulateRow(scores + row * keyTile, v + column, stride, accumulator + (row &* d &+ column), width: width)
            }
            column &+= lanes
        }
        while column < d {
            for row in 0..<rows {
                var sum = accumulator[row &* d &+ column]
                for key in 0..<width { sum += scores[row &* keyTile &+ key] * v[key &* stride &+ column] }
                accumulator[row &* d &+ column] = sum
            }
            column &+= 1
        }
    }

    @inline(always)
    private static func accumulateBlock(
        _ scores: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ stride: Int, _ target: UnsafeMutablePointer<Float>, width: Int, _ d: Int
    ) {
        var a0 = load(target, 0), b0 = load(target, d), c0 = load(target, 2 &* d), e0 = load(target, 3 &* d)
        var a1 = load(target, lanes), b1 = load(target, d &+ lanes), c1 = load(target, 2 &* d &+ lanes), e1 = load(target, 3 &* d &+ lanes)
        for key in 0..<width {
            let v0 = load(v, key &* stride)
            let v1 = load(v, key &* stride &+ lanes)
            let a = Vector(repeating: scores[key])
            let b = Vector(repeating: scores[keyTile &+ key])
            let c = Vector(repeating: scores[2 &* keyTile &+ key])
            let e = Vector(repeating: scores[3 &* keyTile &+ key])
            a0 = multiplyAdd(a, v0, a0)
            a1 = multiplyAdd(a, v1, a1)
            b0 = multiplyAdd(b, v0, b0)
            b1 = multiplyAdd(b, v1, b1)
            c0 = multiplyAdd(c, v0, c0)
            c1 = multiplyAdd(c, v1, c1)
            e0 = multiplyAdd(e, v0, e0)
            e1 = multiplyAdd(e, v1, e1)
        }
        store(a0, target, 0)
        store(a1, target, lanes)
        store(b0, target, d)
        store(b1, target, d &+ lanes)
        store(c0, target, 2 &* d)
        store(c1, target, 2 &* d &+ lanes)
        store(e0, target, 3 &* d)
        store(e1, target, 3 &* d &+ lanes)
    }

    @inline(always)
    private static func accumulateRow(
        _ scores: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ stride: Int, _ target: UnsafeMutablePointer<Float>, width: Int
    ) {
        var even = load(target, 0)
        var odd = Vector.zero
        var key = 0
        while key &+ 2 <= width {
            even = multiplyAdd(Vector(repeating: scores[key]), load(v, key &* stride), even)
            odd = multiplyAdd(Vector(repeating: scores[key &+ 1]), load(v, (key &+ 1) &* stride), odd)
            key &+= 2
        }
        if key < width { even = multiplyAdd(Vector(repeating: scores[key]), load(v, key &* stride), even) }
        store(even + odd, target, 0)
    }

    /// target[columns, keyTile] = source[rows, columns] transposed; columns past `rows` are zero.
    @inline(always)
    private static func transpose(
        _ source: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int, to target: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let line = source + row &* stride
            for column in 0..<columns { target[column &* keyTile &+ row] = line[column] }
        }
        for row in rows..<max(rows, keyTile) {
            for column in 0..<columns { target[column &* keyTile &+ row] = 0 }
        }
    }
}
