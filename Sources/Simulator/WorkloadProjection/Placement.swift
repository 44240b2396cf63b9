import Hardware
import Quantities
import Workload

/// Where a workload lies when the main memory of a device may be too small for it.
public enum Placement: Hashable, Sendable {
    /// In main memory.
    case resident
    /// In part in slower memory behind the main one, from where this share of the weights and cached keys and values is read in every pass.
    case streamed(share: Double)
    /// Spread over this many devices, layers one after another: each operator runs on one of them while the others wait, and activations are
    /// handed over from one to the next.
    case inSeries(devices: Int)

    /// The placement of a workload: in main memory if it fits; else on one device with its backing memory; else over several devices.
    public init(of workload: Workload, on architecture: Architecture) {
        let required = workload.memory.total
        let capacity = architecture.memory.capacity.value
        guard required > capacity else {
            self = .resident
            return
        }
        let stored = workload.memory.weights + workload.memory.keyValueCache
        if let backing = architecture.backingMemory, required <= capacity + backing.capacity.value, stored > .zero {
            self = .streamed(share: min(1, (required - capacity) / stored))
        } else {
            self = .inSeries(devices: Self.devices(for: required, of: capacity))
        }
    }

    /// Devices whose main memories together hold some bytes.
    public static func devices(for required: Bytes, of capacity: Bytes) -> Int {
        guard capacity > .zero else { return 1 }
        return max(1, Int(min(1e9, (required / capacity).rounded(.up))))
    }

    /// Devices that the workload lies on, one after another.
    public var devicesInSeries: Int {
        if case .inSeries(let devices) = self { devices } else { 1 }
    }

    /// Share of the weights and cached keys and values that backing memory holds.
    public var streamedShare: Double {
        if case .streamed(let share) = self { share } else { 0 }
    }

    /// The sends that a pass over devices in series adds; nil where there are none, or where no link is stated.
    ///
    /// GPUs and CPUs are projected as if one device held everything: they have tensor and pipeline parallelism to ask for, and the result says
    /// that the workload does not fit.
    func handOver(in phase: WorkloadPhase, on architecture: Architecture) -> PlacedOperator? {
        guard case .inSeries(let devices) = self, devices > 1, architecture.interconnect != nil else { return nil }
        guard architecture.deviceClass != .simtGPU, architecture.deviceClass != .cpu else { return nil }
        // The residual stream: what the norms work on.
        let norm = phase.operators.lazy.compactMap { item -> Rowwise? in
            if case .rowwise(let norm) = item.shape, norm.function != .softmax { norm } else { nil }
        }.first
        guard let norm else { return nil }
        let bytes = Int((norm.elements * norm.format.bytesPerElement).rounded(.up))
        let send = Collective(.sendReceive, devices: 2, bytes: bytes, format: norm.format)
        return PlacedOperator(name: "hand-over", shape: .collective(send), count: devices - 1)
    }
}
