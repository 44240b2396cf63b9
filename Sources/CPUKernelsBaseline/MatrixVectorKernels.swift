/// Matrix-vector products: decode reads every weight once for one token, so these are judged by bandwidth, not arithmetic.
extension VectorKernels {
    /// y[n] = x[k] W^T for W[n, k] (rows contiguous, as PyTorch's Linear stores them), rows [first, last).
    @inline(never)
    public static func matrixVector(
        _ weight: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, k: Int, first: Int, last: Int
    ) {
        var row = first
        while row &+ 4 <= last {
            // Four rows at a time: four streams keep more lines in flight than one.
            let w0 = weight + row * k
            let w1 = w0 + k
            let w2 = w1 + k
            let w3 = w2 + k
            var a = Vector.zero, b = Vector.zero, c = Vector.zero, d = Vector.zero
            var index = 0
            while index &+ lanes <= k {
                let value = load(x, index)
                a = multiplyAdd(load(w0, index), value, a)
                b = multiplyAdd(load(w1, index), value, b)
                c = multiplyAdd(load(w2, index), value, c)
                d = multiplyAdd(load(w3, index), value, d)
                index &+= lanes
            }
            var sums = (laneSum(a), laneSum(b), laneSum(c), laneSum(d))
            while index < k {
                sums.0 += w0[index] * x[index]
                sums.1 += w1[index] * x[index]
                sums.2 += w2[index] * x[index]
                sums.3 += w3[index] * x[index]
                index &+= 1
            }
            y[row] = sums.0
            y[row &+ 1] = sums.1
            y[row &+ 2] = sums.2
            y[row &+ 3] = sums.3
            row &+= 4
        }
        while row < last {
            y[row] = dot(k, weight + row * k, x)
            row &+= 1
        }
    }

    /// y[n] = x[k] W for W[k, n] (GPT-2's Conv1D layout), columns [first, last).
    @inline(never)
    public static func vectorMatrix(
        _ weight: UnsafePointer<Float>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, k: Int, n: Int, first: Int, last: Int
    ) {
        var column = first
        // Eight vectors of columns (512 B of each row) at a time: long enough for the hardware prefetcher, few enough for registers.
        while column &+ 8 &* lanes <= last {
            var a = Vector.zero, b = Vector.zero, c = Vector.zero, d = Vector.zero
            var e = Vector.zero, f = Vector.zero, g = Vector.zero, h = Vector.zero
            for row in 0..<k {
                let w = weight + (row &* n &+ column)
                let value = Vector(repeating: x[row])
                a = multiplyAdd(load(w, 0), value, a)
                b = multiplyAdd(load(w, lanes), value, b)
                c = multiplyAdd(load(w, 2 &* lanes), value, c)
                d = multiplyAdd(load(w, 3 &* lanes), value, d)
                e = multiplyAdd(load(w, 4 &* lanes), value, e)
                f = multiplyAdd(load(w, 5 &* lanes), value, f)
                g = multiplyAdd(load(w, 6 &* lanes), value, g)
                h = multiplyAdd(load(w, 7 &* lanes), value, h)
            }
            store(a, y, column)
            store(b, y, column &+ lanes)
            store(c, y, column &+ 2 &* lanes)
            store(d, y, column &+ 3 &* lanes)
            store(e, y, column &+ 4 &* lanes)
            store(f, y, column &+ 5 &* lanes)
            store(g, y, column &+ 6 &* lanes)
            store(h, y, column &+ 7 &* lanes)
            column &+= 8 &* lanes
        }
        while column &+ lanes <= last {
            var a = Vector.zero
            for row in 0..<k { a = multiplyAdd(load(weight, row &* n &+ column), Vector(repeating: x[row]), a) }
            store(a, y, column)
            column &+= lanes
        }
        while column < last {
            var sum: Float = 0
            for row in 0..<k { sum += weight[row &* n &+ column] * x[row] }
            y[column] = sum
            column &+= 1
        }
    }

    /// y[n] = x[k] W^T for bfloat16 W[n, k], rows [first, last): half the bytes, widened in registers.
    ///
    /// A 32-bit lane holds two neighbours: the odd one is its upper half as it stands, the even one the lower half moved up by a
    /// multiplication. x is split into even and odd elements once, to match.
    @inline(never)
    public static func matrixVectorBF16(
        _ weight: UnsafePointer<UInt16>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, k: Int, first: Int, last: Int
    ) {
        let pairs = k / (2 &* lanes) &* lanes
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, 2 &* pairs)) { buffer in
            guard let even = buffer.baseAddress else { return }
            let odd = even + pairs
            for index in 0..<pairs {
                even[index] = x[2 &* index]
                odd[index] = x[2 &* index &+ 1]
            }
            for row in first..<max(first, last) {
                let w = weight + row * k
                var sum = pairedDot(w, UnsafePointer(even), UnsafePointer(odd), pairs)
                for index in (2 &* pairs)..<k { sum += Float(bitPattern: UInt32(w[index]) << 16) * x[index] }
                y[row] = sum
            }
        }
    }

    @inline(always)
    private static func pairedDot(_ w: UnsafePointer<UInt16>, _ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>, _ pairs: Int) -> Float {
        var a = Vector.zero, b = Vector.zero, c = Vector.zero, d = Vector.zero
        var index = 0
        while index &+ 2 &* lanes <= pairs {
            (a, b) = pairedMultiplyAdd(w + 2 * index, even + index, odd + index, a, b)
            (c, d) = pairedMultiplyAdd(w + (2 &* index &+ 2 &* lanes), even + (index &+ lanes), odd + (index &+ lanes), c, d)
            index &+= 2 &* lanes
        }
        while index < pairs {
            (a, b) = pairedMultiplyAdd(w + 2 * index, even + index, odd + index, a, b)
            index &+= lanes
        }
        return laneSum((a + b) + (c + d))
    }

    @inline(always)
    private static func pairedMultiplyAdd(
        _ w: UnsafePointer<UInt16>, _ even: UnsafePointer<Float>, _ odd: UnsafePointer<Float>, _ a: Vector, _ b: Vector
    ) -> (Vector, Vector) {
        let bits = UnsafeRawPointer(w).loadUnaligned(as: SIMD16<UInt32>.self)
        let low = unsafeBitCast(bits &* SIMD16(repeating: 0x1_0000), to: Vector.self)
        let high = unsafeBitCast(bits & SIMD16(repeating: 0xFFFF_0000), to: Vector.self)
        return (multiplyAdd(low, load(even, 0), a), multiplyAdd(high, load(odd, 0), b))
    }

    /// Rounds to bfloat16, to nearest even; no element may be NaN.
    @inline(never)
    public static func narrowToBF16(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<UInt16>, count: Int) {
        var index = 0
        while index &+ lanes <= count {
            let bits = unsafeBitCast(load(x, index), to: SIMD16<UInt32>.self)
            let rounded = (bits &+ 0x7FFF &+ ((bits &>> 16) & 1)) &>> 16
            UnsafeMutableRawPointer(y + index).storeBytes(of: narrowed(rounded), as: SIMD16<UInt16>.self)
            index &+= lanes
        }
        while index < count {
            let bits = x[index].bitPattern
            y[index] = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
            index &+= 1
        }
    }
}
