import CPUKernels
import Foundation
import Testing

/// Products of one row, which decode is made of, for every instruction set.
@Suite(.serialized) struct MatrixVectorTests {
    /// (columns of the result, length of the dot products): below, at and beyond vectors, blocks of four rows and of 128 columns.
    static let shapes = [(1, 1), (3, 15), (4, 16), (5, 17), (130, 33), (257, 96), (31, 257), (129, 64)]

    @Test(arguments: InstructionSet.supported, shapes)
    func weightsByOutputEqualTheirTwin(set: InstructionSet, shape: (Int, Int)) throws {
        let (n, k) = shape
        let (w, x) = (noise(n * k), noise(k, seed: 2))
        var y = [Float](repeating: .nan, count: n)
        // In two ranges, as two workers do.
        for (first, last) in [(0, n / 2), (n / 2, n)] { try KernelTable(set).matrixVector(w, x, &y, k, first, last) }
        #expect(difference(y, ReferenceKernels.multiply(x, w, m: 1, n: n, k: k, strides: (1, k))) < 1e-5 * Float(k).squareRoot())
    }

    @Test(arguments: InstructionSet.supported, shapes)
    func weightsByInputEqualTheirTwin(set: InstructionSet, shape: (Int, Int)) throws {
        let (n, k) = shape
        let (w, x) = (noise(n * k), noise(k, seed: 2))
        var y = [Float](repeating: .nan, count: n)
        for (first, last) in [(0, n / 2), (n / 2, n)] { try KernelTable(set).vectorMatrix(w, x, &y, k, n, first, last) }
        #expect(difference(y, ReferenceKernels.multiply(x, w, m: 1, n: n, k: k, strides: (n, 1))) < 2e-5 * Float(k).squareRoot())
    }

    @Test(arguments: InstructionSet.supported, shapes)
    func narrowWeightsEqualTheirTwin(set: InstructionSet, shape: (Int, Int)) throws {
        let (n, k) = shape
        let x = noise(k, seed: 2)
        let narrow = noise(n * k).map(ReferenceKernels.narrowToBF16)
        var y = [Float](repeating: .nan, count: n)
        for (first, last) in [(0, n / 2), (n / 2, n)] { try KernelTable(set).matrixVectorBF16(narrow, x, &y, k, first, last) }
        let expected = ReferenceKernels.multiply(x, narrow.map(ReferenceKernels.widen), m: 1, n: n, k: k, strides: (1, k))
        #expect(difference(y, expected) < 1e-5 * Float(k).squareRoot())
    }

    @Test func emptyRangesWriteNothing() throws {
        let kernels = try KernelTable(.baseline)
        var y: [Float] = [7, 7]
        kernels.matrixVector([1, 2], [3], &y, 1, 1, 1)
        kernels.vectorMatrix([1, 2], [3], &y, 1, 2, 1, 1)
        kernels.matrixVectorBF16([1, 2], [3], &y, 1, 1, 1)
        #expect(y == [7, 7])
    }
}
