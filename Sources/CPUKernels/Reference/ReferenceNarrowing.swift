/// The naive twins of conversions between fp32 and narrower formats.
extension ReferenceKernels {
    /// The bfloat16 nearest to x, ties to the even one, found by comparing both neighbours; x is finite and not beyond the largest bfloat16.
    public static func narrowToBF16(_ x: Float) -> UInt16 {
        let below = UInt16(truncatingIfNeeded: x.bitPattern >> 16)
        let above = below &+ 1
        let (down, up) = (abs(Double(x) - Double(widen(below))), abs(Double(widen(above)) - Double(x)))
        return down == up ? (below & 1 == 0 ? below : above) : down < up ? below : above
    }

    public static func widen(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// Rows of x[rows, columns] in signed 8 bit, each with the scale that takes its largest magnitude to 127; a row of zeros has scale 1.
    public static func quantizeRows(_ x: [Float], columns: Int) -> (values: [Int8], scales: [Float]) {
        var values: [Int8] = []
        var scales: [Float] = []
        for start in stride(from: 0, to: x.count, by: columns) {
            let row = x[start..<(start + columns)]
            let largest = row.map { abs($0) }.max() ?? 0
            let scale = largest > 0 ? largest / 127 : 1
            scales.append(scale)
            values += row.map { Int8((Double($0) / Double(scale)).rounded(.toNearestOrEven)) }
        }
        return (values, scales)
    }

    /// y[row, column] = sums[row, column] * rowScales[row] * columnScales[column].
    public static func dequantize(_ sums: [Int32], rowScales: [Float], columnScales: [Float]) -> [Float] {
        sums.indices.map { index in
            let (row, column) = index.quotientAndRemainder(dividingBy: columnScales.count)
            return Float(Double(sums[index]) * Double(rowScales[row]) * Double(columnScales[column]))
        }
    }
}
