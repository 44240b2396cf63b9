import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// What a device cannot do is an error that names the nearest thing that works.
@Suite struct GPURefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var device: String
        var scheme: MatrixMultiplyScheme
        var nearest: String
        var testDescription: String { "\(scheme.compute.rawValue) on \(device)" }
    }

    static let cases = [
        Case(device: "v100-pcie", scheme: .fp8Plain, nearest: "fp16"), Case(device: "a100-sxm-80gb", scheme: .fp8Dynamic, nearest: "fp16"),
        Case(device: "a100-sxm-80gb", scheme: .nvfp4, nearest: "fp16"), Case(device: "h100-sxm", scheme: .nvfp4, nearest: "fp8"),
        Case(device: "v100-pcie", scheme: .int8, nearest: "fp16"), Case(device: "p100-pcie", scheme: .uniform(.tf32), nearest: "fp32"),
    ]

    @Test(arguments: cases) func unsupportedFormatNamesTheNearest(_ item: Case) throws {
        let numbers = try #require(GPUFixture.all.first { $0.id == item.device })
        let model = try GPUModel(GPUFixture.architecture(numbers), stack: GPUFixture.stack())
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 64, n: 64, k: 64, scheme: item.scheme))
        let error = try #require(throws: ProjectionError.self) { try model.project(shape, under: .init()) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.description.contains(item.nearest), "\(error)")
        #expect(error.description.contains(item.device), "\(error)")
    }

    @Test(arguments: [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, -3, 1), (1, 1, 1, 0)])
    func dimensionsBelowOneAreRefused(_ dimensions: (Int, Int, Int, Int)) throws {
        let model = try GPUModel(GPUFixture.architecture(GPUFixture.h100), stack: GPUFixture.stack())
        let product = MatrixMultiply(
            batch: dimensions.0, m: dimensions.1, n: dimensions.2, k: dimensions.3, scheme: .uniform(.bf16))
        let error = try #require(throws: ProjectionError.self) { try model.project(.matrixMultiply(product), under: .init()) }
        #expect(error.code == .invalidShape)
    }

    @Test func architectureWithoutMultiprocessorIsRefused() throws {
        var device = GPUFixture.architecture(GPUFixture.h100)
        device.multiprocessor = nil
        let error = try #require(throws: ProjectionError.self) { try GPUModel(device, stack: GPUFixture.stack()) }
        #expect(error.code == .missingNumber)
    }

    @Test func hostCopyWithoutHostLinkIsRefused() throws {
        var device = GPUFixture.architecture(GPUFixture.h100)
        device.host = nil
        let model = try GPUModel(device, stack: GPUFixture.stack())
        let copy = Operator.copy(MemoryCopy(.hostToDevice, bytes: 1000))
        let error = try #require(throws: ProjectionError.self) { try model.project(copy, under: .init()) }
        #expect(error.code == .missingNumber)
    }
}
