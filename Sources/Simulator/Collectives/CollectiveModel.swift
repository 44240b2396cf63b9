import Foundation
import Hardware
import Quantities
import Workload

/// Collectives as NCCL-like libraries run them: rings under three protocols, in-switch reduction, direct exchange; the fastest is taken.
///
/// Every way costs launch and rendezvous, a latency per dependent hop, its wire bytes at the share of the link that its protocol leaves for
/// payload, and for gathers, scatters and exchanges the local copy of the chunk a rank already owns (docs/model.md, collectives).
public struct CollectiveModel: Sendable {
    private let device: String
    /// Cores of a device that take part in collectives one by one: each is a stop of a ring.
    private let ranksPerDevice: Int
    private let topology: LinkTopology
    private let constants: CollectiveConstants
    private let launch: LaunchModel
    private let intervals: ProjectionIntervals
    /// Static power and energy of memory traffic; nil where the device is no GPU or states no power.
    private let power: PowerLimit?
    /// Picojoules of one byte over a link.
    private let linkEnergy: Double

    /// - Parameter topology: wiring of the node and its network; nil for the device's usual server.
    /// - Throws: `missingNumber` when the device states no link.
    public init(architecture: Architecture, stack: SoftwareStack, topology: LinkTopology? = nil) throws(ProjectionError) {
        let read = ConstantReader(DeviceConstants(architecture: architecture, stack: stack))
        var wiring: LinkTopology
        if let topology { wiring = topology } else { wiring = try LinkTopology(architecture: architecture) }
        if wiring.networkBandwidth == nil, let network = read.stated("collective", "network_gb_per_second_per_device") {
            wiring.networkBandwidth = BytesPerSecond(network * 1e9)
            wiring.devicesPerAdapter = max(1, Int(read("collective", "network_devices_per_adapter", default: 1)))
            wiring.nodeNetworkBandwidth = read.stated("collective", "network_gb_per_second_per_node").map { BytesPerSecond($0 * 1e9) }
        }
        ranksPerDevice = max(1, Int(read("collective", "ranks_per_device", default: 1)))
        device = architecture.id
        self.topology = wiring
        constants = CollectiveConstants(read, wiring: wiring, path: architecture.multiprocessor?.operandPath)
        launch = LaunchModel(stack: stack, read: read)
        intervals = ProjectionIntervals(read, group: "collective")
        let machine = try? GPUMachine(architecture)
        power = machine.map { PowerLimit($0, read) }.flatMap { $0.budget == nil ? nil : $0 }
        // 8 pJ a bit at both ends together: board-level serial links of 25 to 100 Gbit/s a lane (estimated from published PHY figures).
        linkEnergy = read("collective", "link_pj_per_byte", default: 64)
    }

    /// Projects one collective.
    ///
    /// - Throws: `invalidShape` for a group or size below one; `missingNumber` when the group spans nodes and no network is stated.
    public func project(_ shape: Collective, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        guard shape.devices >= 1, shape.devicesPerNode >= 1, shape.bytes >= 0 else {
            throw ProjectionError(
                .invalidShape, "collective of \(shape.bytes) bytes among \(shape.devices) devices, \(shape.devicesPerNode) a node")
        }
        guard shape.devices > 1 else { return projection(shape, name: "alone", breakdown: TimeBreakdown()) }
        let local = min(shape.devices, shape.devicesPerNode)
        let nodes = (shape.devices + local - 1) / local
        var networkRate: Double?
        if nodes > 1 {
            guard let network = topology.networkBandwidth, network > .zero else {
                throw ProjectionError(
                    .missingNumber, "the group spans \(nodes) nodes of \(device) and no network between them is stated; give a server type or a network bandwidth")
            }
            let adapters = Double((local + topology.devicesPerAdapter - 1) / topology.devicesPerAdapter)
            let node = topology.nodeNetworkBandwidth?.bytesPerMicrosecond ?? .infinity
            networkRate = min(network.bytesPerMicrosecond * adapters, node) * constants.networkShare
        }
        var name = ""
        var best = TimeBreakdown()
        var shortest = Double.infinity
        forEachCandidate(shape, local: local, nodes: nodes) { candidate in
            var breakdown = TimeBreakdown()
            breakdown[.launch] = launch.time(.other, kernels: 1, conditions.launch)
            breakdown[.linkLatency] = constants.rendezvous + candidate.latency
            // What leaves a node does so over its adapters while the ring or the chain runs inside the node.
            breakdown[.linkBandwidth] = max(candidate.wire, networkRate.map { candidate.networkBytes / $0 } ?? 0)
            breakdown[.extraPasses] = candidate.copy
            let time = breakdown.total.microseconds
            guard time < shortest else { return }
            (name, best, shortest) = (candidate.name, breakdown, time)
        }
        return projection(shape, name: name, breakdown: best)
    }

    private struct Candidate {
        var name: String
        /// Microseconds.
        var latency: Double
        var wire: Double
        var copy: Double
        /// Bytes that each node sends to others, flags of the protocol included.
        var networkBytes: Double
    }

    private func forEachCandidate(_ shape: Collective, local: Int, nodes: Int, _ body: (Candidate) -> Void) {
        let link = topology.ringBandwidth(devices: local)
        let bridge = topology.sharesHost(devices: local) ? constants.hostBandwidth.map { $0 / Double(local) } : nil
        let shared = bridge.map { $0 * (local > 4 ? constants.secondSocketShare : 1) }
        let sharedLowLatency = bridge.map {
            $0 * constants.lowLatencyHostShare * (local > 4 ? constants.lowLatencySecondSocketShare : 1)
        }
        let hops = Self.hops(shape.pattern, devices: shape.devices * ranksPerDevice)
        let peers = shape.pattern == .allToAll ? constants.directPeer * Double(shape.devices - 2) : 0
        let networkHops = Double(nodes > 1 ? (shape.pattern == .allReduce ? 2 : 1) * (nodes - 1) : 0) * constants.networkHop
        let halved = shape.pattern == .allReduce && shape.devices == 2 ? constants.pairShare : 1
        let wire = local > 1 ? shape.wireBytesPerRank / halved : 0
        let copiesOwnChunk = shape.pattern == .allGather || shape.pattern == .reduceScatter || shape.pattern == .allToAll
        let copy = copiesOwnChunk ? Double(shape.bytes) / Double(shape.devices) / (constants.copyRate * link) : 0
        /// - Parameter payload: share of the shared host bridge that carries data under this protocol.
        func candidate(_ name: String, _ way: CollectiveConstants.Way, payload: Double, copies: Bool = true) -> Candidate {
            let rate = min(way.wireShare * link, shared.map { $0 * payload } ?? .infinity)
            return Candidate(
                name: name, latency: way.extra + way.hop * hops + peers + networkHops, wire: wire / rate, copy: copies ? copy : 0,
                networkBytes: shape.wireBytesPerRank)
        }
        func lowLatency(_ name: String, _ way: CollectiveConstants.Way) -> Candidate {
            Candidate(
                name: name, latency: way.extra + way.hop * hops + peers + networkHops,
                wire: wire / min(way.wireShare * link, sharedLowLatency ?? .infinity), copy: 0, networkBytes: 2 * shape.wireBytesPerRank)
        }
        let perRank = Double(shape.bytes) / Double(shape.devices)
        body(lowLatency("LL, few channels", constants.lowLatencyFew))
        if shape.pattern == .allToAll || shape.pattern == .sendReceive {
            if perRank <= constants.directLowLatencyLimit {
                body(lowLatency("LL", constants.lowLatency))
                if constants.directMustUseLowLatency && local > 2 { return }
            }
            // With several peers each has few channels until messages are large; a single one has all of them at once.
            if shape.pattern == .sendReceive {
                let way = CollectiveConstants.Way(
                    wireShare: constants.sendShare, extra: constants.directFew.extra, hop: constants.directFew.hop)
                body(candidate("direct, one peer", way, payload: 1))
            } else {
                body(candidate("direct, few channels", constants.directFew, payload: 1))
                body(candidate("direct, all channels", constants.directAll, payload: constants.directHostFactor))
            }
            return
        }
        body(lowLatency("LL", constants.lowLatency))
        let staysLowLatency = shape.pattern == .allReduce ? constants.lowLatencyOnlyAllReduce : constants.lowLatencyOnly
        if local > 2 && perRank <= staysLowLatency { return }
        body(candidate("ring LL128", constants.lowLatency128, payload: 120.0 / 128))
        body(candidate("ring Simple", constants.simple, payload: 1))
        if nodes > 1, shape.pattern == .allReduce {
            // Two binary trees among nodes, chains inside: half the buffer climbs and half descends, whatever the number of nodes.
            var tree = candidate("tree Simple", constants.simple, payload: 1)
            tree.networkBytes = Double(shape.bytes)
            tree.wire *= local > 1 ? Double(shape.bytes) / shape.wireBytesPerRank : 0
            body(tree)
        }
        // Switches add floating-point numbers of 16 bits and more (PTX `multimem.ld_reduce`), no bytes.
        if let share = constants.inSwitchShare, shape.pattern == .allReduce, local > 4, nodes == 1, Self.switchesAdd(shape.format) {
            body(
                Candidate(
                    name: "in-switch reduction", latency: constants.inSwitchExtra, wire: Double(shape.bytes) / (share * link), copy: 0,
                    networkBytes: 0))
        }
    }

    private static func switchesAdd(_ format: NumberFormat) -> Bool {
        switch format {
        case .fp16, .bf16, .fp32, .fp64: true
        default: false
        }
    }

    /// Dependent hops of a ring.
    private static func hops(_ pattern: Collective.Pattern, devices: Int) -> Double {
        switch pattern {
        case .allReduce: 2 * Double(devices - 1)
        case .allGather, .reduceScatter, .broadcast: Double(devices - 1)
        case .allToAll, .sendReceive: 1
        }
    }

    private func projection(_ shape: Collective, name: String, breakdown: TimeBreakdown) -> OperatorProjection {
        let time = breakdown.total
        let traffic = shape.devices > 1 ? shape.bytesRead + shape.bytesWritten : .zero
        let energy = power.map {
            $0.idle * time.microseconds + traffic.value * $0.memoryPicojoulesPerByte + shape.wireBytesPerRank * linkEnergy
        }
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds),
            kernels: shape.devices > 1 ? [KernelProjection(name: "\(shape.pattern.rawValue), \(name)", time: time, gridSize: 0, waves: 0)] : [],
            operations: shape.operations, memoryTraffic: traffic, energy: energy.map { Joules($0 * 1e-12) })
    }
}
