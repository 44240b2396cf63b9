import ConfigurationFiles
import Foundation
import Hardware
import Testing

@Suite struct TunedKernelsTests {
    /// Writes the three tables into a fresh folder and reads them back.
    static func read(kernels: String, normal: String, transposed: String = "features,tokens,contraction,kernel\n1,1,1,0\n") throws -> TunedKernels {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("TunedKernelsTests.\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in [("kernels", kernels), ("normal", normal), ("transposed", transposed)] {
            try text.write(to: folder.appendingPathComponent("gfx.\(name).csv"), atomically: true, encoding: .utf8)
        }
        return try TunedKernels(stem: folder.path + "/gfx")
    }

    static let kernels = "kernel,features,tokens,depth,split,slices,threads,shared_bytes,matrix_pipe\n0,64,64,16,1,1,256,8192,1\n1,128,64,32,4,1,256,16384,0\n"

    @Test func tablesReadAsWritten() throws {
        let tuned = try Self.read(kernels: Self.kernels, normal: "features,tokens,contraction,kernel\n64,64,64,0\n4096,64,64,1\n")
        #expect(tuned.kernels[1] == TunedKernel(
            tile: KernelTile(features: 128, tokens: 64), depth: 32, split: 4, sharedMemoryBytes: 16384, usesMatrixPipe: false))
        #expect(tuned.kernel(features: 100, tokens: 64, contraction: 64, isWeightTransposed: false) == 0)
        // Half way between 64 and 4096 is 2080.
        #expect(tuned.kernel(features: 2081, tokens: 64, contraction: 64, isWeightTransposed: false) == 1)
    }

    @Test func equallyNearSizesGoToTheEarlier() {
        let sizes = TunedSizes(preferred: [
            .init(features: 0x80, tokens: 64, contraction: 64, kernel: 7), .init(features: 0x40, tokens: 64, contraction: 64, kernel: 3),
        ])
        #expect(sizes.nearest(features: 96, tokens: 64, contraction: 64) == 7)
        #expect(sizes.nearest(features: 95, tokens: 64, contraction: 64) == 3)
    }

    @Test func searchFindsWhatLookingAtEverySizeFinds() {
        var state: UInt64 = 17
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return 1 + Int((state >> 33) % UInt64(limit))
        }
        // Few distinct values, so that ties are common.
        let entries = (0..<400).map { TunedSizes.Entry(features: 8 * random(9), tokens: 8 * random(9), contraction: 8 * random(9), kernel: $0) }
        let sizes = TunedSizes(preferred: entries)
        for _ in 0..<500 {
            let wanted = (features: random(90), tokens: random(90), contraction: random(120))
            func distance(_ entry: TunedSizes.Entry) -> Int {
                let gaps = [entry.features - wanted.features, entry.tokens - wanted.tokens, entry.contraction - wanted.contraction]
                return gaps.reduce(0) { $0 + $1 * $1 }
            }
            let least = entries.map(distance).min()
            let expected = entries.first { distance($0) == least }?.kernel
            #expect(sizes.nearest(features: wanted.features, tokens: wanted.tokens, contraction: wanted.contraction) == expected)
        }
    }

    @Test(arguments: [
        ("features,tokens\n1,1\n", "header"), ("features,tokens,contraction,kernel\n", "no rows"),
        ("features,tokens,contraction,kernel\n1,1,1\n", "'1,1,1' is no row of 4"),
        ("features,tokens,contraction,kernel\n1,1,x,0\n", "'1,1,x,0' is no row of 4"),
        ("features,tokens,contraction,kernel\n0,1,1,0\n", "'0,1,1,0' is no row of 4"),
        ("features,tokens,contraction,kernel\n1,1,1,0\n1,1,1,2\n", "kernel 2 is none of the 2 kernels"),
        ("features,tokens,contraction,kernel\n1,1,99999999999999999999,0\n", "is no row of 4"),
    ])
    func wrongTablesAreRefusedWithTheirLine(_ normal: String, _ message: String) {
        let error = #expect(throws: ConfigurationError.self) { try Self.read(kernels: Self.kernels, normal: normal) }
        #expect(error?.description.contains(message) == true)
        #expect(error?.description.contains("gfx.normal.csv") == true)
    }

    @Test func missingTableIsNamed() {
        let error = #expect(throws: ConfigurationError.self) { try TunedKernels(stem: "/nowhere/gfx") }
        #expect(error?.description.contains("/nowhere/gfx.kernels.csv") == true)
    }

    /// Kernels that a profiler recorded under PyTorch 2.4 on ROCm (NeuSight, ASPLOS 2025, published with its measurements).
    @Test(arguments: [
        ("cdna1", 64, 384, 384, false, "16x16x32"), ("cdna1", 512, 1024, 1024, true, "64x128x16"), ("cdna1", 512, 768, 30522, true, "96x96x32"),
        ("cdna1", 1024, 1024, 64, false, "128x144x16"), ("cdna2", 768, 768, 512, true, "128x64x16"), ("cdna2", 196, 128, 196, false, "64x32x16"),
    ])
    func shippedTablesChooseTheKernelsThatRan(
        generation: String, tokens: Int, features: Int, contraction: Int, transposed: Bool, name: String
    ) throws {
        let catalogue = try #require(try ArchitectureLibrary.standard().softwareStack("neutral").kernels)
        let tuned = try #require(catalogue.tuned[generation])
        let kernel = tuned.kernels[
            tuned.kernel(features: features, tokens: tokens, contraction: contraction, isWeightTransposed: transposed)]
        #expect("\(kernel.tile.features)x\(kernel.tile.tokens)x\(kernel.depth)" == name)
    }
}
