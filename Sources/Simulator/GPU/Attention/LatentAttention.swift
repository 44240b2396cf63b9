import Foundation
import Hardware
import Quantities
import Workload

/// Decode over a latent cache (MLA): all query heads share one vector a token that serves as key and value, so the matrix pipe can bind.
///
/// The shares of the two bounds are those that DeepSeek's FlashMLA reports on H800 SXM5 (660 of 989 TFLOP/s compute bound, 3000 of 3350
/// GB/s memory bound; github.com/deepseek-ai/FlashMLA, README).
struct LatentAttention: Sendable {
    private let machine: GPUMachine
    private let residency: CacheResidency
    private let launch: LaunchModel
    private let power: PowerLimit
    private let intervals: ProjectionIntervals
    private let fixed: Double
    private let ctaTime: Double
    private let reduction: Double
    private let issueShare: Double
    private let bandwidthShare: Double
    private let minimumChunk: Double
    private let picojoulesPerOperation: Double

    init(machine: GPUMachine, read: ConstantReader, launch: LaunchModel, power: PowerLimit) {
        let group = "attention.decode.latent"
        self.machine = machine
        self.launch = launch
        self.power = power
        fixed = read(group, "latency_us", default: 5)
        ctaTime = read(group, "cta_us", default: 4)
        reduction = read(group, "reduction_us", default: 2)
        issueShare = read(group, "issue_share", default: machine.operandPath == .bulkTensorCopy ? 0.67 : 0.55)
        bandwidthShare = read(group, "bandwidth_share", default: 0.87)
        minimumChunk = read(group, "minimum_chunk_tokens", default: 128)
        picojoulesPerOperation = read(group, "pj_per_operation", default: read("gemm", "pj_per_operation", default: 0.7))
        residency = CacheResidency(effectiveCapacity: read(group, "cache_share", default: 0.35) * machine.cacheCapacity, sharpness: 2)
        intervals = ProjectionIntervals(read, group: group)
    }

    /// Whether keys and values are one latent vector whose value part is a prefix of it.
    static func applies(to shape: Attention) -> Bool { shape.sharesKeyAndValue && shape.headDimension != shape.valueHeadDimension }

    func project(_ shape: Attention, rate: MatrixRates.Rate, conditions: ExecutionConditions) -> OperatorProjection {
        let attended = Double(shape.window.map { min($0 + shape.queryTokens - 1, shape.keyValueTokens) } ?? shape.keyValueTokens)
        // Rows of one tile: 64, the height of a warp-group instruction.
        let rows = Double((shape.heads / shape.keyValueHeads * shape.queryTokens + 63) / 64 * 64)
        let units = Double(shape.batch) * Double(shape.keyValueHeads) * rows / 64
        let splits = max(1, min((machine.units / units).rounded(.down), (attended / minimumChunk).rounded(.up)))
        let waves = units * splits / machine.units
        let unique = shape.keyValueBytes.value
        let resident = residency.residentShare(
            operand: unique, resident: conditions.residentInput.value, reuseFootprint: conditions.inputReuseFootprint?.value)
        let traffic = (shape.bytesRead.value + shape.bytesWritten.value) * (1 - resident)
        let products = 2 * 64 * attended / splits * Double(shape.headDimension + shape.valueHeadDimension)
        let perCTA = products / (rate.operationsPerClock * issueShare * rate.clock)

        var breakdown = TimeBreakdown()
        breakdown[.launch] = launch.time(.other, kernels: splits > 1 ? 2 : 1, conditions.launch)
        breakdown[.fill] = fixed + ctaTime
        let kernelTime = breakdown.addOverlapped(
            [
                (.memoryBandwidth, traffic / (machine.memoryBandwidth * bandwidthShare)),
                (rate.engine == .matrix ? .matrixPipe : .vectorPipe, waves.rounded(.up) * perCTA),
            ], exponent: 4)
        if splits > 1 { breakdown[.extraPasses] += reduction }
        let time = breakdown.total
        let energy = shape.operations.value * picojoulesPerOperation + traffic * power.memoryPicojoulesPerByte
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: "latent decode, \(Int(splits)) parts", time: Seconds(microseconds: kernelTime), gridSize: Int(units * splits),
                    waves: waves)
            ],
            operations: shape.operations, memoryTraffic: Bytes(traffic),
            energy: power.budget == nil ? nil : Joules((power.idle * time.microseconds + energy) * 1e-12))
    }
}
