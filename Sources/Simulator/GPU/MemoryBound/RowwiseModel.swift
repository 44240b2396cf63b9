import Foundation
import Hardware
import Quantities
import Workload

/// Softmax, norms and sampling on one device: a CTA (or warp) per row that reads it once or several times.
///
/// Equations: docs/model.md, row-wise.
struct RowwiseModel: Sendable {
    let machine: GPUMachine
    let constants: StreamingConstants
    let residency: CacheResidency
    /// Microseconds of a row CTA's life besides its bytes: load, reductions, store.
    let rowLatency: Double
    /// Microseconds per column and thread of serial work.
    let columnLatency: Double
    /// Instructions of a thread of a CTA that holds a softmax row of more than 1024 columns, and for each reading or writing of a column.
    let wideRowInstructions: Double
    let wideColumnInstructions: Double
    /// Threads of the CTA of a softmax row of more than 1024 columns; nil where they follow from the columns.
    let wideSoftmaxThreads: Double?
    /// Instructions for each column of a softmax whose warps hold two rows (at most 128 columns), and of a norm for each row and column.
    let pairedColumnInstructions: Double
    let normRowInstructions: Double
    let normColumnInstructions: Double
    /// Share of the cache in which a row's second and third reading still find it.
    let rereadShare: Double
    /// Whether wide softmax rows are kept on chip, so that they are read once.
    let singlePass: Bool
    /// Whether norm kernels of the stack use element-sized accesses, whose bytes in flight limit them.
    let isNarrow: Bool
    private let inverseBandwidth: Double
    private let inverseCacheBandwidth: Double
    private let laneRate: Double

    init(machine: GPUMachine, read: ConstantReader) {
        let constants = StreamingConstants(read, group: "rowwise")
        self.machine = machine
        self.constants = constants
        residency = CacheResidency(
            effectiveCapacity: constants.residentShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        rowLatency = read("rowwise", "row_latency_us", default: 2.5)
        columnLatency = read("rowwise", "column_latency_us", default: 0.02)
        wideRowInstructions = read("rowwise", "wide_row_instructions", default: Self.rowInstructions)
        wideColumnInstructions = read("rowwise", "wide_column_instructions", default: Self.columnInstructions / 2)
        let threads = read("rowwise", "wide_softmax_threads", default: 0)
        wideSoftmaxThreads = threads > 0 ? threads : nil
        pairedColumnInstructions = read("rowwise", "paired_column_instructions", default: Self.columnInstructions)
        normRowInstructions = read("rowwise", "norm_row_instructions", default: Self.rowInstructions)
        normColumnInstructions = read("rowwise", "norm_column_instructions", default: Self.columnInstructions)
        rereadShare = read("rowwise", "reread_cache_share", default: 0.7)
        singlePass = read("rowwise", "single_pass", default: 0) > 0
        isNarrow = read("rowwise", "row_kernels_narrow", default: 0) > 0
        // DRAM efficiency is the stream's; taking it from there keeps it transferable (docs/model.md, row-wise).
        inverseBandwidth = 1 / (machine.memoryBandwidth * read("elementwise", "bandwidth_share", default: constants.bandwidthShare))
        inverseCacheBandwidth = 1 / (machine.cacheBandwidth * constants.cacheShare)
        laneRate = machine.units * machine.lanes * machine.vectorClock
    }

    /// Instructions of a thread for index arithmetic and reductions, and for each of its columns, where no file says otherwise.
    private static let rowInstructions = 20.0
    private static let columnInstructions = 6.0

    /// How a function is laid out on the device.
    private struct Layout {
        var threadsPerRow: Double
        var rowsPerCTA: Double
        var threadsPerCTA: Double
        /// Passes over the input beyond the first.
        var rereads: Double
        var instructionsPerThread: Double
    }

    private func layout(_ shape: Rowwise) -> Layout {
        let columns = Double(shape.columns)
        switch shape.function {
        case .softmax where shape.columns <= 1024: return warpSoftmax(columns: columns)
        case .softmax:
            let target = min(columns / 4, 1024) / 2
            let threads = wideSoftmaxThreads ?? max(machine.threadsPerWarp, pow(2, log2(max(target, 1)).rounded(.up)))
            let aligned = (columns * shape.format.bytesPerElement).truncatingRemainder(dividingBy: 16) == 0
            var layout = rowOfACTA(threads: threads, columns: columns, rereads: singlePass && aligned ? 0 : 2)
            layout.instructionsPerThread = wideRowInstructions + columns / threads * (2 + layout.rereads) * wideColumnInstructions
            return layout
        case .layerNorm, .addLayerNorm:
            var layout = rowOfACTA(threads: 128, columns: columns, rereads: 1)
            // Four columns at a time: a warp that has any left in its turn works for all lanes.
            let turns = (columns / (4 * machine.threadsPerWarp)).rounded(.up) * machine.threadsPerWarp / 128
            layout.instructionsPerThread = normRowInstructions + 4 * max(1, turns) * normColumnInstructions
            return layout
        case .rmsNorm, .addRMSNorm:
            return rowOfACTA(threads: min(1024, max(128, (columns / 32).rounded(.up) * 32)), columns: columns, rereads: 1)
        }
    }

    /// PyTorch's PersistentSoftmax.cuh: the next power of two decides; a warp a row, or less where that suffices, two rows each where they are
    /// short; 128 threads a CTA.
    private func warpSoftmax(columns: Double) -> Layout {
        let width = pow(2, log2(max(columns, 1)).rounded(.up))
        let isPaired = width <= 128
        let rows = 128 / min(width, machine.threadsPerWarp) * (isPaired ? 2 : 1)
        let instructions = isPaired ? pairedColumnInstructions : Self.columnInstructions
        return Layout(
            threadsPerRow: 128 / rows, rowsPerCTA: rows, threadsPerCTA: 128, rereads: 0,
            instructionsPerThread: Self.rowInstructions + width * rows / 128 * instructions)
    }

    private func rowOfACTA(threads: Double, columns: Double, rereads: Double) -> Layout {
        Layout(
            threadsPerRow: threads, rowsPerCTA: 1, threadsPerCTA: threads, rereads: rereads,
            instructionsPerThread: Self.rowInstructions + columns / threads * Self.columnInstructions)
    }

    func estimate(_ shape: Rowwise, _ conditions: ExecutionConditions) -> StreamingEstimate {
        let layout = layout(shape)
        return rows(
            layout, count: Double(shape.rows), columns: Double(shape.columns), rowBytes: Double(shape.columns) * shape.format.bytesPerElement,
            input: shape.bytesRead.value, output: shape.bytesWritten.value, conditions)
    }

    /// Greedy choice reads the logits once; top-k and top-p first exponentiate, then select by radix over several passes.
    func estimate(_ shape: Sampling, _ conditions: ExecutionConditions) -> StreamingEstimate {
        let passes: Double = switch shape.method {
        case .greedy: 0
        // Four 8-bit digits of a radix selection, and one pass of exponentials.
        case .topK: 5
        // A full radix sort also moves keys and indices.
        case .topP: 12
        }
        return rows(
            rowOfACTA(threads: 1024, columns: Double(shape.vocabulary), rereads: passes), count: Double(shape.rows),
            columns: Double(shape.vocabulary), rowBytes: Double(shape.vocabulary) * shape.format.bytesPerElement,
            input: shape.bytesRead.value, output: shape.bytesWritten.value, conditions)
    }

    private func rows(
        _ layout: Layout, count: Double, columns: Double, rowBytes: Double, input: Double, output: Double, _ conditions: ExecutionConditions
    ) -> StreamingEstimate {
        let threadsPerCTA = layout.threadsPerCTA
        let ctas = (count / layout.rowsPerCTA).rounded(.up)
        let perUnit = max(1, min(machine.maximumThreads / threadsPerCTA, machine.maximumCTAs).rounded(.down))
        let concurrentRows = min(count, machine.units * perUnit * layout.rowsPerCTA)
        let hotInput = residency.residentShare(
            operand: input, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        let hotOutput = conditions.inputReuseFootprint.map { residency.hitShare(footprint: $0.value) } ?? 0
        let again = layout.rereads * input
        // Of rows that together exceed what the cache keeps for a second reading, that much is still there.
        let kept = min(1, rereadShare * machine.cacheCapacity / max(1, concurrentRows * rowBytes))
        let missed = again * (1 - hotInput) * (1 - kept)
        let traffic = input * (1 - hotInput) + output * (1 - hotOutput) + missed
        let total = input + output + again
        var memory = traffic * inverseBandwidth
        if isNarrow {
            let inFlight = min(ctas * threadsPerCTA, machine.units * machine.maximumThreads) * constants.narrowBytesPerThread
            memory = max(memory, (input + output) * constants.loadedLatency * constants.latencyShare(hot: hotInput) / inFlight)
        }
        let cache = total * inverseCacheBandwidth
        let waves = ctas / (machine.units * perUnit)
        // CTAs that start together end together, one or two of them on a unit; many drift apart, and the next ones fill in.
        let lives = max(1, waves + (waves.rounded(.up) - waves) * min(1, 2 / perUnit))
        let latency = lives * (rowLatency + columns / layout.threadsPerRow * columnLatency)
        let arithmetic = count * layout.threadsPerRow * layout.instructionsPerThread * constants.instructionScale / laneRate
        let body = sharpOverlap(sharpOverlap(memory, cache), sharpOverlap(latency, arithmetic))
        return StreamingEstimate(
            memory: memory, cache: cache, arithmetic: arithmetic, latency: latency, fill: constants.kernelLatency, body: body,
            memoryTraffic: traffic, cacheTraffic: total, grid: ctas, waves: waves)
    }
}
