extension KernelCatalogue {
    /// The tiles of current libraries, used where a stack names no catalogue file: tensor-core tiles of cuBLAS, cuBLASLt and CUTLASS,
    /// SIMT tiles by the kernel names that profilers record (`volta_sgemm_128x64_tn`), Tensile macro tiles on AMD.
    public static let standard = KernelCatalogue(
        id: "standard", name: "Standard tiles",
        sets: [
            KernelSet(
                engine: .matrix, operandPaths: [.registers, .asynchronousCopy], tiles: tensorTiles, splits: [1, 2, 3, 4, 6, 8, 16, 32],
                splitBelowGridPerUnit: 2),
            KernelSet(
                engine: .matrix, operandPaths: [.bulkTensorCopy, .tensorMemory], tiles: tensorTiles, splits: [1, 2, 3, 4, 6, 8, 16, 32],
                splitBelowGridPerUnit: 2),
            KernelSet(
                engine: .vector, generations: ["pascal", "maxwell", "kepler"],
                tiles: [t128x128, t128x64, t64x64, t128x32, t32x128, s32x32], splits: [1, 2, 4, 8, 16], splitBelowGridPerUnit: 8,
                batchedSelection: .always(t128x64),
                singleSelection: .leastPaddedArea([
                    WeightedTile(t64x64, weight: 1, residentCTAs: 8), WeightedTile(t32x128, weight: 1, residentCTAs: 4),
                    WeightedTile(t128x32, weight: 3, residentCTAs: 1),
                ]), whole: t128x128, featuresFirst: [t128x64, t64x64, t128x32, t32x128]),
            KernelSet(
                engine: .vector, generations: ["pascal-gp100"], tiles: [t128x64, t64x64, t128x32, t32x128], splits: [1, 2, 4, 8, 16],
                splitBelowGridPerUnit: 8, batchedSelection: .always(t128x64),
                singleSelection: .leastPaddedArea([
                    WeightedTile(t64x64, weight: 1, residentCTAs: 2), WeightedTile(t32x128, weight: 0.9, residentCTAs: 4),
                    WeightedTile(t128x32, weight: 2, residentCTAs: 1),
                ]), featuresFirst: [t128x64, t64x64, t128x32, t32x128]),
            KernelSet(
                engine: .vector, generations: ["volta"], tiles: simtTiles, splits: [1, 2, 3, 4, 6, 8, 16],
                splitBelowGridPerUnit: 16,
                batchedSelection: .leastPaddedArea([
                    WeightedTile(t128x32, weight: 2.5, residentCTAs: 1), WeightedTile(t32x128, weight: 1, residentCTAs: 4),
                    WeightedTile(t64x64, weight: 1, residentCTAs: 3),
                ]), featuresFirst: [t128x64, t64x64, t128x32, t32x128]),
            KernelSet(
                engine: .vector, generations: ["turing"], tiles: simtTiles, splits: [1, 2, 3, 4, 6, 8, 16],
                splitBelowGridPerUnit: 16,
                batchedSelection: .leastPaddedArea([
                    WeightedTile(t64x64, weight: 1, residentCTAs: 1), WeightedTile(t128x64, weight: 0.75, residentCTAs: 2),
                    WeightedTile(t128x32, weight: 0.9, residentCTAs: 3),
                ]), featuresFirst: [t128x64, t64x64, t128x32, t32x128]),
            KernelSet(
                engine: .vector, generations: ["cdna1", "cdna2", "cdna3"], tiles: tensileTiles, splits: [1],
                splitBelowGridPerUnit: 0, batchedSelection: .fastestAlone),
            KernelSet(
                engine: .vector, operandPaths: [.asynchronousCopy], tiles: simtTiles, splits: [1, 2, 3, 4, 6, 8],
                splitBelowGridPerUnit: 1.5, batchedSelection: .always(t128x128)),
            KernelSet(
                engine: .vector, operandPaths: [.bulkTensorCopy, .tensorMemory], tiles: xmmaTiles, splits: [1], splitBelowGridPerUnit: 0),
            KernelSet(
                engine: .vector, operandPaths: [.registers], tiles: simtTiles, splits: [1, 2, 4, 8], splitBelowGridPerUnit: 8),
        ])

    private static let tensorTiles: [KernelTile] = [64, 128, 256].flatMap { features in
        [16, 32, 64, 128, 256].compactMap { tokens in
            features * tokens <= 32768 ? KernelTile(features: features, tokens: tokens, threads: features * tokens > 16384 ? 384 : 128) : nil
        }
    }
    private static let t128x128 = KernelTile(features: 128, tokens: 128, threads: 256)
    private static let t128x64 = KernelTile(features: 128, tokens: 64, threads: 128)
    private static let t64x64 = KernelTile(features: 64, tokens: 64, threads: 64)
    private static let t128x32 = KernelTile(features: 128, tokens: 32, threads: 256)
    private static let t32x128 = KernelTile(features: 32, tokens: 128, threads: 256)
    private static let s32x32 = KernelTile(features: 32, tokens: 32, threads: 128, slices: 4)
    private static let s64x32 = KernelTile(features: 64, tokens: 32, threads: 256, slices: 4)
    private static let s128x32 = KernelTile(features: 128, tokens: 32, threads: 256, slices: 4)
    private static let simtTiles = [t128x128, t128x64, t64x64, t128x32, t32x128, s32x32, s64x32, s128x32]
    private static let tensileTiles: [KernelTile] = [
        (16, 16), (32, 32), (64, 64), (64, 32), (32, 64), (64, 16), (16, 64), (64, 128), (128, 64), (128, 144), (144, 64), (96, 96),
        (128, 32), (128, 128), (256, 64), (64, 256),
    ].map { KernelTile(features: $0.0, tokens: $0.1, threads: 256) }
    private static let xmmaTiles: [KernelTile] = [
        KernelTile(features: 128, tokens: 128, threads: 128), KernelTile(features: 64, tokens: 64, threads: 128),
        KernelTile(features: 256, tokens: 128, threads: 256), KernelTile(features: 128, tokens: 256, threads: 256),
        KernelTile(features: 64, tokens: 128, threads: 128), KernelTile(features: 128, tokens: 64, threads: 128),
        KernelTile(features: 128, tokens: 32, threads: 128), KernelTile(features: 32, tokens: 32, threads: 64),
        KernelTile(features: 64, tokens: 256, threads: 128), KernelTile(features: 256, tokens: 64, threads: 128),
        KernelTile(features: 32, tokens: 64, threads: 64), KernelTile(features: 64, tokens: 32, threads: 64),
    ]
}
