/// The tiles that a kernel library ships for a kind of device, and the rules by which it picks one: data, not code.
public struct KernelCatalogue: Hashable, Sendable {
    /// File name without extension, for example `cublas-12`.
    public var id: String
    public var name: String
    /// Sets of kernels; the first that matches a device applies.
    public var sets: [KernelSet]
    /// fp32 kernels by generation where the library's own table of choices is known; they win over the sets.
    public var tuned: [String: TunedKernels]

    public init(id: String, name: String, sets: [KernelSet], tuned: [String: TunedKernels] = [:]) {
        self.id = id
        self.name = name
        self.sets = sets
        self.tuned = tuned
    }

    /// The kernels for a generation, on the matrix pipe or the general lanes; a set that names the generation wins over one that names none.
    public func kernels(engine: ComputeEngine, generation: String, path: Multiprocessor.OperandPath) -> KernelSet? {
        let matching = sets.filter { $0.engine == engine }
        return matching.first { $0.generations.contains(generation) }
            ?? matching.first { $0.generations.isEmpty && $0.operandPaths.contains(path) }
    }
}

/// The kernels of one library for a group of generations.
public struct KernelSet: Hashable, Sendable {
    /// How the library picks a tile.
    public enum TileSelection: Hashable, Sendable {
        /// The fastest by its own (cold-cache) estimate.
        case fastest
        /// The fastest for one product of the batch: the batch count plays no part.
        case fastestAlone
        /// Always this tile, whatever the shape.
        case always(KernelTile)
        /// The least padded output area in whole waves, weighted per tile; the first of equals.
        case leastPaddedArea([WeightedTile])
    }

    public var engine: ComputeEngine
    /// Generations that the set is for; empty: any with one of `operandPaths`.
    public var generations: [String]
    public var operandPaths: [Multiprocessor.OperandPath]
    public var tiles: [KernelTile]
    /// Factors by which the contracted dimension is split over CTAs.
    public var splits: [Int]
    /// Splitting is considered only while the unsplit grid is below this many CTAs per multiprocessor.
    public var splitBelowGridPerUnit: Double
    public var batchedSelection: TileSelection
    /// How the library picks a tile for products that are no batch.
    public var singleSelection: TileSelection
    /// The tile of single products that fill it whole (tokens a multiple of 64, contraction of 32), which is never split and loads vectors; nil
    /// where such products choose like others.
    public var whole: KernelTile?
    /// Those of `tiles` whose CTAs start row after row along features; the others are swizzled, so that a wave covers a near-square.
    public var featuresFirst: [KernelTile]

    public init(
        engine: ComputeEngine, generations: [String] = [], operandPaths: [Multiprocessor.OperandPath] = [], tiles: [KernelTile],
        splits: [Int], splitBelowGridPerUnit: Double, batchedSelection: TileSelection = .fastest, singleSelection: TileSelection = .fastest, whole: KernelTile? = nil, featuresFirst: [KernelTile] = []
    ) {
        self.engine = engine
        self.generations = generations
        self.operandPaths = operandPaths
        self.tiles = tiles
        self.splits = splits
        self.splitBelowGridPerUnit = splitBelowGridPerUnit
        self.batchedSelection = batchedSelection
        self.singleSelection = singleSelection
        self.whole = whole
        self.featuresFirst = featuresFirst
    }
}

/// The output tile of one CTA.
public struct KernelTile: Hashable, Sendable {
    /// Output features (columns of C) that the tile covers.
    public var features: Int
    /// Tokens (rows of C) that the tile covers.
    public var tokens: Int
    public var threads: Int
    /// Groups of warps that share one output tile and split its contraction (`sliced1x4` of cuBLAS).
    public var slices: Int

    public init(features: Int, tokens: Int, threads: Int = 256, slices: Int = 1) {
        self.features = features
        self.tokens = tokens
        self.threads = threads
        self.slices = slices
    }
}

/// A tile and the cost of its padded area relative to the others'.
public struct WeightedTile: Hashable, Sendable {
    public var tile: KernelTile
    public var weight: Double
    /// CTAs of a multiprocessor that the library counts as one wave: an unfilled one costs as much as a full one.
    public var residentCTAs: Int

    public init(_ tile: KernelTile, weight: Double, residentCTAs: Int) {
        self.tile = tile
        self.weight = weight
        self.residentCTAs = residentCTAs
    }
}
