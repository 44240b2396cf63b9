import Hardware
import Workload

/// Passes over the activations before a low-precision product.
struct QuantisationPasses: Sendable {
    /// Microseconds of the kernels' fixed cost (absolute maximum, scale, cast), each scheme its own.
    let fixed: Double
    /// Bytes read and written per element of the activations.
    let bytesPerElement: Double
    let kernels: Int
    private let machine: GPUMachine
    private let constants: StreamingConstants
    private let residentShare: Double

    init(path: KernelPath, machine: GPUMachine, read: ConstantReader) {
        self.machine = machine
        constants = StreamingConstants(read, group: path.group + ".quantise")
        residentShare = 0.7 * read(path.group, "resident_cache_share", default: 0.5)
        // The absolute maximum reads 2 bytes an element; the cast reads 2 and writes the format's own, with its scales.
        (bytesPerElement, kernels) = switch path {
        case .fp8Tensor: (5, 3)
        case .fp8Static: (3, 1)
        case .fp8Block: (3.03, 1)
        case .mxfp8: (3.03, 1)
        case .fp4: (2.56, 1)
        default: (0, 0)
        }
        let standard: Double = switch path {
        case .fp8Tensor: 10
        case .fp8Static: 10
        case .fp8Block, .mxfp8: 2.4
        case .fp4: 4
        default: 0
        }
        fixed = kernels == 0 ? 0 : read(path.group, "quantise_us", default: standard)
    }

    /// Microseconds for `elements` activations of two bytes each.
    func time(elements: Double) -> (time: Double, traffic: Double) {
        guard kernels > 0 else { return (0, 0) }
        let bytes = bytesPerElement * elements
        let onChip = 2 * elements < residentShare * machine.cacheCapacity
        let rate = onChip ? machine.cacheBandwidth * constants.cacheShare : machine.memoryBandwidth * constants.bandwidthShare
        return (fixed + bytes / rate, onChip ? 0 : bytes)
    }
}
