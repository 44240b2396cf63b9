import Hardware
import Quantities
import Workload

/// The least time that the data sheet of a device allows for some operators: all arithmetic at the dense peak, or every weight and every cached
/// key and value once at the bandwidth of main memory, whichever is longer.
///
/// A published figure that beats it ran something else than its row says: speculative decoding, another format, more devices.
struct DataSheetFloor {
    private(set) var microseconds: Double

    /// Nil where weights may stay in on-chip memory from pass to pass, and where the data sheet lacks a peak.
    init?(_ workload: Workload, on architecture: Architecture) {
        let onChip = architecture.caches.reduce(0.0) { sum, cache in
            max(sum, cache.capacity.value.value * (cache.scope == .unit ? Double(architecture.compute.units.value) : 1))
        }
        var floor = 0.0
        for phase in workload.phases {
            var (compute, stored) = (0.0, 0.0)
            for item in phase.operators {
                guard let demand = Self.demand(of: item.shape, on: architecture) else { return nil }
                compute += demand.compute * Double(item.count)
                stored += demand.stored * Double(item.count)
            }
            let traffic = stored > onChip ? stored / architecture.memory.bandwidth.value.bytesPerMicrosecond : 0
            floor += max(compute, traffic) * Double(phase.repetitions)
        }
        microseconds = floor
    }

    /// Microseconds of arithmetic, and bytes that come from where weights and the cache lie.
    private static func demand(of shape: Operator, on architecture: Architecture) -> (compute: Double, stored: Double)? {
        let format: NumberFormat
        let stored: Double
        switch shape {
        case .matrixMultiply(let product): (format, stored) = (product.scheme.compute, product.hasWeights ? product.weightBytes.value : 0)
        case .attention(let attention): (format, stored) = (attention.query, attention.phase == .decode ? attention.keyValueBytes.value : 0)
        case .mixtureOfExperts(let layer): (format, stored) = (layer.scheme.compute, layer.bytesRead.value)
        default: return (0, 0)
        }
        // 16-bit operands may be widened where fp32 lanes are faster.
        let formats = format == .fp16 || format == .bf16 ? [format, .fp32] : [format]
        guard let peak = formats.compactMap({ architecture.peak($0) }).max() else { return nil }
        return (shape.operations.value / peak.operationsPerMicrosecond, stored)
    }
}
