import Hardware

extension SharedTileGEMM.Candidate {
    /// A kernel of which only the tile is known: slabs of 32 bytes, two of them in shared memory.
    init(
        _ tile: KernelTile, machine: GPUMachine, constants: SharedTileConstants, elementBytes: Double, operationsPerClock: Double,
        goesFeaturesFirst: Bool
    ) {
        let area = Double(tile.tokens * tile.features)
        let threads = Double(tile.threads)
        let accumulators = area * Double(tile.slices) / threads
        let slab = 32 / elementBytes
        // Accumulators, fragments and addresses.
        let registers = (1.5 * accumulators + 32) * threads * 4 * elementBytes / 4
        let shared = 2 * Double(tile.tokens + tile.features) * slab * elementBytes * Double(tile.slices)
        self.init(
            tile: tile, tokens: Double(tile.tokens), features: Double(tile.features), slab: slab, slices: Double(tile.slices),
            multiplyCycles: 2 * area * slab / operationsPerClock, feedShare: constants.feedShare(accumulators: accumulators),
            warps: threads / machine.threadsPerWarp,
            occupancy: machine.residentCTAs(registerBytes: registers, sharedBytes: shared, threads: threads),
            goesFeaturesFirst: goesFeaturesFirst)
    }

    /// A kernel of a tuned library: all of its slices work on one slab, matrix instructions accumulate in registers of their own.
    init(_ kernel: TunedKernel, machine: GPUMachine, constants: SharedTileConstants, operationsPerClock: Double) {
        let tile = kernel.tile
        let area = Double(tile.tokens * tile.features)
        let threads = Double(tile.threads)
        let accumulators = area * Double(tile.slices) / threads
        let slab = Double(kernel.depth)
        let registers = kernel.usesMatrixPipe ? 2 * max(accumulators, 0.5 * accumulators + 32) : 1.5 * accumulators + 32
        self.init(
            tile: tile, tokens: Double(tile.tokens), features: Double(tile.features), slab: slab, slices: 1,
            multiplyCycles: 2 * area * slab / operationsPerClock, feedShare: constants.feedShare(accumulators: accumulators),
            warps: threads / machine.threadsPerWarp,
            occupancy: machine.residentCTAs(
                registerBytes: registers * threads * 4, sharedBytes: Double(kernel.sharedMemoryBytes), threads: threads),
            goesFeaturesFirst: false)
    }
}
