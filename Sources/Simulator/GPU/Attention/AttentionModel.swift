import Hardware
import Quantities
import Workload

/// Fused attention on a SIMT GPU: flash-style prefill, split-KV decode with grouped and single-head kernels, latent decode.
///
/// An immutable value made once from a device and a software stack; it reads every constant then. Times inside are microseconds.
public struct AttentionModel: Sendable {
    private let device: String
    private let rates: MatrixRates
    /// One per kernel variant: 16-bit query and cache, 8-bit cache, 8-bit throughout, the same with heads of 64.
    private let prefill: [PrefillAttention]
    private let decode: [DecodeAttention]
    private let latent: LatentAttention
    private let fusesAttention: Bool

    /// - Throws: `missingNumber` when the architecture lacks what every GPU model needs.
    public init(architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let machine = try GPUMachine(architecture)
        let read = ConstantReader(DeviceConstants(architecture: architecture, stack: stack))
        let launch = LaunchModel(stack: stack, read: read)
        let power = PowerLimit(machine, read)
        device = architecture.id
        rates = MatrixRates(architecture)
        prefill = Variant.allCases.map { PrefillAttention(variant: $0, machine: machine, read: read, launch: launch, power: power) }
        decode = [false, true].map { DecodeAttention(isNarrow: $0, machine: machine, read: read, launch: launch, power: power) }
        latent = LatentAttention(machine: machine, read: read, launch: launch, power: power)
        fusesAttention = read("attention", "is_fused", default: 1) > 0.5
    }

    /// Kernel variants of prefill that libraries build apart, with the constant group of each.
    enum Variant: Int, CaseIterable, Sendable {
        case wide, narrowCache, narrow, narrowHead64

        var group: String {
            switch self {
            case .wide: "attention.prefill"
            case .narrowCache: "attention.prefill.kv8"
            case .narrow: "attention.prefill.fp8"
            case .narrowHead64: "attention.prefill.fp8.head64"
            }
        }

        init(_ shape: Attention) {
            if shape.query.bytesPerElement <= 1 {
                self = shape.headDimension <= 64 ? .narrowHead64 : .narrow
            } else {
                self = shape.keyValue.bytesPerElement <= 1 ? .narrowCache : .wide
            }
        }
    }

    /// Whether the stack runs this attention as one fused kernel; if not, `UnfusedAttention` says which operators it becomes.
    public func isFused(_ shape: Attention) -> Bool { fusesAttention }

    /// Projects one fused attention operator.
    ///
    /// - Throws: `invalidShape` for a dimension below one; `unsupportedFormat` when the device cannot multiply the query's format or
    ///   convert the cache's.
    public func project(_ shape: Attention, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        try Self.validate(shape)
        let rate = try multiplyRate(shape.query)
        if shape.keyValue != shape.query { try requireReadable(shape.keyValue) }
        switch shape.phase {
        case .prefill: return prefill[Variant(shape).rawValue].project(shape, rate: rate, conditions: conditions)
        // The backward kernel walks tiles of queries whatever their number.
        case .decode where shape.isBackward: return prefill[Variant(shape).rawValue].project(shape, rate: rate, conditions: conditions)
        case .decode:
            if LatentAttention.applies(to: shape) { return latent.project(shape, rate: rate, conditions: conditions) }
            return decode[shape.keyValue.bytesPerElement <= 1 ? 1 : 0].project(shape, rate: rate, conditions: conditions)
        }
    }

    /// The rate at which a format is multiplied: without tensor cores 16-bit operands are widened where fp32 lanes are faster (consumer Pascal
    /// multiplies fp16 64 times slower), as in products.
    private func multiplyRate(_ format: NumberFormat) throws(ProjectionError) -> MatrixRates.Rate {
        let rate = try rates.required(format, for: "attention")
        guard rate.engine == .vector, format == .fp16 || format == .bf16, let wide = rates[.fp32], wide.engine == .vector else { return rate }
        return wide.operationsPerClock > rate.operationsPerClock ? wide : rate
    }

    static func validate(_ shape: Attention) throws(ProjectionError) {
        let dimensions = [
            ("batch", shape.batch), ("query tokens", shape.queryTokens), ("key/value tokens", shape.keyValueTokens), ("heads", shape.heads),
            ("key/value heads", shape.keyValueHeads), ("head dimension", shape.headDimension),
            ("value head dimension", shape.valueHeadDimension), ("window", shape.window ?? 1),
        ]
        for (name, value) in dimensions where value < 1 {
            throw ProjectionError(.invalidShape, "attention with \(name) \(value); at least 1 is needed")
        }
        guard shape.keyValueTokens >= shape.queryTokens || !shape.isCausal else {
            throw ProjectionError(
                .invalidShape,
                "causal attention of \(shape.queryTokens) query tokens over \(shape.keyValueTokens) tokens; tokens attended include the new ones")
        }
        guard shape.heads >= shape.keyValueHeads else {
            throw ProjectionError(.invalidShape, "attention with \(shape.heads) query heads for \(shape.keyValueHeads) key/value heads")
        }
    }

    /// A cache format is readable when the device converts it in hardware: 16 and 32 bit and int8 everywhere, fp8 and 4-bit floats
    /// where an engine multiplies them.
    private func requireReadable(_ format: NumberFormat) throws(ProjectionError) {
        switch format {
        case .fp16, .bf16, .fp32, .int8: return
        case .fp8e4m3, .fp8e5m2:
            if rates[.fp8e4m3] != nil || rates[.fp8e5m2] != nil { return }
            throw ProjectionError(.unsupportedFormat, "\(device) has no \(format.rawValue) for the KV cache; int8, fp16 and bf16 work")
        default: _ = try rates.required(format, for: "the KV cache")
        }
    }
}
