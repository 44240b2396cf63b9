import Foundation
import Hardware

/// Tensor-core matrix products of one kind (half, fp8, int8, …) on one device: picks a tile and a split as a library does, and times it.
///
/// Equations: docs/model.md, tensor-core GEMM. All candidates are prepared when the model is made; a projection only evaluates them.
struct TensorCoreGEMM: Sendable {
    /// A tile with everything that does not depend on the shape.
    struct Candidate: Sendable {
        var tile: KernelTile
        var tokens: Double
        var features: Double
        var inverseTokens: Double
        var inverseFeatures: Double
        /// Cycles of one slab of the contraction in a CTA that has its multiprocessor for itself.
        var slabCycles: Double
        /// Of those, what the multipliers need at full rate.
        var multiplyCycles: Double
        /// What limits a slab beyond the multipliers.
        var slabLimit: TimeOwner
        var epilogueCycles: Double
        /// CTAs that fit on one multiprocessor.
        var occupancy: Double
    }

    let machine: GPUMachine
    let constants: TensorCoreConstants
    let power: PowerLimit
    let residency: CacheResidency
    let candidates: [Candidate]
    let splits: [Double]
    /// Elements of the contraction in one slab.
    let slab: Double
    let splitGridLimit: Double
    private let inverseUnits: Double
    private let inverseClock: Double
    private let inverseBandwidth: Double
    private let inverseCacheBandwidth: Double
    private let operandBytes: (activation: Double, weight: Double)
    let padsToClusterPairs: Bool
    /// The kernel for one or a few tokens, nil where the library has none.
    let vector: VectorProductModel?

    init(
        machine: GPUMachine, path: KernelPath, activationBytes: Double, weightBytes: Double, operationsPerClock: Double,
        kernels: KernelSet, read: ConstantReader, power: PowerLimit
    ) {
        let constants = TensorCoreConstants(read, group: path.group, path: machine.operandPath)
        self.machine = machine
        self.constants = constants
        self.power = power
        residency = CacheResidency(
            effectiveCapacity: constants.residentShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        // A slab is one 128-byte line of the wider operand: what one bulk copy or one cp.async group brings.
        let slab = (128 / max(activationBytes, weightBytes)).rounded(.down)
        self.slab = slab
        operandBytes = (activationBytes, weightBytes)
        splits = path.splits ? kernels.splits.map(Double.init) : [1]
        vector = VectorProductModel(machine: machine, path: path, weightBytes: weightBytes, constants: constants, read: read)
        splitGridLimit = kernels.splitBelowGridPerUnit * machine.units
        padsToClusterPairs = path == .fp8Block && machine.operandPath == .bulkTensorCopy
        inverseUnits = 1 / machine.units
        inverseClock = 1 / machine.matrixClock
        inverseBandwidth = 1 / (machine.memoryBandwidth * constants.bandwidthShare)
        inverseCacheBandwidth = 1 / machine.cacheBandwidth
        let largestArea = path == .fp8Block ? 16384 : Int.max
        candidates = kernels.tiles.filter { $0.features * $0.tokens <= largestArea }.map { tile in
            Self.candidate(
                tile, machine: machine, constants: constants, path: path, slab: slab, activationBytes: activationBytes,
                weightBytes: weightBytes, operationsPerClock: operationsPerClock)
        }
    }

    private static func candidate(
        _ tile: KernelTile, machine: GPUMachine, constants: TensorCoreConstants, path: KernelPath, slab: Double, activationBytes: Double,
        weightBytes: Double, operationsPerClock: Double
    ) -> Candidate {
        let tokens = Double(tile.tokens)
        let features = Double(tile.features)
        let ideal = max(tokens, 16) * features * slab * 2 / operationsPerClock
        let multiply = ideal / constants.issueShare
        // Operands cross shared memory once per warp tile (at most 64x64 through registers); from Hopper on one 64-row instruction
        // reads its slice of one operand and the whole other one; a pair of CTAs shares a quarter of it.
        let fragments: Double
        switch machine.operandPath {
        case .registers, .asynchronousCopy:
            let warpTokens = min(64, tokens)
            let warpFeatures = min(64, features)
            fragments = tokens * features * slab * (activationBytes / warpFeatures + weightBytes / warpTokens)
        case .bulkTensorCopy, .tensorMemory:
            let wide = max(tokens, features)
            let narrow = min(tokens, features)
            let wideBytes = tokens >= features ? activationBytes : weightBytes
            let narrowBytes = tokens >= features ? weightBytes : activationBytes
            let bytes = (wide / 64).rounded(.up) * (64 * wideBytes + narrow * narrowBytes) * slab
            fragments = machine.operandPath == .tensorMemory ? 0.75 * bytes : bytes
        }
        let shared = fragments / machine.sharedMemoryBytesPerClock
        var arithmetic = 0.0
        if path.convertsWeights { arithmetic += constants.conversionOperations * features * slab / machine.lanes }
        if path == .fp8Block { arithmetic += constants.promotionOperations * tokens * features / machine.lanes * (slab / 128) }
        // Accumulators take 4 bytes each in just over half of the register file; two slabs of operands are the least that pipelines.
        let byRegisters = 0.55 * machine.registerFile / (tokens * features * 4)
        let byShared = machine.sharedMemory / (2 * (tokens * activationBytes + features * weightBytes) * slab)
        var occupancy = max(1, min(byRegisters, byShared, machine.maximumThreads / Double(tile.threads)).rounded(.down))
        if machine.operandPath == .bulkTensorCopy || machine.operandPath == .tensorMemory { occupancy = min(occupancy, 2) }
        return Candidate(
            tile: tile, tokens: tokens, features: features, inverseTokens: 1 / tokens, inverseFeatures: 1 / features,
            slabCycles: max(multiply, shared) + arithmetic, multiplyCycles: ideal,
            slabLimit: arithmetic > max(multiply, shared) - ideal ? .vectorPipe : shared > multiply ? .sharedMemory : .matrixPipe,
            epilogueCycles: constants.epilogueCycles * (tokens * features / 16384).squareRoot(), occupancy: occupancy)
    }

    /// Times of the resources for one candidate, all at full clock, microseconds.
    struct Demand {
        var multiprocessor: Double
        var cache: Double
        var memory: Double
        var reduction: Double
        var grid: Double
        var waves: Double
        var memoryBytes: Double
        var cacheBytes: Double
        var time: Double
    }

    /// Picks the candidate as a library does, without knowing what is in cache, then times it with what is.
    func estimate(_ problem: GEMMProblem) -> GEMMEstimate {
        var best = 0
        var bestSplit = 1.0
        var bestTime = Double.infinity
        let rows = padsToClusterPairs && problem.m > 128 ? ceilingQuotient(problem.m, 256) * 256 : problem.m
        let slabs = ceilingQuotient(problem.k, slab)
        for index in candidates.indices {
            let candidate = candidates[index]
            let grid = (rows * candidate.inverseTokens).rounded(.up) * (problem.n * candidate.inverseFeatures).rounded(.up) * problem.batch
            // A split pays only while the machine is not full: no candidate can beat its own share of the work at full rate.
            let work = grid * slabs * candidate.slabCycles * inverseUnits * inverseClock
            if work >= bestTime { continue }
            for split in splits {
                if split > 1 && (grid >= splitGridLimit || split * 2 > slabs) { break }
                let time = demand(candidate, split: split, grid: grid, slabs: slabs, problem, hot: false).time
                if time < bestTime {
                    bestTime = time
                    best = index
                    bestSplit = split
                }
            }
        }
        let chosen = candidates[best]
        let grid =
            (rows * chosen.inverseTokens).rounded(.up) * (problem.n * chosen.inverseFeatures).rounded(.up) * problem.batch
        if let vector, problem.m <= vector.largestTokens, problem.batch == 1 {
            if vector.isRule || vector.estimate(problem, hot: false).kernel < bestTime { return vector.estimate(problem, hot: true) }
        }
        return timed(chosen, demand(chosen, split: bestSplit, grid: grid, slabs: slabs, problem, hot: true), split: bestSplit, slabs, problem)
    }

    @inline(__always)
    func waves(_ grid: Double) -> Double {
        let x = max(grid * inverseUnits, 1)
        return x + constants.waveQuantisation * (x.rounded(.up) - x)
    }

    @inline(__always)
    private func demand(
        _ candidate: Candidate, split: Double, grid unsplit: Double, slabs: Double, _ problem: GEMMProblem, hot: Bool
    ) -> Demand {
        let grid = unsplit * split
        let steps = split == 1 ? slabs : (slabs / split).rounded(.up)
        let waves = waves(grid)
        let iteration = max(candidate.slabCycles, constants.slabLatencyCycles / min(waves.rounded(.up), candidate.occupancy))
        let multiprocessor = waves * (steps * iteration + candidate.epilogueCycles) * inverseClock

        let tokens = min(candidate.tokens, problem.m)
        let features = min(candidate.features, problem.n)
        let loads =
            grid * steps * slab * (tokens * operandBytes.activation + features * operandBytes.weight) / constants.multicast
        let cache = loads * inverseClock / (min(grid, machine.units) * constants.cacheBytesPerClockPerUnit)

        let bytes = memoryBytes(candidate, split: split, problem, hot: hot)
        let memory = bytes * inverseBandwidth
        let reduction =
            split > 1
            ? constants.splitReduction + 8 * split * problem.m * problem.n * problem.batch * inverseCacheBandwidth : 0
        return Demand(
            multiprocessor: multiprocessor, cache: cache, memory: memory, reduction: reduction, grid: grid, waves: waves,
            memoryBytes: bytes, cacheBytes: loads, time: overlap(multiprocessor, cache, memory) + reduction)
    }

    /// Bytes from and to main memory: compulsory traffic, re-reads of panels that a wave cannot keep, less what is resident.
    @inline(__always)
    private func memoryBytes(_ candidate: Candidate, split: Double, _ problem: GEMMProblem, hot: Bool) -> Double {
        let a = problem.activationFootprint
        let b = problem.weightFootprint
        var readA = a
        var readB = b
        let panels = constants.panelShare * machine.cacheCapacity
        if a + b > panels {
            let tokenTiles = (problem.m * candidate.inverseTokens).rounded(.up)
            let featureTiles = (problem.n * candidate.inverseFeatures).rounded(.up)
            // A wave covers a near-square area of the output.
            let concurrent = max(1, machine.units / split)
            let side = (concurrent * candidate.tokens * candidate.features).squareRoot()
            let waveTokens = min(tokenTiles, max(1, side * candidate.inverseTokens))
            let waveFeatures = min(featureTiles, max(1, concurrent / waveTokens))
            let rowsOfWaves = max(1, tokenTiles / waveTokens)
            let columnsOfWaves = max(1, featureTiles / waveFeatures)
            // Down the tokens: the weight panel of a wave stays, if need be of a narrower wave than the machine could run, and
            // activations come again for every column of waves; or nothing stays. Across is the mirror image.
            let rereadA = a <= panels ? 1 : columnsOfWaves
            let rereadB = b <= panels ? 1 : rowsOfWaves
            let keptFeatures = min(waveFeatures, panels / (candidate.features * problem.k * operandBytes.weight))
            let keptTokens = min(waveTokens, panels / (candidate.tokens * problem.k * operandBytes.activation))
            let downA = keptFeatures >= 1 && a > panels ? max(1, featureTiles / keptFeatures) : rereadA
            let acrossB = keptTokens >= 1 && b > panels ? max(1, tokenTiles / keptTokens) : rereadB
            let loose = a * rereadA + b * rereadB
            let down = keptFeatures >= 1 ? a * downA + b : loose
            let across = keptTokens >= 1 ? b * acrossB + a : loose
            if loose <= min(down, across) {
                readA = a * rereadA
                readB = b * rereadB
            } else if down <= across {
                readA = a * downA
                readB = b
            } else {
                readA = a
                readB = b * acrossB
            }
        }
        let output = problem.outputFootprint
        guard hot else { return readA + readB + output }
        return readA - problem.hotActivations * a + readB - problem.hotWeights * b + output * (1 - problem.hotOutput)
    }

    private func timed(
        _ candidate: Candidate, _ demand: Demand, split: Double, _ slabs: Double, _ problem: GEMMProblem
    ) -> GEMMEstimate {
        let padded = demand.grid / split * candidate.tokens * candidate.features * slabs * slab * 2
        let dynamic = padded * constants.picojoulesPerOperation + demand.cacheBytes * power.cachePicojoulesPerByte
        let energyOfMemory = demand.memoryBytes * power.memoryPicojoulesPerByte
        let full = overlap(demand.multiprocessor, demand.cache, demand.memory)
        let settled = power.settle(dynamic: dynamic, memory: energyOfMemory) { clock in
            overlap(demand.multiprocessor / clock, demand.cache / clock, demand.memory)
        }
        let sustained = problem.isSustained ? settled.time : power.transient(full: full, sustained: settled.time)
        let slow = 1 + constants.librarySlowdown
        let cold = 1 - (problem.hotActivations * problem.activationFootprint + problem.hotWeights * problem.weightFootprint)
            / max(problem.activationFootprint + problem.weightFootprint, 1)

        var estimate = GEMMEstimate(
            tile: candidate.tile, split: Int(split), grid: demand.grid, waves: demand.grid * inverseUnits,
            multiprocessor: demand.multiprocessor * slow, cache: demand.cache * slow, memory: demand.memory,
            kernel: sustained * slow, memoryTraffic: demand.memoryBytes, cacheTraffic: demand.cacheBytes, dynamicEnergy: power.energy(dynamic, atClock: problem.isSustained ? settled.clock : 1))
        estimate.power = max(0, sustained - full) * slow
        estimate.relativeClock = settled.clock
        estimate.fill = constants.kernelLatency + constants.coldRamp * cold
        estimate.reduction = demand.reduction
        // Parts of the multiprocessor's time: what the shape needs at full rate, then padding, idle units, stalls, the rest.
        let steps = split == 1 ? slabs : (slabs / split).rounded(.up)
        let spread = demand.grid * inverseUnits
        let perUnit = spread * steps * candidate.multiplyCycles * inverseClock * slow
        estimate.useful = perUnit * min(1, problem.operations / padded)
        estimate.padding = max(0, perUnit - estimate.useful)
        estimate.prologue = demand.waves * candidate.epilogueCycles * inverseClock * slow
        let iteration = max(candidate.slabCycles, constants.slabLatencyCycles / min(demand.waves.rounded(.up), candidate.occupancy))
        estimate.tail = max(0, demand.waves - spread) * steps * candidate.slabCycles * inverseClock * slow
        estimate.stall = max(0, estimate.multiprocessor - perUnit - estimate.prologue - estimate.tail)
        estimate.stallOwner = iteration > candidate.slabCycles ? .memoryLatency : candidate.slabLimit
        return estimate
    }
}
