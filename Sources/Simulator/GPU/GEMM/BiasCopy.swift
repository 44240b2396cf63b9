/// The kernel that spreads a bias over the output before the product adds to it, in libraries whose products take no bias of their own.
///
/// PyTorch does so on rocBLAS (`addmm` with beta 1); cuBLASLt adds the bias in the product's epilogue.
struct BiasCopy: Sendable {
    private let machine: GPUMachine
    private let constants: StreamingConstants
    private let residentCapacity: Double
    /// Whether the stack launches it at all.
    let isLaunched: Bool

    init(machine: GPUMachine, read: ConstantReader) {
        self.machine = machine
        constants = StreamingConstants(read, group: "elementwise")
        residentCapacity = read("elementwise", "resident_cache_share", default: 0.5) * machine.cacheCapacity
        isLaunched = read("gemm", "bias_is_copied", default: 0) > 0
    }

    /// Microseconds, and bytes to memory, of writing an output of so many bytes once.
    func time(outputBytes: Double) -> (time: Double, traffic: Double) {
        let onChip = outputBytes < residentCapacity
        let rate = onChip ? machine.cacheBandwidth * constants.cacheShare : machine.memoryBandwidth * constants.bandwidthShare
        return (constants.kernelLatency + outputBytes / rate, onChip ? 0 : outputBytes)
    }
}
