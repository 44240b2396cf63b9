/// Where one attention call finds its operands; strides are in elements.
public struct AttentionLayout: Sendable {
    /// Elements of a query, key and value head.
    public var headDimension: Int
    /// Elements between the queries (and outputs) of consecutive tokens.
    public var queryStride: Int
    public var outputStride: Int
    /// Elements between the keys (and values) of consecutive tokens.
    public var keyValueStride: Int
    /// Whether query i sees only keys up to `firstPosition + i`.
    public var isCausal: Bool
    /// Position of the first query among the keys.
    public var firstPosition: Int
    /// Keys in all.
    public var keys: Int
    /// Factor on scores, 1 / sqrt(headDimension).
    public var scale: Float

    public init(
        headDimension: Int, queryStride: Int, outputStride: Int, keyValueStride: Int, isCausal: Bool, firstPosition: Int, keys: Int,
        scale: Float
    ) {
        self.headDimension = headDimension
        self.queryStride = queryStride
        self.outputStride = outputStride
        self.keyValueStride = keyValueStride
        self.isCausal = isCausal
        self.firstPosition = firstPosition
        self.keys = keys
        self.scale = scale
    }
}

/// Queries and keys of one tile of scores: 16 queries x 64 keys of fp32 are 4 KiB, so a tile and its keys and values stay in L1.
private let queryTile = 16
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
        _ layout: AttentionLayout, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, o: UnsafeMutablePointer<Float>,
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
        _ layout: AttentionLayout, q: UnsafePointer<Float>, k: UnsafePointer<Float>, v: UnsafePointer<Float>, o: UnsafeMutablePointer<Float>,
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
            map(d, from: accumulator + row * d, to: o + (first + row) * layout.outputStride) { $0 * scale }
        }
    }

    /// scores[rows, width] = scale * q k^T with keys transposed to [d, keyTile]: vectors run over keys, queries are broadcast.
    @inline(__always)
    private static func scoreTile(
        _ layout: AttentionLayout, _ q: UnsafePointer<Float>, _ transposed: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>,
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
    @inline(__always)
    private static func scoreRows(
        _ layout: AttentionLayout, _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>, rows: Int,
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
    @inline(__always)
    private static func rescale(
        _ scores: UnsafeMutablePointer<Float>, _ limit: Int, _ width: Int, _ runningMaximum: inout Float, _ runningSum: inout Float,
        _ accumulator: UnsafeMutablePointer<Float>, _ d: Int
    ) {
        for column in limit..<max(limit, keyTile) { scores[column] = -.infinity }
        var best = Vector(repeating: -.infinity)
        var column = 0
        while column < keyTile {
            best = pointwiseMax(best, load(scores, column))
            column &+= lanes
        }
        let largest = max(runningMaximum, best.max())
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
        runningSum = runningSum * correction + total.sum()
        if correction != 1 { map(d, from: accumulator, to: accumulator) { $0 * correction } }
    }

    /// accumulator[rows, d] += scores[rows, width] v[width, d]: four queries share each load of a value vector.
    @inline(__always)
    private static func accumulate(
        _ scores: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ stride: Int, _ accumulator: UnsafeMutablePointer<Float>, rows: Int,
        width: Int, _ d: Int
    ) {
        var column = 0
        while column &+ lanes <= d {
            var row = 0
            while row &+ 4 <= rows {
                let target = accumulator + (row &* d &+ column)
                var a = load(target, 0), b = load(target, d), c = load(target, 2 &* d), e = load(target, 3 &* d)
                let weight = scores + row * keyTile
                for key in 0..<width {
                    let value = load(v, key &* stride &+ column)
                    a = multiplyAdd(Vector(repeating: weight[key]), value, a)
                    b = multiplyAdd(Vector(repeating: weight[keyTile &+ key]), value, b)
                    c = multiplyAdd(Vector(repeating: weight[2 &* keyTile &+ key]), value, c)
                    e = multiplyAdd(Vector(repeating: weight[3 &* keyTile &+ key]), value, e)
                }
                store(a, target, 0)
                store(b, target, d)
                store(c, target, 2 &* d)
                store(e, target, 3 &* d)
                row &+= 4
            }
            while row < rows {
                let target = accumulator + (row &* d &+ column)
                var a = load(target, 0)
                for key in 0..<width { a = multiplyAdd(Vector(repeating: scores[row &* keyTile &+ key]), load(v, key &* stride &+ column), a) }
                store(a, target, 0)
                row &+= 1
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

    /// target[columns, keyTile] = source[rows, columns] transposed; columns past `rows` are zero.
    @inline(__always)
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
