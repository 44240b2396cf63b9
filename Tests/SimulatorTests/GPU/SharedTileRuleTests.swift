import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// Which kernel single products run, and what rows cost that are read again or lie far apart.
@Suite struct SharedTileRuleTests {
    /// Tiles of 64x64 and 128x128 by the least padded area in whole waves of one CTA on each of 108 units (the large counts half), and 128x128 for whole products.
    private static func ruled(whole: Bool) -> KernelCatalogue {
        let small = KernelTile(features: 64, tokens: 64, threads: 128)
        let large = KernelTile(features: 128, tokens: 128, threads: 256)
        let set = KernelSet(
            engine: .vector, generations: ["ampere"], tiles: [small, large], splits: [1, 2, 4], splitBelowGridPerUnit: 8,
            singleSelection: .leastPaddedArea([WeightedTile(small, weight: 1, residentCTAs: 1), WeightedTile(large, weight: 0.5, residentCTAs: 1)]),
            whole: whole ? large : nil)
        return KernelCatalogue(id: "t", name: "t", sets: [set])
    }

    @Test func singleProductsFollowTheRuleOfTheirLibrary() throws {
        func tile(m: Int, n: Int) throws -> String? { try SharedTileTests.time(m: m, n: n, k: 64, catalogue: Self.ruled(whole: false)).kernels.first?.name }
        // 108 tiles of 64x64 are a wave of 442,368 outputs; of 128x128 one of 1,769,472, which count half. 64 small ones against 16 large ones:
        // 0.44 M and 0.88 M. 256 are three waves against one: 1.33 M and 0.88 M.
        #expect(try tile(m: 500, n: 500) == "gemm fp32 64x64")
        #expect(try tile(m: 1000, n: 1000) == "gemm fp32 128x128")
    }

    @Test func wholeProductsTakeTheirKernelUnsplitAndWithoutWaitingForPages() throws {
        let constants = ["translation_reach_mib": 0.1, "translation_penalty": 5.0]
        func project(m: Int, _ constants: [String: Double]) throws -> OperatorProjection {
            try SharedTileTests.time(m: m, n: 128, k: 8192, constants: constants, catalogue: Self.ruled(whole: true))
        }
        let whole = try project(m: 128, constants)
        #expect(whole.kernels.first?.name == "gemm fp32 128x128")
        let unhindered = try project(m: 128, [:])
        #expect(whole.time == unhindered.time)
        let ragged = try project(m: 127, constants)
        #expect(ragged.kernels.first?.name.hasPrefix("gemm fp32 64x64") == true)
        let raggedUnhindered = try project(m: 127, [:])
        #expect(ragged.time.microseconds > 2 * raggedUnhindered.time.microseconds)
    }

    @Test func rowsReadAgainLoseTheirLinesAgain() throws {
        // 65536 features of 4096 exceed the cache: each row of 128 tokens reads them again, with lost lines at twice the bytes each time.
        let constants = ["sector_overfetch": 2.0, "open_line_share": 0.001, "memory_page_bytes": 1]
        func traffic(_ constants: [String: Double]) throws -> Double {
            try SharedTileTests.time(m: 2048, n: 65536, k: 4096, constants: constants).memoryTraffic.value - 2048 * 65536 * 4
        }
        let kept = try traffic(["sector_overfetch": 1])
        let operands = Double(65536 + 2048) * 4096 * 4
        #expect(kept > 1.5 * operands)
        let lost = try traffic(constants)
        #expect(abs(lost / kept - 2) < 0.01)
    }

    @Test func aCacheOfTranslationsForEachUnitHoldsOnlyItsRows() throws {
        let base = ["translation_reach_mib": 64.0, "translation_penalty": 2]
        func time(_ units: Double?) throws -> Double {
            var constants = base
            constants["translation_units"] = units
            return try SharedTileTests.time(m: 4096, n: 4096, k: 8192, constants: constants).time.microseconds
        }
        let none = try SharedTileTests.time(m: 4096, n: 4096, k: 8192).time.microseconds
        #expect(try time(1) > none)
        #expect(try time(1) < time(nil))
    }
}
