extension VectorKernels {
    /// Quantises each row of x[rows, columns] to signed 8 bit with its own scale: q = round(x / scale), scale = max|x| / 127.
    @inline(never)
    public static func quantizeRows(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, to q: UnsafeMutablePointer<Int8>, scales: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<rows {
            let source = x + row * columns
            var largest: Float = 0
            var best = Vector.zero
            var index = 0
            while index &+ lanes <= columns {
                let value = load(source, index)
                best = larger(best, larger(value, -value))
                index &+= lanes
            }
            largest = laneMaximum(best)
            while index < columns {
                largest = max(largest, abs(source[index]))
                index &+= 1
            }
            let scale = largest > 0 ? largest / 127 : 1
            scales[row] = scale
            quantize(source, to: q + row * columns, columns, inverse: 1 / scale)
        }
    }

    @inline(always)
    private static func quantize(_ x: UnsafePointer<Float>, to q: UnsafeMutablePointer<Int8>, _ count: Int, inverse: Float) {
        let magic = Vector(repeating: 12_582_912)
        var index = 0
        while index &+ lanes <= count {
            // Rounding by the magic number leaves the integer in the low bits of the mantissa.
            let bits = unsafeBitCast(load(x, index) * inverse + magic, to: SIMD16<Int32>.self) &- 0x4B40_0000
            UnsafeMutableRawPointer(q + index).storeBytes(of: narrowed(bits), as: SIMD16<Int8>.self)
            index &+= lanes
        }
        while index < count {
            q[index] = Int8(max(-127, min(127, (x[index] * inverse).rounded(.toNearestOrEven))))
            index &+= 1
        }
    }

    /// y[rows, columns] = accumulator * rowScales[row] * columnScales[column]: the way back from 32-bit sums.
    @inline(never)
    public static func dequantize(
        _ accumulator: UnsafePointer<Int32>, rowScales: UnsafePointer<Float>, columnScales: UnsafePointer<Float>, rows: Int, columns: Int,
        accumulatorStride: Int, to y: UnsafeMutablePointer<Float>, stride: Int
    ) {
        for row in 0..<rows {
            let source = accumulator + row * accumulatorStride
            let target = y + row * stride
            let scale = rowScales[row]
            var index = 0
            while index &+ lanes <= columns {
                let bits = UnsafeRawPointer(source + index).loadUnaligned(as: SIMD16<Int32>.self)
                store(converted(bits) * (load(columnScales, index) * scale), target, index)
                index &+= lanes
            }
            while index < columns {
                target[index] = Float(source[index]) * scale * columnScales[index]
                index &+= 1
            }
        }
    }
}
