/// The vector kernels of one instruction set. Every build of this source exports the same names; `CPUKernels` picks one at run time.
///
/// Shapes are [rows, columns], rows contiguous. All are single-threaded over the rows they are given: callers split rows over threads.
public enum VectorKernels {
    /// Softmax of each row of x[rows, columns], in place: exp(x - max) / sum.
    @inline(never)
    public static func softmax(_ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        for row in 0..<rows { softmaxRow(x + row * columns, columns) }
    }

    /// LayerNorm: y = (x - mean) / sqrt(variance + epsilon) * gain + bias; gain[columns], bias[columns]; y may be x.
    @inline(never)
    public static func layerNorm(
        _ x: UnsafePointer<Float>, gain: UnsafePointer<Float>, bias: UnsafePointer<Float>, epsilon: Float, rows: Int, columns: Int,
        to y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let source = x + row * columns
            let target = y + row * columns
            let (mean, variance) = moments(source, columns)
            normalize(source, to: target, columns, shift: mean, scale: 1 / (variance + epsilon).squareRoot(), gain: gain, bias: bias)
        }
    }

    /// Mean and variance of a row: sums of x - x[0] and of its square in one pass, so that a large common mean costs no digits
    /// (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983). Where x[0] itself stands far off, as the outlying
    /// channels of language models do, the squares would cancel: then a second pass starts from the mean of the first.
    @inline(always)
    private static func moments(_ x: UnsafePointer<Float>, _ count: Int) -> (mean: Float, variance: Float) {
        let first = moments(x, count, from: x[0])
        let offset = first.mean - x[0]
        // Sixteen times the variance: four of the 24 bits lost.
        return offset * offset > 16 * first.variance ? moments(x, count, from: first.mean) : first
    }

    @inline(always)
    private static func moments(_ x: UnsafePointer<Float>, _ count: Int, from start: Float) -> (mean: Float, variance: Float) {
        let origin = Vector(repeating: start)
        var a = Vector.zero, b = Vector.zero, c = Vector.zero, d = Vector.zero
        var a2 = Vector.zero, b2 = Vector.zero, c2 = Vector.zero, d2 = Vector.zero
        var index = 0
        while index &+ 4 &* lanes <= count {
            let w = load(x, index) - origin
            let y = load(x, index &+ lanes) - origin
            let z = load(x, index &+ 2 &* lanes) - origin
            let v = load(x, index &+ 3 &* lanes) - origin
            a += w
            b += y
            c += z
            d += v
            a2 = multiplyAdd(w, w, a2)
            b2 = multiplyAdd(y, y, b2)
            c2 = multiplyAdd(z, z, c2)
            d2 = multiplyAdd(v, v, d2)
            index &+= 4 &* lanes
        }
        while index &+ lanes <= count {
            let w = load(x, index) - origin
            a += w
            a2 = multiplyAdd(w, w, a2)
            index &+= lanes
        }
        var sum = laneSum((a + b) + (c + d))
        var squares = laneSum((a2 + b2) + (c2 + d2))
        while index < count {
            let w = x[index] - start
            sum += w
            squares += w * w
            index &+= 1
        }
        let offset = sum / Float(count)
        return (start + offset, max(0, squares / Float(count) - offset * offset))
    }

    /// RMSNorm: y = x / sqrt(mean(x^2) + epsilon) * gain; gain[columns]; y may be x.
    @inline(never)
    public static func rmsNorm(
        _ x: UnsafePointer<Float>, gain: UnsafePointer<Float>, epsilon: Float, rows: Int, columns: Int, to y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let source = x + row * columns
            let square = dot(columns, source, source) / Float(columns)
            normalize(source, to: y + row * columns, columns, shift: 0, scale: 1 / (square + epsilon).squareRoot(), gain: gain, bias: nil)
        }
    }

    @inline(always)
    private static func normalize(
        _ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ columns: Int, shift: Float, scale: Float,
        gain: UnsafePointer<Float>, bias: UnsafePointer<Float>?
    ) {
        var column = 0
        while column &+ lanes <= columns {
            let scaled = (load(source, column) - shift) * scale
            let weighted = bias.map { multiplyAdd(scaled, load(gain, column), load($0, column)) } ?? scaled * load(gain, column)
            store(weighted, target, column)
            column &+= lanes
        }
        while column < columns {
            target[column] = (source[column] - shift) * scale * gain[column] + (bias?[column] ?? 0)
            column &+= 1
        }
    }

    @inline(always)
    static func softmaxRow(_ x: UnsafeMutablePointer<Float>, _ columns: Int) {
        let largest = maximum(x, columns)
        var sum = Vector.zero
        var column = 0
        while column &+ lanes <= columns {
            let value = exponential(load(x, column) - largest)
            store(value, x, column)
            sum += value
            column &+= lanes
        }
        var total = laneSum(sum)
        if column < columns {
            var tail = Vector(repeating: -.infinity)
            for lane in 0..<(columns &- column) { tail[lane] = x[column &+ lane] - largest }
            let value = exponential(tail)
            for lane in 0..<(columns &- column) { x[column &+ lane] = value[lane] }
            total += laneSum(value)
        }
        let scale = 1 / total
        map(columns, from: x, to: x, Scaling(factor: scale))
    }

    /// The largest of `count` values.
    @inline(never)
    public static func maximum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
        var best = Vector(repeating: -.infinity)
        var index = 0
        while index &+ lanes <= count {
            best = larger(best, load(x, index))
            index &+= lanes
        }
        var result = laneMaximum(best)
        while index < count {
            result = max(result, x[index])
            index &+= 1
        }
        return result
    }
}
