import CPUKernels
import Foundation
import Testing

/// Conversions to bfloat16 and to 8 bit and back, for every instruction set.
@Suite(.serialized) struct NarrowingTests {
    static let sizes = [1, 3, 15, 16, 17, 31, 33, 64, 100, 257]

    @Test(arguments: InstructionSet.supported, sizes)
    func bfloat16RoundsAsItsTwin(set: InstructionSet, count: Int) throws {
        // Among them halfway cases: 1 + 2^-8 lies between 1 and 1 + 2^-7 (even: 1), 1 + 3 * 2^-8 between odd and even (even: 1 + 2^-6).
        let x = (noise(count) + [1 + 0x1p-8, 1 + 3 * 0x1p-8, -1 - 0x1p-8, 0, -0.0, 1e-30, 3e38]).map { $0 }
        var y = [UInt16](repeating: 9, count: x.count)
        try KernelTable(set).narrowToBF16(x, &y, x.count)
        #expect(y == x.map(ReferenceKernels.narrowToBF16))
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func rowsQuantiseAsTheirTwin(set: InstructionSet, columns: Int) throws {
        let x = noise(3 * columns) + [Float](repeating: 0, count: columns)
        var q = [Int8](repeating: 99, count: 4 * columns)
        var scales = [Float](repeating: .nan, count: 4)
        try KernelTable(set).quantizeRows(x, 4, columns, &q, &scales)
        let expected = ReferenceKernels.quantizeRows(x, columns: columns)
        #expect(scales == expected.scales)
        // The kernel multiplies by the rounded inverse: a value within a rounding error of halfway may fall on the other side.
        #expect(zip(q, expected.values).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        #expect(zip(q, expected.values).count { $0 != $1 } * 50 <= q.count)
    }

    @Test(arguments: InstructionSet.supported)
    func theLargestOfARowBecomes127(set: InstructionSet) throws {
        var x = [Float](repeating: 0.5, count: 40)
        x[7] = -3
        x[39] = 3
        var q = [Int8](repeating: 0, count: 40)
        var scale: Float = 0
        try KernelTable(set).quantizeRows(x, 1, 40, &q, &scale)
        // 0.5 / (3 / 127) = 21.2
        #expect(q[7] == -127 && q[39] == 127 && q[0] == 21 && scale == 3 / Float(127))
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func sumsComeBackAsTheirTwin(set: InstructionSet, columns: Int) throws {
        // As large as sums of 4096 products of 127 * 127 are: beyond the 24 bits of a float.
        let sums = noise(3 * columns).map { Int32($0 * 33_000_000) }
        let (rows, scales) = ([0.5, 0.01, 3] as [Float], noise(columns, seed: 4))
        var y = [Float](repeating: .nan, count: 3 * columns)
        try KernelTable(set).dequantize(sums, rows, scales, 3, columns, columns, &y, columns)
        let expected = ReferenceKernels.dequantize(sums, rowScales: rows, columnScales: scales)
        #expect(zip(y, expected).allSatisfy { abs($0 - $1) <= 4e-7 * abs($1) })
    }
}
