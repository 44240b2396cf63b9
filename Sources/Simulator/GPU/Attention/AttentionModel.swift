import Hardware
import Quantities
import Workload

/// Attention on a SIMT GPU: flash-style prefill, split-KV decode, latent attention.
///
/// An immutable value made once from a device and a software stack. Times inside are microseconds, clocks cycles per microsecond.
public struct AttentionModel: Sendable {
    private let rates: MatrixRates
    private let prefill: PrefillAttention
    private let decode: DecodeAttention
    private let prefillInterval: ResidualInterval
    private let decodeInterval: ResidualInterval

    /// - Throws: `missingNumber` when the architecture lacks what every GPU model needs.
    public init(architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let machine = try GPUMachine(architecture)
        let constants = DeviceConstants(architecture: architecture, stack: stack)
        let read = ConstantReader(constants)
        rates = MatrixRates(architecture)
        prefill = PrefillAttention(machine: machine, read: read)
        decode = DecodeAttention(machine: machine, read: read)
        prefillInterval = ResidualInterval(constants, group: "attention.prefill")
        decodeInterval = ResidualInterval(constants, group: "attention.decode")
    }

    /// Projects one fused attention operator.
    ///
    /// - Throws: `invalidShape` for a dimension below one; `unsupportedFormat` when the device cannot multiply the query's format or
    ///   hold the cache's.
    public func project(_ shape: Attention, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        try validate(shape)
        let rate = try rates.required(shape.query, for: "attention")
        if shape.keyValue != shape.query { try requireReadable(shape.keyValue) }
        switch shape.phase {
        case .prefill: return prefill.project(shape, rate: rate, conditions: conditions, interval: prefillInterval)
        case .decode: return decode.project(shape, rate: rate, conditions: conditions, interval: decodeInterval)
        }
    }

    private func validate(_ shape: Attention) throws(ProjectionError) {
        let dimensions = [
            ("batch", shape.batch), ("queryTokens", shape.queryTokens), ("keyValueTokens", shape.keyValueTokens), ("heads", shape.heads),
            ("keyValueHeads", shape.keyValueHeads), ("headDimension", shape.headDimension), ("valueHeadDimension", shape.valueHeadDimension),
            ("window", shape.window ?? 1),
        ]
        for (name, value) in dimensions where value < 1 {
            throw ProjectionError(.invalidShape, "attention with \(name) \(value); it must be at least 1")
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
            throw ProjectionError(.unsupportedFormat, "the device has no fp8 for the KV cache; int8 and fp16 work")
        default: _ = try rates.required(format, for: "the KV cache")
        }
    }
}
