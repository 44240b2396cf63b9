import Foundation
import Hardware
import Quantities
import Workload

/// Attention of new tokens over a paged KV cache: CTAs own a sequence, a head (or group of heads) and a chunk of the cache.
struct DecodeAttention: Sendable {
    private let machine: GPUMachine
    private let residency: CacheResidency
    private let fixed: Double
    private let fixedNarrow: Double
    private let bandwidthShare: Double
    /// Bytes per clock that one multiprocessor streams and µs of a CTA's prologue and epilogue: kernel of one query head, grouped kernel;
    /// each for wide and 8-bit caches.
    private let singleHead: (wide: Stream, narrow: Stream)
    private let grouped: (wide: Stream, narrow: Stream)
    private let reduction: Double
    private let chunk: Double
    private let issueEfficiency: Double

    struct Stream: Sendable {
        var bytesPerClock: Double
        var ctaMicroseconds: Double
    }

    init(machine: GPUMachine, read: ConstantReader) {
        self.machine = machine
        let group = "attention.decode"
        let generic = AttentionDefaults(machine.operandPath)
        fixed = read(group, "fixed_us", default: generic.decodeFixed)
        fixedNarrow = read(group, "fixed_kv8_us", default: fixed)
        bandwidthShare = read(group, "bandwidth_share", default: 0.85)
        func stream(_ prefix: String, _ rate: Double, _ cta: Double) -> Stream {
            Stream(
                bytesPerClock: read(group, prefix + "_bytes_per_clock", default: rate),
                ctaMicroseconds: read(group, prefix + "_cta_us", default: cta))
        }
        let single = stream("single_head", generic.singleHeadBytesPerClock, generic.singleHeadCTA)
        let packed = stream("grouped", generic.groupedBytesPerClock, generic.groupedCTA)
        singleHead = (single, stream("single_head_kv8", single.bytesPerClock / 2, single.ctaMicroseconds))
        grouped = (packed, stream("grouped_kv8", packed.bytesPerClock, packed.ctaMicroseconds))
        reduction = read(group, "reduction_us", default: generic.reduction)
        chunk = read(group, "chunk_tokens", default: generic.chunk)
        issueEfficiency = read(group, "issue_efficiency", default: 0.6)
        residency = CacheResidency(
            effectiveCapacity: read(group, "cache_share", default: 0.4) * machine.cacheCapacity, sharpness: 2.5)
    }

    func project(
        _ shape: Attention, rate: MatrixRates.Rate, conditions: ExecutionConditions, interval: ResidualInterval
    ) -> OperatorProjection {
        let group = (shape.heads + shape.keyValueHeads - 1) / shape.keyValueHeads
        let isLatent = shape.sharesKeyAndValue && shape.headDimension != shape.valueHeadDimension
        let isGrouped = isLatent || (group >= 2 && group <= 32)
        let isNarrow = shape.keyValue.bytesPerElement <= 1
        let stream = isGrouped ? (isNarrow ? grouped.narrow : grouped.wide) : (isNarrow ? singleHead.narrow : singleHead.wide)
        let sequences = shape.batch * (isGrouped ? shape.keyValueHeads : shape.heads)
        let bytes = shape.keyValueBytes.value
        let attended = Double(shape.window.map { min($0 + shape.queryTokens - 1, shape.keyValueTokens) } ?? shape.keyValueTokens)
        let splits = max(1, min(Int(machine.units) / sequences, Int((attended / chunk).rounded(.up))))
        let ctas = sequences * splits
        let waves = Double(ctas) / machine.units
        let streamed = bytes * (isGrouped ? 1 : Double(group)) / Double(ctas)
        let resident = residency.residentShare(
            operand: bytes, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        let traffic = bytes * (1 - resident) + (shape.bytesRead.value - bytes) + shape.bytesWritten.value
        let perCTA = streamed / (stream.bytesPerClock * machine.vectorClock) + (ctas > Int(machine.units) ? stream.ctaMicroseconds : 0)
        let busy = max(waves, 1) * perCTA
        // Query rows of a tile are padded to 16 for the matrix pipe.
        let rows = Double(isGrouped ? (group * shape.queryTokens + 15) / 16 * 16 : group * shape.queryTokens)
        let arithmetic =
            2 * Double(shape.batch * shape.keyValueHeads) * rows * attended * Double(shape.headDimension + shape.valueHeadDimension)
            / (machine.units * rate.operationsPerClock * issueEfficiency * rate.clock)
        var breakdown = TimeBreakdown()
        breakdown[.fill] += isNarrow ? fixedNarrow : fixed
        breakdown.addOverlapped(
            [
                (.memoryBandwidth, traffic / (machine.memoryBandwidth * bandwidthShare)),
                (.memoryLatency, busy),
                (rate.engine == .matrix ? .matrixPipe : .vectorPipe, arithmetic),
            ], exponent: 4)
        if splits > 1 { breakdown[.extraPasses] += reduction }
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: interval.around(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: isLatent ? "latent decode" : isGrouped ? "grouped decode" : "single-head decode", time: time, gridSize: ctas,
                    waves: waves)
            ],
            operations: shape.operations, memoryTraffic: Bytes(traffic))
    }
}
