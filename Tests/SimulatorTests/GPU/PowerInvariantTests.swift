import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// Energy and the board's power limit, on every GPU of the library.
@Suite struct PowerInvariantTests {
    static let shapes: [Operator] = [MatrixMultiplyScheme.uniform(.fp32), .uniform(.fp16), .fp8Dynamic, .int8].flatMap { scheme in
        [(8192, 8192, 8192), (4096, 1024, 8192), (512, 4096, 4096)].map { m, n, k in
            Operator.matrixMultiply(MatrixMultiply(m: m, n: n, k: k, scheme: scheme))
        }
    } + [
        .attention(Attention(
            phase: .prefill, batch: 1, queryTokens: 8192, keyValueTokens: 8192, heads: 32, keyValueHeads: 8, headDimension: 128, isCausal: true,
            query: .bf16, keyValue: .bf16))
    ]

    @Test func aSustainedKernelNeverDrawsMoreThanTheBoardMay() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../Architectures").standardized.path
        let library = try ArchitectureLibrary(roots: [folder])
        let stack = try library.softwareStack("neutral")
        var tried = 0
        for id in library.ids {
            guard case .device(let device) = try library.entry(named: id), device.deviceClass == .simtGPU, let limit = device.power?.thermalDesign else { continue }
            let model = try DeviceModels.model(for: device, stack: stack)
            for shape in Self.shapes {
                guard let projection = try? model.project(shape, under: ExecutionConditions(launch: .graph)), let energy = projection.energy else { continue }
                tried += 1
                let watts = energy.value / projection.time.value
                #expect(watts <= limit.value.value * 1.001, "\(id): \(shape) draws \(watts) W of \(limit.value.value)")
            }
        }
        #expect(tried > 500)
    }
}
