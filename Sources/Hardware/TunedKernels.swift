/// The kernels that a library ships for one generation, and the sizes they were tuned for: the kernel of the nearest tuned size runs.
///
/// rocBLAS chooses so; its tuned sizes are published with its sources (docs/model.md, shared-memory GEMM).
public struct TunedKernels: Hashable, Sendable {
    public var kernels: [TunedKernel]
    /// Sizes tuned with weights as the contraction's rows, and with weights contiguous along the contraction (`x · Wᵀ`, linear layers).
    public var normal: TunedSizes
    public var transposed: TunedSizes

    public init(kernels: [TunedKernel], normal: TunedSizes, transposed: TunedSizes) {
        self.kernels = kernels
        self.normal = normal
        self.transposed = transposed
    }

    /// Position of the kernel that the library runs for a product; the batch count plays no part.
    public func kernel(features: Int, tokens: Int, contraction: Int, isWeightTransposed: Bool) -> Int {
        (isWeightTransposed ? transposed : normal).nearest(features: features, tokens: tokens, contraction: contraction)
    }
}

/// One kernel of such a library.
public struct TunedKernel: Hashable, Sendable {
    public var tile: KernelTile
    /// Elements of the contracted dimension that a CTA loads at a time.
    public var depth: Int
    /// Parts of the contracted dimension that run as CTAs of their own.
    public var split: Int
    public var sharedMemoryBytes: Int
    /// Whether matrix instructions multiply, rather than the general lanes.
    public var usesMatrixPipe: Bool

    public init(tile: KernelTile, depth: Int, split: Int, sharedMemoryBytes: Int, usesMatrixPipe: Bool) {
        self.tile = tile
        self.depth = depth
        self.split = split
        self.sharedMemoryBytes = sharedMemoryBytes
        self.usesMatrixPipe = usesMatrixPipe
    }
}

/// Tuned sizes, each with its kernel, ready for the search of the nearest.
public struct TunedSizes: Hashable, Sendable {
    /// A size, the place it has in order of preference, and its kernel.
    public struct Entry: Hashable, Sendable {
        public var features: Int
        public var tokens: Int
        public var contraction: Int
        public var kernel: Int
        var rank = 0

        public init(features: Int, tokens: Int, contraction: Int, kernel: Int) {
            self.features = features
            self.tokens = tokens
            self.contraction = contraction
            self.kernel = kernel
        }
    }

    /// By contraction, then in order of preference.
    private let entries: [Entry]

    /// - Parameter preferred: the sizes; of several equally near ones the earliest wins. Not empty.
    public init(preferred: [Entry]) {
        precondition(!preferred.isEmpty)
        var ranked = preferred
        for index in ranked.indices { ranked[index].rank = index }
        entries = ranked.sorted { ($0.contraction, $0.rank) < ($1.contraction, $1.rank) }
    }

    public var count: Int { entries.count }

    /// Kernel of the size at the least Euclidean distance.
    ///
    /// Walks outwards from the wanted contraction until it alone is farther than the best: a small part of the sizes as a rule, all at worst.
    public func nearest(features: Int, tokens: Int, contraction: Int) -> Int {
        var above = firstIndex(from: contraction)
        var below = above - 1
        var best = (distance: Int.max, rank: Int.max, kernel: 0)
        func visit(_ entry: Entry, _ gap: Int) {
            let x = entry.features - features
            let y = entry.tokens - tokens
            let distance = gap + x * x + y * y
            if distance < best.distance || distance == best.distance && entry.rank < best.rank {
                best = (distance, entry.rank, entry.kernel)
            }
        }
        entries.withUnsafeBufferPointer { entries in
            while true {
                let up = above < entries.count ? entries[above].contraction - contraction : Int.max
                let down = below >= 0 ? contraction - entries[below].contraction : Int.max
                let gap = min(up, down)
                guard gap != Int.max, gap * gap <= best.distance else { break }
                if up <= down {
                    visit(entries[above], gap * gap)
                    above += 1
                } else {
                    visit(entries[below], gap * gap)
                    below -= 1
                }
            }
        }
        return best.kernel
    }

    private func firstIndex(from contraction: Int) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].contraction < contraction { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
