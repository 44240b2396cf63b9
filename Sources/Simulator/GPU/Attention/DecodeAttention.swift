import Foundation
import Hardware
import Quantities
import Workload

/// Attention of new tokens over a paged KV cache: a CTA owns a sequence, a head or a group of heads, and a part of the cache.
///
/// Two kernels: the grouped one reads a KV head once for all its query heads and multiplies on the matrix pipe; the single-head one runs a
/// CTA per query head, re-reading the cache from L2 for each. Libraries take the grouped one up to a largest group and where it fills
/// enough multiprocessors. Time is the p-norm of main memory, of CTAs that each stream at the rate of their bytes in flight, of what a
/// multiprocessor consumes, and of the matrix pipe (docs/model.md, decode attention).
struct DecodeAttention: Sendable {
    private let machine: GPUMachine
    private let constants: DecodeConstants
    private let residency: CacheResidency
    private let launch: LaunchModel
    private let power: PowerLimit
    private let intervals: ProjectionIntervals

    init(isNarrow: Bool, machine: GPUMachine, read: ConstantReader, launch: LaunchModel, power: PowerLimit) {
        let group = isNarrow ? "attention.decode.kv8" : "attention.decode"
        self.machine = machine
        self.launch = launch
        self.power = power
        constants = DecodeConstants(read, group: group, path: machine.operandPath, isNarrow: isNarrow)
        residency = CacheResidency(
            effectiveCapacity: constants.cacheShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        intervals = ProjectionIntervals(read, group: group)
    }

    /// How the work is cut.
    private struct Grid {
        var isGrouped: Bool
        var splits: Double
        var ctas: Double
        /// Key/value bytes that one CTA streams.
        var bytesPerCTA: Double
    }

    private func grid(_ shape: Attention, attended: Double) -> Grid {
        let group = (shape.heads + shape.keyValueHeads - 1) / shape.keyValueHeads
        let chunks = max(1, (attended / constants.minimumChunk).rounded(.down))
        let keyValueUnits = Double(shape.batch) * Double(shape.keyValueHeads)
        let isGrouped =
            group >= 2 && group <= constants.largestGroup && keyValueUnits * chunks >= machine.units * constants.groupedMinimumShare
        let width = Double(shape.headDimension + shape.valueHeadDimension) * shape.keyValue.bytesPerElement
        var splits = 1.0
        let units = isGrouped ? keyValueUnits : Double(shape.batch) * Double(shape.heads)
        if !isGrouped {
            // As many parts as give every multiprocessor a CTA, none shorter than a chunk.
            splits = max(1, min((machine.units / units).rounded(.up), (attended / constants.minimumChunk).rounded(.up)))
        } else if constants.groupedSplits {
            splits = constants.splitRoot > 0 ? min(chunks, (chunks * constants.splitRoot).squareRoot().rounded()) : chunks
            let waves = units * splits / machine.units / constants.targetWaves
            if waves > 1 { splits = (splits / waves).rounded(.down) }
            splits = max(1, splits)
        }
        return Grid(isGrouped: isGrouped, splits: splits, ctas: units * splits, bytesPerCTA: attended / splits * width)
    }

    func project(_ shape: Attention, rate: MatrixRates.Rate, conditions: ExecutionConditions) -> OperatorProjection {
        let attended = Double(shape.window.map { min($0 + shape.queryTokens - 1, shape.keyValueTokens) } ?? shape.keyValueTokens)
        let grid = grid(shape, attended: attended)
        let kernel = grid.isGrouped ? constants.grouped : constants.single
        let group = Double(shape.heads) / Double(shape.keyValueHeads)
        let rows = (group * Double(shape.queryTokens) / constants.rowTile).rounded(.up) * constants.rowTile

        let unique = shape.keyValueBytes.value
        let resident = residency.residentShare(
            operand: unique, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        // Keys and values in one buffer: the grouped kernel finds the value tile where it has just read the key tile; the single-head
        // one reads all keys of its part first, and the values come from memory again.
        let streams = shape.sharesKeyAndValue && !grid.isGrouped ? 2.0 : 1.0
        let other = shape.bytesRead.value - unique + shape.bytesWritten.value
        let traffic = unique * streams * (1 - resident) + other * (1 - resident)

        let extraRows = grid.isGrouped ? rows - constants.rowTile : 0
        let perCTA =
            kernel.ctaTime + kernel.rowTime * extraRows * Double(shape.headDimension) / 128 + grid.bytesPerCTA / kernel.ctaStream
        let waves = grid.ctas / (machine.units * kernel.residentCTAs)
        let paid = max(1, waves + constants.waveQuantisation * (waves.rounded(.up) - waves))
        let arithmetic =
            2 * Double(shape.batch) * Double(shape.keyValueHeads) * (grid.isGrouped ? rows : group * Double(shape.queryTokens)) * attended
            * Double(shape.headDimension + shape.valueHeadDimension)
            / (machine.units * rate.operationsPerClock * constants.issueShare * rate.clock)

        var breakdown = TimeBreakdown()
        breakdown[.launch] = launch.time(.other, kernels: 2, conditions.launch)
        breakdown[.fill] = kernel.fixed + (shape.headDimension <= 64 ? kernel.head64Extra : 0)
        let streaming = paid * perCTA
        let kernelTime = breakdown.addOverlapped(
            [
                (.memoryBandwidth, traffic / (machine.memoryBandwidth * constants.bandwidthShare)),
                (.memoryLatency, streaming),
                (grid.isGrouped ? .sharedMemory : .vectorPipe, grid.ctas * grid.bytesPerCTA / machine.units / kernel.unitStream),
                (rate.engine == .matrix ? .matrixPipe : .vectorPipe, arithmetic),
            ], exponent: 4)
        if breakdown[.memoryLatency] > 0, waves > 1 {
            let idle = streaming * (1 - waves / paid)
            breakdown[.memoryLatency] -= idle
            breakdown[.tail] += idle
        }
        if grid.splits > 1 { breakdown[.extraPasses] += kernel.reduction }
        let time = breakdown.total
        let energy = shape.operations.value * constants.picojoulesPerOperation + traffic * power.memoryPicojoulesPerByte
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: "\(grid.isGrouped ? "grouped" : "single-head") decode, \(Int(grid.splits)) parts",
                    time: Seconds(microseconds: kernelTime), gridSize: Int(grid.ctas), waves: waves)
            ],
            operations: shape.operations, memoryTraffic: Bytes(traffic),
            energy: power.budget == nil ? nil : Joules((power.idle * time.microseconds + energy) * 1e-12))
    }
}
