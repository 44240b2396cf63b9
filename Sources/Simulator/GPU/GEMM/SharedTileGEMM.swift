import Foundation
import Hardware

/// fp32 (and fp64) matrix products through shared memory on one device: picks a tile and a split as a library does, and times it.
///
/// Equations: docs/model.md, shared-memory GEMM.
struct SharedTileGEMM: Sendable {
    struct Candidate: Sendable {
        var tile: KernelTile
        var tokens: Double
        var features: Double
        /// Elements of the contraction that a CTA loads at a time, and such slabs that its slices work on side by side.
        var slab: Double
        var slices: Double
        /// Multiply-add cycles of one slab of one CTA at full rate.
        var multiplyCycles: Double
        /// Share of the rate that operand feed leaves.
        var feedShare: Double
        var warps: Double
        var occupancy: Double
        /// Whether CTAs start row after row of tiles along features, rather than swizzled.
        var goesFeaturesFirst: Bool
    }

    let machine: GPUMachine
    let constants: SharedTileConstants
    let power: PowerLimit
    let residency: CacheResidency
    let candidates: [Candidate]
    let kernels: KernelSet
    /// The library's own choice of a kernel by size, where it is known; `candidates` are then its kernels, in its order.
    let tuned: TunedKernels?
    let elementBytes: Double
    let clock: Double
    private let cacheBytesPerClockPerUnit: Double
    private let inverseBandwidth: Double

    /// - Parameters:
    ///   - operationsPerClock: of one multiprocessor, on the pipe that the library's kernels use.
    ///   - laneOperationsPerClock: on the general lanes, for those of `tuned` that do without matrix instructions.
    init(
        machine: GPUMachine, group: String, elementBytes: Double, operationsPerClock: Double, laneOperationsPerClock: Double, clock: Double,
        kernels: KernelSet, tuned: TunedKernels?, read: ConstantReader, power: PowerLimit
    ) {
        let constants = SharedTileConstants(read, group: group, path: machine.operandPath)
        self.machine = machine
        self.constants = constants
        self.power = power
        self.kernels = kernels
        self.tuned = tuned
        self.elementBytes = elementBytes
        self.clock = clock
        residency = CacheResidency(
            effectiveCapacity: constants.residentShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        inverseBandwidth = 1 / (machine.memoryBandwidth * constants.bandwidthShare)
        cacheBytesPerClockPerUnit = machine.cacheBytesPerClock * constants.cacheShare
        if let tuned {
            candidates = tuned.kernels.map { kernel in
                Candidate(
                    kernel, machine: machine, constants: constants,
                    operationsPerClock: kernel.usesMatrixPipe ? operationsPerClock : laneOperationsPerClock)
            }
        } else {
            candidates = kernels.tiles.map { tile in
                Candidate(
                    tile, machine: machine, constants: constants, elementBytes: elementBytes, operationsPerClock: operationsPerClock,
                    goesFeaturesFirst: kernels.featuresFirst.contains(tile))
            }
        }
    }

    struct Demand {
        var multiprocessor: Double
        var cacheLimited: Bool
        var memory: Double
        var reduction: Double
        var grid: Double
        var waves: Double
        var memoryBytes: Double
        var cacheBytes: Double
        var time: Double
    }

    func estimate(_ problem: GEMMProblem) -> GEMMEstimate {
        if let tuned {
            let choice = tuned.kernel(
                features: Int(min(problem.n, 0x1p30)), tokens: Int(min(problem.m, 0x1p30)), contraction: Int(min(problem.k, 0x1p30)),
                isWeightTransposed: problem.isWeightTransposed)
            return timed(candidates[choice], split: Double(tuned.kernels[choice].split), problem)
        }
        if problem.batch > 1, let tile = tile(kernels.batchedSelection, problem) { return timed(candidates[tile], split: 1, problem) }
        if problem.batch > 1, kernels.batchedSelection == .fastestAlone {
            var alone = problem
            alone.batch = 1
            return timed(fastest(alone, among: candidates.indices).candidate, split: 1, problem)
        }
        if let whole = kernels.whole, problem.batch == 1, problem.hasWholeTiles, let tile = candidates.firstIndex(where: { $0.tile == whole }) {
            return timed(candidates[tile], split: 1, problem)
        }
        let named = problem.batch == 1 ? tile(kernels.singleSelection, problem) : nil
        let choice = fastest(problem, among: named.map { $0..<($0 + 1) } ?? candidates.indices)
        return timed(choice.candidate, split: choice.split, problem)
    }

    /// The candidate and split that a library without knowledge of the cache's contents would take.
    private func fastest(_ problem: GEMMProblem, among indices: Range<Int>) -> (candidate: Candidate, split: Double) {
        var best = indices.lowerBound
        var bestSplit = 1.0
        var bestTime = Double.infinity
        for index in indices {
            let candidate = candidates[index]
            let slabs = ceilingQuotient(problem.k, candidate.slab)
            let grid = ceilingQuotient(problem.m, candidate.tokens) * ceilingQuotient(problem.n, candidate.features) * problem.batch
            let work = grid * slabs * candidate.multiplyCycles / (machine.units * clock)
            if work >= bestTime { continue }
            for split in kernels.splits {
                let split = Double(split)
                if split > 1 && (grid >= kernels.splitBelowGridPerUnit * machine.units || split * 8 > slabs) { break }
                let time = demand(candidate, split: split, problem, hot: false).time
                if time < bestTime {
                    bestTime = time
                    best = index
                    bestSplit = split
                }
            }
        }
        return (candidates[best], bestSplit)
    }

    /// The tile that a rule of the library names, nil where it takes the fastest.
    private func tile(_ selection: KernelSet.TileSelection, _ problem: GEMMProblem) -> Int? {
        switch selection {
        case .fastest, .fastestAlone:
            return nil
        case .always(let tile):
            return candidates.firstIndex { $0.tile == tile }
        case .leastPaddedArea(let weighted):
            var best: Int?
            var bestArea = Double.infinity
            for entry in weighted {
                let wave = machine.units * Double(entry.residentCTAs)
                let grid =
                    ceilingQuotient(problem.m, Double(entry.tile.tokens)) * ceilingQuotient(problem.n, Double(entry.tile.features)) * problem.batch
                let area = ceilingQuotient(grid, wave) * wave * Double(entry.tile.tokens * entry.tile.features) * entry.weight
                if area < bestArea, let index = candidates.firstIndex(where: { $0.tile == entry.tile }) {
                    bestArea = area
                    best = index
                }
            }
            return best
        }
    }

    /// Cycles of one slab when `resident` CTAs share a multiprocessor, `active` of which are busy.
    @inline(__always)
    private func slabCycles(_ candidate: Candidate, resident: Double, active: Double, _ problem: GEMMProblem) -> (Double, Bool) {
        let transposed = problem.isWeightTransposed ? constants.transposedShare : 1
        let guarded = problem.hasWholeTiles && problem.batch == 1 ? 1 : constants.guardedShare
        let rate = candidate.feedShare * transposed * guarded
        let multiply = machine.turns(ctas: resident, warps: candidate.warps) * candidate.multiplyCycles / rate + resident * constants.slabOverhead
        let bytes = (min(candidate.features, problem.n) + min(candidate.tokens, problem.m)) * elementBytes * candidate.slab
        let cache = resident * bytes / min(constants.unitLoadRate, cacheBytesPerClockPerUnit / active)
        let latency = constants.loadLatency * clock / constants.slabsInFlight
        let largest = max(multiply, cache, latency)
        return (largest, cache >= largest)
    }

    private func demand(_ candidate: Candidate, split: Double, _ problem: GEMMProblem, hot: Bool) -> Demand {
        let tokenTiles = ceilingQuotient(problem.m, candidate.tokens)
        let featureTiles = ceilingQuotient(problem.n, candidate.features)
        let grid = tokenTiles * featureTiles * problem.batch * split
        let steps = ceilingQuotient(problem.k, split * candidate.slab * candidate.slices) * candidate.slices
        let perWave = machine.units * candidate.occupancy
        let full = (grid / perWave).rounded(.down)
        let rest = grid - full * perWave
        let active = min(grid, machine.units)
        let store = min(candidate.features, problem.n) * min(candidate.tokens, problem.m) * problem.outputBytes
            / (machine.cacheBytesPerClock / machine.units)
        var cycles = 0.0
        var cacheLimited = false
        if full > 0 {
            let (slabTime, limited) = slabCycles(candidate, resident: candidate.occupancy, active: active, problem)
            cycles += full * (steps * slabTime + candidate.occupancy * store)
            cacheLimited = limited
        }
        if rest > 0 {
            // The last partial wave lasts as long as the CTAs of the busiest multiprocessor.
            let resident = ceilingQuotient(rest, machine.units)
            let (slabTime, limited) = slabCycles(candidate, resident: resident, active: active, problem)
            cycles += steps * slabTime + resident * store
            if full == 0 { cacheLimited = limited }
        }
        let waves = (grid / perWave).rounded(.up)
        // 0.6 of a prologue is exposed between waves, less with several CTAs to switch between.
        let exposed = 0.6 / max(1, candidate.occupancy)
        cycles *= translationSlowdown(candidate, split: split, tokenTiles: tokenTiles, featureTiles: featureTiles, problem)
        var multiprocessor = constants.prologue * (1 + exposed * (waves - 1)) + cycles / clock

        var camps = false
        if constants.campingStride > 0, problem.isWeightTransposed || problem.batch == 1 {
            camps = (problem.k * elementBytes).truncatingRemainder(dividingBy: constants.campingStride) == 0
        }
        if camps { multiprocessor *= constants.campingFactor }

        let (bytes, loads) = traffic(
            candidate, split: split, tokenTiles: tokenTiles, featureTiles: featureTiles, problem, hot: hot)
        let memory = bytes * inverseBandwidth * (camps ? constants.campingFactor : 1)
        let reduction =
            split > 1
            ? constants.splitReduction + 8 * split * problem.m * problem.n * problem.batch / machine.cacheBandwidth : 0
        return Demand(
            multiprocessor: multiprocessor, cacheLimited: cacheLimited, memory: memory, reduction: reduction, grid: grid,
            waves: grid / perWave, memoryBytes: bytes, cacheBytes: loads, time: overlap(multiprocessor, memory, 0) + reduction)
    }

    private func timed(_ candidate: Candidate, split: Double, _ problem: GEMMProblem) -> GEMMEstimate {
        let demand = demand(candidate, split: split, problem, hot: true)
        let padded =
            demand.grid * candidate.tokens * candidate.features * 2
            * ceilingQuotient(problem.k, split * candidate.slab) * candidate.slab
        let dynamic = padded * constants.picojoulesPerOperation + demand.cacheBytes * power.cachePicojoulesPerByte
        let energyOfMemory = demand.memoryBytes * power.memoryPicojoulesPerByte
        let full = overlap(demand.multiprocessor, demand.memory, 0)
        let settled = power.settle(dynamic: dynamic, memory: energyOfMemory) { clock in
            overlap(demand.multiprocessor / clock, demand.memory, 0)
        }
        let kernel = problem.isSustained ? settled.time : power.transient(full: full, sustained: settled.time)
        var estimate = GEMMEstimate(
            tile: candidate.tile, split: Int(split), grid: demand.grid, waves: demand.waves, multiprocessor: demand.multiprocessor,
            cache: 0, memory: demand.memory, kernel: kernel, memoryTraffic: demand.memoryBytes, cacheTraffic: demand.cacheBytes,
            dynamicEnergy: power.energy(dynamic, atClock: problem.isSustained ? settled.clock : 1))
        estimate.power = max(0, kernel - full)
        estimate.relativeClock = settled.clock
        estimate.fill = constants.kernelLatency
        estimate.reduction = demand.reduction
        let perUnit = padded * candidate.multiplyCycles / (2 * candidate.tokens * candidate.features * candidate.slab) / (machine.units * clock)
        estimate.useful = min(demand.multiprocessor, perUnit * min(1, problem.operations / padded))
        estimate.padding = max(0, min(demand.multiprocessor, perUnit) - estimate.useful)
        estimate.prologue = min(constants.prologue, demand.multiprocessor - estimate.useful - estimate.padding)
        let idle = max(0, 1 - demand.grid / (machine.units * ceilingQuotient(demand.grid, machine.units)))
        let remaining = demand.multiprocessor - estimate.useful - estimate.padding - estimate.prologue
        estimate.tail = min(remaining, idle * demand.multiprocessor)
        estimate.stall = max(0, remaining - estimate.tail)
        estimate.stallOwner = demand.cacheLimited ? TimeOwner.l2Bandwidth : TimeOwner.sharedMemory
        return estimate
    }
}
