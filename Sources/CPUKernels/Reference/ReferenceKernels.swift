import Foundation

/// The slow, obvious twins of the kernels: tests hold every fast kernel against them. Sums are in Double.
public enum ReferenceKernels {
    /// C[m, n] = A[m, k] B with B[k, n] at any strides.
    public static func multiply(_ a: [Float], _ b: [Float], m: Int, n: Int, k: Int, strides: (k: Int, n: Int)) -> [Float] {
        var c = [Float](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                var sum = 0.0
                for index in 0..<k { sum += Double(a[row * k + index]) * Double(b[index * strides.k + column * strides.n]) }
                c[row * n + column] = Float(sum)
            }
        }
        return c
    }

    public static func softmax(_ x: [Float], columns: Int) -> [Float] {
        rows(x, columns) { row in
            let largest = row.max() ?? 0
            let powers = row.map { exp($0 - largest) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }

    public static func layerNorm(_ x: [Float], gain: [Float], bias: [Float], epsilon: Double, columns: Int) -> [Float] {
        rows(x, columns) { row in
            let mean = row.reduce(0, +) / Double(columns)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            return row.enumerated().map { ($1 - mean) / (variance + epsilon).squareRoot() * Double(gain[$0]) + Double(bias[$0]) }
        }
    }

    public static func rmsNorm(_ x: [Float], gain: [Float], epsilon: Double, columns: Int) -> [Float] {
        rows(x, columns) { row in
            let square = row.reduce(0) { $0 + $1 * $1 } / Double(columns)
            return row.enumerated().map { $1 / (square + epsilon).squareRoot() * Double(gain[$0]) }
        }
    }

    public static func relu(_ x: Double) -> Double { max(0, x) }
    public static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
    public static func geluTanh(_ x: Double) -> Double { 0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) }
    public static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

    /// Attention of one head: q[queries, d], k and v[keys, d], all contiguous.
    public static func attention(_ q: [Float], _ k: [Float], _ v: [Float], d: Int, isCausal: Bool, firstPosition: Int, scale: Double) -> [Float] {
        let queries = q.count / d
        let keys = k.count / d
        var output = [Float](repeating: 0, count: queries * d)
        for query in 0..<queries {
            let visible = isCausal ? min(keys, firstPosition + query + 1) : keys
            let scores = (0..<visible).map { key in
                scale * (0..<d).reduce(0.0) { $0 + Double(q[query * d + $1]) * Double(k[key * d + $1]) }
            }
            let largest = scores.max() ?? 0
            let powers = scores.map { exp($0 - largest) }
            let sum = powers.reduce(0, +)
            for column in 0..<d {
                output[query * d + column] = Float((0..<visible).reduce(0.0) { $0 + powers[$1] / sum * Double(v[$1 * d + column]) })
            }
        }
        return output
    }

    /// One head[d] turned to `position`, halves paired.
    public static func rotary(_ x: [Float], position: Int, base: Double) -> [Float] {
        let half = x.count / 2
        var output = x
        for index in 0..<half {
            let angle = Double(position) / pow(base, 2 * Double(index) / Double(x.count))
            let low = Double(x[index])
            let high = Double(x[half + index])
            output[index] = Float(low * cos(angle) - high * sin(angle))
            output[half + index] = Float(high * cos(angle) + low * sin(angle))
        }
        return output
    }

    private static func rows(_ x: [Float], _ columns: Int, _ body: ([Double]) -> [Double]) -> [Float] {
        stride(from: 0, to: x.count, by: columns).flatMap { start in body(x[start..<(start + columns)].map(Double.init)).map(Float.init) }
    }
}
