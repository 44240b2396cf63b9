import Foundation
import Hardware
import Quantities
import Workload

/// Collectives as NCCL-like libraries run them: rings with three protocols, in-switch reduction, direct exchange; the fastest is taken.
///
/// Protocols: LL sends 4 bytes of data with a 4-byte flag (lowest latency, half the wire), LL128 120 of 128 bytes, Simple whole
/// buffers with fences between them (NCCL documentation; Hu et al., "Demystifying NCCL", 2025).
public struct CollectiveModel: Sendable {
    private let device: String
    private let topology: LinkTopology
    private let constants: CollectiveConstants
    private let interval: ResidualInterval

    /// - Throws: `missingNumber` when the device states no link.
    public init(
        architecture: Architecture, stack: SoftwareStack, topology: LinkTopology? = nil
    ) throws(ProjectionError) {
        let lookup = DeviceConstants(architecture: architecture, stack: stack)
        var wiring: LinkTopology
        if let topology { wiring = topology } else { wiring = try LinkTopology(architecture: architecture) }
        let read = ConstantReader(lookup)
        if wiring.networkBandwidth == nil, let network = read.stated("collective", "network_gb_per_second_per_device") {
            wiring.networkBandwidth = BytesPerSecond(network * 1e9)
        }
        device = architecture.id
        self.topology = wiring
        constants = CollectiveConstants(read, fabric: wiring.fabric, path: architecture.multiprocessor?.operandPath)
        interval = ResidualInterval(lookup, group: "collective")
    }

    /// Projects one collective.
    ///
    /// - Throws: `invalidShape` for a group or size below one; `missingNumber` when the group spans nodes and no network is stated.
    public func project(_ shape: Collective, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        guard shape.devices >= 1, shape.devicesPerNode >= 1, shape.bytes >= 0 else {
            throw ProjectionError(
                .invalidShape, "collective of \(shape.bytes) bytes among \(shape.devices) devices, \(shape.devicesPerNode) a node")
        }
        guard shape.devices > 1 else { return alone(shape) }
        let local = min(shape.devices, shape.devicesPerNode)
        let nodes = (shape.devices + local - 1) / local
        var networkTime = 0.0
        if nodes > 1 {
            guard let network = topology.networkBandwidth, network > .zero else {
                throw ProjectionError(
                    .missingNumber, "the group spans \(nodes) nodes of \(device) and the network bandwidth of a device is not stated")
            }
            // Every node sends its devices' wire bytes once over its own adapters.
            networkTime = shape.wireBytesPerRank / (network.bytesPerMicrosecond * constants.networkShare * Double(local))
        }
        var best: (name: String, breakdown: TimeBreakdown)?
        for candidate in candidates(shape, local: local, nodes: nodes) {
            var breakdown = TimeBreakdown()
            breakdown[.launch] += constants.launch
            breakdown[.linkLatency] += candidate.latency
            breakdown[.linkBandwidth] += max(candidate.wire, networkTime)
            breakdown[.extraPasses] += candidate.copy
            if breakdown.total < best?.breakdown.total ?? Seconds(.infinity) { best = (candidate.name, breakdown) }
        }
        guard let best else { return alone(shape) }
        return projection(shape, name: best.name, breakdown: best.breakdown)
    }

    private struct Candidate {
        var name: String
        /// Microseconds.
        var latency: Double
        var wire: Double
        var copy: Double
    }

    private func candidates(_ shape: Collective, local: Int, nodes: Int) -> [Candidate] {
        let link = topology.ringBandwidth(devices: local, hostShare: constants.hostBandwidth) * (local > 4 ? constants.secondSocketShare : 1)
        let wire = local > 1 ? shape.wireBytesPerRank : 0
        let hops = Self.hops(shape.pattern, devices: shape.devices)
        let networkHops = Double(nodes > 1 ? (shape.pattern == .allReduce ? 2 : 1) * (nodes - 1) : 0) * constants.networkHop
        // The chunk that a rank already owns is copied locally from the input to the output buffer.
        let own = shape.pattern == .allReduce ? 0 : Double(shape.bytes) / Double(shape.devices)
        let copy = own / (constants.copyRate * link)
        func make(_ name: String, latency: Double, hop: Double, share: Double, copies: Bool) -> Candidate {
            Candidate(name: name, latency: latency + hop * hops + networkHops, wire: wire / (share * link), copy: copies ? copy : 0)
        }
        if shape.pattern == .allToAll {
            let perPeer = Double(shape.bytes) / Double(shape.devices)
            let direct = make("direct simple", latency: constants.directExtra, hop: constants.hop, share: constants.directShare, copies: true)
            guard perPeer <= constants.directLowLatencyLimit else { return [direct] }
            return [direct, make("direct LL", latency: 0, hop: constants.hop, share: constants.lowLatencyShare, copies: false)]
        }
        var all = [
            make("ring LL", latency: 0, hop: constants.hop, share: constants.lowLatencyShare, copies: false),
            make(
                "ring LL128", latency: constants.lowLatency128Extra, hop: constants.lowLatency128Hop, share: constants.lowLatency128Share,
                copies: true),
            make("ring Simple", latency: constants.simpleExtra, hop: constants.simpleHop, share: constants.simpleShare, copies: true),
        ]
        if let share = constants.inSwitchShare, shape.pattern == .allReduce, local > 4, nodes == 1 {
            let wire = Double(shape.bytes) / (share * link)
            all.append(Candidate(name: "in-switch reduction", latency: constants.inSwitchExtra, wire: wire, copy: 0))
        }
        return all
    }

    /// Dependent hops of a ring.
    private static func hops(_ pattern: Collective.Pattern, devices: Int) -> Double {
        switch pattern {
        case .allReduce: 2 * Double(devices - 1)
        case .allGather, .reduceScatter, .broadcast: Double(devices - 1)
        case .allToAll, .sendReceive: 1
        }
    }

    private func alone(_ shape: Collective) -> OperatorProjection {
        projection(shape, name: "none", breakdown: TimeBreakdown())
    }

    private func projection(_ shape: Collective, name: String, breakdown: TimeBreakdown) -> OperatorProjection {
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: interval.around(microseconds: time.microseconds),
            kernels: [KernelProjection(name: "\(shape.pattern.rawValue) \(name)", time: time, gridSize: 0, waves: 0)],
            operations: shape.operations, memoryTraffic: shape.devices > 1 ? shape.bytesRead + shape.bytesWritten : .zero)
    }
}
