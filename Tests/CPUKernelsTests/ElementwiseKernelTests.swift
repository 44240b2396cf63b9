import CPUKernels
import Foundation
import Testing

@Suite(.serialized) struct ElementwiseKernelTests {
    static let sizes = [1, 3, 15, 16, 17, 31, 33, 64, 100, 257]

    @Test(arguments: InstructionSet.supported, sizes)
    func scaledSumsEqualTheirTwin(set: InstructionSet, count: Int) throws {
        let (x, y) = (noise(count), noise(count, seed: 3))
        var sum = y
        try KernelTable(set).addScaled(x, 0.3, &sum, count)
        #expect(difference(sum, zip(x, y).map { $1 + 0.3 * $0 }) < 1e-6)
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func biasesAreAddedToEveryRow(set: InstructionSet, columns: Int) throws {
        let (x, bias) = (noise(3 * columns), noise(columns, seed: 3))
        var y = x
        try KernelTable(set).addBias(bias, &y, 3, columns)
        #expect(y == x.enumerated().map { $1 + bias[$0 % columns] })
    }

    @Test(arguments: InstructionSet.supported, sizes)
    func hyperbolicTangentsEqualTheirTwin(set: InstructionSet, count: Int) throws {
        let x = noise(count).map { $0 * 6 }
        var y = x
        try KernelTable(set).tanh(&y, count)
        #expect(difference(y, x.map { Float(Foundation.tanh(Double($0))) }) < 1e-6)
    }

    @Test(arguments: InstructionSet.supported)
    func activationsOfHugeValuesStayFinite(set: InstructionSet) throws {
        let kernels = try KernelTable(set)
        let x: [Float] = [1e30, -1e30, 200, -200, 88.4, -88.4, 0] + [Float](repeating: 60, count: 16)
        for function in [kernels.gelu, kernels.geluTanh, kernels.tanh, kernels.relu] {
            var y = x
            function(&y, y.count)
            #expect(y.allSatisfy { $0.isFinite })
        }
        var gate = x
        kernels.siluGate(&gate, [Float](repeating: 1, count: x.count), x.count)
        // silu(x) is x far right of zero and 0 far left.
        #expect(gate[0] == 1e30 && abs(gate[1]) < 1 && gate[2] == 200 && abs(gate[3]) < 1e-30)
    }

    /// An outlying first channel, as language models have them: 1000 among values of about 1. Sums of squares around it would lose ten bits.
    @Test(arguments: InstructionSet.supported, [17, 64, 768, 4096])
    func outliersCostLayerNormNoDigits(set: InstructionSet, columns: Int) throws {
        let (gain, bias) = ([Float](repeating: 1, count: columns), [Float](repeating: 0, count: columns))
        for outlier in [1000, -30_000] as [Float] {
            var x = noise(columns)
            x[0] = outlier
            var y = [Float](repeating: .nan, count: columns)
            try KernelTable(set).layerNorm(x, gain, bias, 1e-5, 1, columns, &y)
            let expected = ReferenceKernels.layerNorm(x, gain: gain, bias: bias, epsilon: 1e-5, columns: columns)
            #expect(zip(y, expected).allSatisfy { abs($0 - $1) <= 3e-6 * max(1, abs($1)) })
        }
    }

    /// A mean of 10 000 and a deviation of 1: the row's own spacing is 2^-10, so results agree to about that times the square root of nothing more.
    @Test(arguments: InstructionSet.supported)
    func aLargeMeanCostsLayerNormNoDigits(set: InstructionSet) throws {
        let columns = 768
        let x = noise(columns).map { $0 + 10_000 }
        let (gain, bias) = ([Float](repeating: 1, count: columns), [Float](repeating: 0, count: columns))
        var y = [Float](repeating: .nan, count: columns)
        try KernelTable(set).layerNorm(x, gain, bias, 1e-5, 1, columns, &y)
        // The mean itself, a float near 10 000, is off by up to 2^-11.
        #expect(difference(y, ReferenceKernels.layerNorm(x, gain: gain, bias: bias, epsilon: 1e-5, columns: columns)) < 0x1p-10)
    }
}
