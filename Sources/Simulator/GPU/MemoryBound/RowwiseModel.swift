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
        rereadShare = read("rowwise", "reread_cache_share", default: 0.7)
        singlePass = read("rowwise", "single_pass", default: 0) > 0
        isNarrow = read("rowwise", "row_kernels_narrow", default: 0) > 0
        // DRAM efficiency is the stream's; taking it from there keeps it transferable (docs/model.md, row-wise).
        inverseBandwidth = 1 / (machine.memoryBandwidth * read("elementwise", "bandwidth_share", default: constants.bandwidthShare))
        inverseCacheBandwidth = 1 / (machine.cacheBandwidth * constants.cacheShare)
        laneRate = machine.units * machine.lanes * machine.vectorClock
    }

    /// How a function is laid out on the device.
    private struct Layout {
        var threadsPerRow: Double
        var rowsPerCTA: Double
        var threadsPerCTA: Double
        /// Passes over the input beyond the first.
        var rereads: Double
    }

    private func layout(_ shape: Rowwise) -> Layout {
        let columns = Double(shape.columns)
        switch shape.function {
        case .softmax where shape.columns <= 1024:
            // One warp a row, two rows where they are short; four warps a CTA.
            let rows = shape.columns <= 128 ? 8.0 : 4.0
            return Layout(threadsPerRow: 128 / rows, rowsPerCTA: rows, threadsPerCTA: 128, rereads: 0)
        case .softmax:
            let target = min(columns / 4, 1024) / 2
            let threads = max(machine.threadsPerWarp, pow(2, log2(max(target, 1)).rounded(.up)))
            let aligned = (columns * shape.format.bytesPerElement).truncatingRemainder(dividingBy: 16) == 0
            return Layout(threadsPerRow: threads, rowsPerCTA: 1, threadsPerCTA: threads, rereads: singlePass && aligned ? 0 : 2)
        case .layerNorm, .addLayerNorm:
            return Layout(threadsPerRow: 128, rowsPerCTA: 1, threadsPerCTA: 128, rereads: 1)
        case .rmsNorm, .addRMSNorm:
            let threads = min(1024, max(128, (columns / 32).rounded(.up) * 32))
            return Layout(threadsPerRow: threads, rowsPerCTA: 1, threadsPerCTA: threads, rereads: 1)
        }
    }

    func estimate(_ shape: Rowwise, _ conditions: ExecutionConditions) -> StreamingEstimate {
        let layout = layout(shape)
        return rows(
            count: Double(shape.rows), columns: Double(shape.columns), rowBytes: Double(shape.columns) * shape.format.bytesPerElement,
            input: shape.bytesRead.value, output: shape.bytesWritten.value, threadsPerRow: layout.threadsPerRow,
            rowsPerCTA: layout.rowsPerCTA, threadsPerCTA: layout.threadsPerCTA, rereads: layout.rereads, conditions)
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
            count: Double(shape.rows), columns: Double(shape.vocabulary),
            rowBytes: Double(shape.vocabulary) * shape.format.bytesPerElement, input: shape.bytesRead.value,
            output: shape.bytesWritten.value, threadsPerRow: 1024, rowsPerCTA: 1, threadsPerCTA: 1024, rereads: passes, conditions)
    }

    private func rows(
        count: Double, columns: Double, rowBytes: Double, input: Double, output: Double, threadsPerRow: Double, rowsPerCTA: Double,
        threadsPerCTA: Double, rereads: Double, _ conditions: ExecutionConditions
    ) -> StreamingEstimate {
        let ctas = (count / rowsPerCTA).rounded(.up)
        let perUnit = max(1, min(machine.maximumThreads / threadsPerCTA, machine.maximumCTAs).rounded(.down))
        let concurrentRows = min(count, machine.units * perUnit * rowsPerCTA)
        let hotInput = residency.residentShare(
            operand: input, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        let hotOutput = conditions.inputReuseFootprint.map { residency.hitShare(footprint: $0.value) } ?? 0
        let again = rereads * input
        let missed = concurrentRows * rowBytes < rereadShare * machine.cacheCapacity ? 0 : again * (1 - hotInput)
        let traffic = input * (1 - hotInput) + output * (1 - hotOutput) + missed
        let total = input + output + again
        var memory = traffic * inverseBandwidth
        if isNarrow {
            let inFlight = min(ctas * threadsPerCTA, machine.units * machine.maximumThreads) * constants.narrowBytesPerThread
            memory = max(memory, (input + output) * constants.loadedLatency * constants.latencyShare(hot: hotInput) / inFlight)
        }
        let cache = total * inverseCacheBandwidth
        let waves = ctas / (machine.units * perUnit)
        let latency = waves.rounded(.up) * (rowLatency + columns / threadsPerRow * columnLatency)
        // 20 instructions a thread for index arithmetic and reductions, 6 a column.
        let arithmetic = count * (threadsPerRow * 20 + columns * 6) * constants.instructionScale / laneRate
        let body = sharpOverlap(sharpOverlap(memory, cache), sharpOverlap(latency, arithmetic))
        return StreamingEstimate(
            memory: memory, cache: cache, arithmetic: arithmetic, latency: latency, fill: constants.kernelLatency, body: body,
            memoryTraffic: traffic, cacheTraffic: total, grid: ctas, waves: waves)
    }
}
