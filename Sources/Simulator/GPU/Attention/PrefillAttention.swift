import Foundation
import Hardware
import Quantities
import Workload

/// Flash-style attention of a prompt or a chunk of it: a CTA owns a tile of queries of one head and walks the keys it may see.
///
/// A step multiplies a query tile with a key tile twice (scores, values) and exponentiates the scores between; libraries overlap the
/// two in part. Every CTA pays a prologue and an epilogue that grow with the rows it loads and stores. Beside the kernel runs a pass that
/// adds bias, rotates and appends to the cache (docs/model.md, prefill attention).
struct PrefillAttention: Sendable {
    private let machine: GPUMachine
    private let constants: PrefillConstants
    private let passResidency: CacheResidency
    private let launch: LaunchModel
    private let power: PowerLimit
    private let intervals: ProjectionIntervals

    init(variant: AttentionModel.Variant, machine: GPUMachine, read: ConstantReader, launch: LaunchModel, power: PowerLimit) {
        self.machine = machine
        self.launch = launch
        self.power = power
        constants = PrefillConstants(read, group: variant.group, path: machine.operandPath)
        passResidency = CacheResidency(
            effectiveCapacity: constants.cacheShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        intervals = ProjectionIntervals(read, group: variant.group)
    }

    func project(_ shape: Attention, rate: MatrixRates.Rate, conditions: ExecutionConditions) -> OperatorProjection {
        let cost = cost(shape, rate: rate)
        let element = shape.query.bytesPerElement
        let tokens = Double(shape.batch) * Double(shape.queryTokens)
        let queries = tokens * Double(shape.heads * shape.headDimension)
        let newKeyValue = tokens * Double(shape.keyValueHeads * (shape.headDimension + shape.valueHeadDimension))
        // The pass beside the kernel reads and writes what projections produced, which is 16-bit even where attention runs in 8 bit.
        let passBytes = constants.passes * 2 * (queries + newKeyValue) * max(element, 2)
        let compulsory = shape.bytesRead.value + shape.bytesWritten.value
        let hot = passResidency.hitShare(footprint: max(passBytes, compulsory))
        let passTime = passBytes * (hot / machine.cacheBandwidth + (1 - hot) / (machine.memoryBandwidth * constants.passBandwidthShare))
        let memory = compulsory * (1 - hot) / machine.memoryBandwidth

        var breakdown = TimeBreakdown()
        let kernels = 1 + constants.splitReductionKernels + (constants.passes > 0 ? 1 : 0)
        breakdown[.launch] = launch.time(.other, kernels: Int(kernels), conditions.launch)
        breakdown[.fill] = constants.fixed
        // Arithmetic owns its steps, start and end of CTAs the fill, the longest CTA's overhang the tail; memory overlaps with all three.
        let busy = cost.total
        let together = breakdown.addOverlapped([(cost.owner, busy), (.memoryBandwidth, memory)], exponent: 4)
        if busy >= memory {
            breakdown[cost.owner] -= cost.prologue + cost.tail
            breakdown[.fill] += cost.prologue
            breakdown[.tail] += cost.tail
        }
        var dynamic = shape.operations.value * constants.picojoulesPerOperation
        if conditions.isSustained {
            let settled = power.settle(dynamic: dynamic, memory: compulsory * power.memoryPicojoulesPerByte) { together / $0 }
            breakdown[.power] += settled.time - together
            dynamic = power.energy(dynamic, atClock: settled.clock)
        }
        breakdown[.extraPasses] += passTime
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: "flash attention \(cost.queryTile)x\(cost.keyTile)", time: Seconds(microseconds: together), gridSize: cost.ctas,
                    waves: Double(cost.ctas) / machine.units)
            ],
            operations: shape.operations, memoryTraffic: Bytes(compulsory),
            energy: power.budget == nil
                ? nil
                : Joules((power.idle * time.microseconds + dynamic + compulsory * power.memoryPicojoulesPerByte) * 1e-12))
    }

    private struct Cost {
        var queryTile: Int
        var keyTile: Int
        var ctas: Int
        /// Microseconds of the device.
        var steps: Double
        var prologue: Double
        var tail: Double
        var owner: TimeOwner
        var total: Double { steps + prologue + tail }
    }

    private func cost(_ shape: Attention, rate: MatrixRates.Rate) -> Cost {
        let queryTile = Self.tile(covering: shape.queryTokens, atMost: constants.queryTile)
        let keyTile = Self.tile(covering: shape.keyValueTokens, atMost: constants.keyTile)
        let visits = KeyTileVisits(shape, queryTile: queryTile, keyTile: keyTile, maskedShare: constants.maskedShare)
        let scores = Double(queryTile * keyTile)
        // Forward: scores and values. Backward: scores again, dQ and dK over the query width, dP and dV over the value width.
        let (overQueries, overValues) = shape.isBackward ? (3, 2) : (1, 1)
        let depth = Double(overQueries * shape.headDimension + overValues * shape.valueHeadDimension)
        // A smaller tile of queries reads the same keys from shared memory for fewer products.
        let smallTile = 1 + constants.smallTilePenalty * (Double(constants.queryTile) / Double(queryTile) - 1)
        let matrix = 2 * scores * depth / rate.operationsPerClock / constants.issueShare * smallTile
        let softmax = scores * constants.softmaxCycles * 16 / machine.specialFunctionsPerClock
        let step = max(matrix, softmax) + (1 - constants.softmaxOverlap) * min(matrix, softmax)
        let rows = Double(min(shape.queryTokens, queryTile))
        let ends = constants.ctaCycles + constants.rowCycles * rows * depth / 256
        let groups = Double(shape.batch) * Double(shape.heads)
        let queryTiles = (shape.queryTokens + queryTile - 1) / queryTile
        let splits = splits(ctas: groups * Double(queryTiles), longest: visits.longest)
        let ctas = groups * Double(queryTiles) * splits
        let isMatrix = rate.engine == .matrix
        let owner: TimeOwner = matrix * smallTile < softmax ? .specialFunction : isMatrix ? .matrixPipe : .vectorPipe
        return Cost(
            queryTile: queryTile, keyTile: keyTile, ctas: Int(ctas.rounded()),
            steps: groups * visits.total * step / machine.units / rate.clock, prologue: ctas * ends / machine.units / rate.clock,
            tail: constants.tailShare * ((visits.longest / splits).rounded(.up) * step + ends) / rate.clock, owner: owner)
    }

    /// Parts of the keys that several CTAs share where one wave of query tiles would leave multiprocessors idle; 1 without split-KV.
    private func splits(ctas: Double, longest: Double) -> Double {
        guard constants.splitWaves > 0 else { return 1 }
        return max(1, min((machine.units * constants.splitWaves / ctas).rounded(.down), longest))
    }

    /// The smallest power of two from 16 that covers a length, at most the largest tile.
    private static func tile(covering length: Int, atMost largest: Int) -> Int {
        var tile = 16
        while tile < length, tile < largest { tile *= 2 }
        return tile
    }
}

/// How many key tiles the query tiles of one head visit.
struct KeyTileVisits: Sendable {
    /// Sum over query tiles.
    var total: Double
    /// Of the query tile that visits most.
    var longest: Double

    /// - Parameter maskedShare: share of fully masked tiles that the kernel computes all the same.
    /// - Complexity: linear in the number of query tiles.
    init(_ shape: Attention, queryTile: Int, keyTile: Int, maskedShare: Double) {
        let keys = shape.keyValueTokens
        let prefix = keys - shape.queryTokens
        let all = Double((keys + keyTile - 1) / keyTile)
        total = 0
        longest = 0
        var first = 0
        while first < shape.queryTokens {
            let last = min(first + queryTile, shape.queryTokens)
            let end = shape.isCausal ? prefix + last : keys
            let start = shape.window.map { max(0, prefix + first + 1 - $0) } ?? 0
            let seen = Double((end + keyTile - 1) / keyTile - min(start, end - 1) / keyTile)
            let visited = seen + maskedShare * (all - seen)
            total += visited
            longest = max(longest, visited)
            first = last
        }
    }
}
