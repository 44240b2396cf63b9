extension VectorKernels {
    /// y += x over `count` elements: the residual connection.
    @inline(never)
    public static func add(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) {
        var index = 0
        while index &+ lanes <= count {
            store(load(y, index) + load(x, index), y, index)
            index &+= lanes
        }
        while index < count {
            y[index] += x[index]
            index &+= 1
        }
    }

    /// y += scale * x over `count` elements: the weighted sum of experts.
    @inline(never)
    public static func addScaled(_ x: UnsafePointer<Float>, by scale: Float, to y: UnsafeMutablePointer<Float>, count: Int) {
        let factor = Vector(repeating: scale)
        var index = 0
        while index &+ lanes <= count {
            store(multiplyAdd(load(x, index), factor, load(y, index)), y, index)
            index &+= lanes
        }
        while index < count {
            y[index] += scale * x[index]
            index &+= 1
        }
    }

    /// Adds bias[columns] to each row of x[rows, columns], in place.
    @inline(never)
    public static func addBias(_ bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int, columns: Int) {
        for row in 0..<rows { add(bias, to: x + row * columns, count: columns) }
    }

    /// GELU with the error function, in place: x/2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel, arXiv 1606.08415).
    @inline(never)
    public static func gelu(_ x: UnsafeMutablePointer<Float>, count: Int) {
        map(count, from: x, to: x, ExactGELU())
    }

    /// GELU by hyperbolic tangent, in place, as GPT-2 has it: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).
    @inline(never)
    public static func geluTanh(_ x: UnsafeMutablePointer<Float>, count: Int) {
        map(count, from: x, to: x, TanhGELU())
    }

    /// max(x, 0), in place.
    @inline(never)
    public static func relu(_ x: UnsafeMutablePointer<Float>, count: Int) {
        map(count, from: x, to: x, Rectifier())
    }

    /// tanh(x), in place: BERT's pooler.
    @inline(never)
    public static func tanh(_ x: UnsafeMutablePointer<Float>, count: Int) {
        map(count, from: x, to: x, HyperbolicTangent())
    }

    /// gate = silu(gate) * up over `count` elements, silu(x) = x / (1 + exp(-x)) (Shazeer, "GLU variants improve transformer", 2020).
    @inline(never)
    public static func siluGate(_ gate: UnsafeMutablePointer<Float>, up: UnsafePointer<Float>, count: Int) {
        var index = 0
        while index &+ lanes <= count {
            let value = load(gate, index)
            store(value / (1 + exponential(-value)) * load(up, index), gate, index)
            index &+= lanes
        }
        guard index < count else { return }
        var tail = Vector.zero
        for lane in 0..<(count &- index) { tail[lane] = gate[index &+ lane] }
        let result = tail / (1 + exponential(-tail))
        for lane in 0..<(count &- index) { gate[index &+ lane] = result[lane] * up[index &+ lane] }
    }

    /// Rotates each head of x[tokens, heads, dimension] (rows `stride` apart) by its position, in place, halves paired as Hugging Face does:
    /// x[i], x[i + d/2] turn by angle position / base^(2i/d). cosine and sine are [tokens, dimension / 2].
    @inline(never)
    public static func rotary(
        _ x: UnsafeMutablePointer<Float>, tokens: Int, heads: Int, dimension: Int, stride: Int, cosine: UnsafePointer<Float>,
        sine: UnsafePointer<Float>
    ) {
        let half = dimension / 2
        for token in 0..<tokens {
            let c = cosine + token * half
            let s = sine + token * half
            for head in 0..<heads { rotate(x + token * stride + head * dimension, half, c, s) }
        }
    }

    @inline(always)
    private static func rotate(_ x: UnsafeMutablePointer<Float>, _ half: Int, _ c: UnsafePointer<Float>, _ s: UnsafePointer<Float>) {
        var index = 0
        while index &+ lanes <= half {
            let low = load(x, index)
            let high = load(x, half &+ index)
            store(low * load(c, index) - high * load(s, index), x, index)
            store(high * load(c, index) + low * load(s, index), x, half &+ index)
            index &+= lanes
        }
        while index < half {
            let low = x[index]
            let high = x[half &+ index]
            x[index] = low * c[index] - high * s[index]
            x[half &+ index] = high * c[index] + low * s[index]
            index &+= 1
        }
    }
}

private struct ExactGELU: VectorOperation {
    @inline(always)
    func apply(_ x: Vector) -> Vector { 0.5 * x * (1 + errorFunction(x * 0.707_106_78)) }
}

private struct TanhGELU: VectorOperation {
    @inline(always)
    func apply(_ x: Vector) -> Vector {
        let inner = x * multiplyAdd(x * x, Vector(repeating: 0.044_715), Vector(repeating: 1))
        return 0.5 * x * (1 + hyperbolicTangent(inner * 0.797_884_56))
    }
}

private struct Rectifier: VectorOperation {
    @inline(always)
    func apply(_ x: Vector) -> Vector { larger(x, Vector.zero) }
}

private struct HyperbolicTangent: VectorOperation {
    @inline(always)
    func apply(_ x: Vector) -> Vector { hyperbolicTangent(x) }
}
