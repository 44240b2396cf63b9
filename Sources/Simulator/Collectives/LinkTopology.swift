import Hardware
import Quantities

/// How the devices of one node are wired, and what of its links a device can use in a group of a given size.
public struct LinkTopology: Hashable, Sendable {
    public enum Fabric: Hashable, Sendable {
        /// Every link goes to switches: any device reaches any other at full rate (NVSwitch).
        case switched
        /// Links are spread evenly over the other devices of the node (xGMI of MI300X, Gaudi).
        case fullyConnected
        /// Links form a cube mesh, several to each neighbour (NVLink of DGX-1, Infinity Fabric of MI100 to MI250).
        case mesh
        /// Links join devices in pairs; pairs meet over the host's PCIe (NVLink bridges).
        case pairs
        /// One PCIe link a device into a tree of switches and root ports shared by the node.
        case hostTree
        /// A torus of this many dimensions with two links in each (TPU).
        case torus(dimensions: Int)
    }

    public var fabric: Fabric
    /// All links of one device, one direction.
    public var bandwidthPerDirection: BytesPerSecond
    /// Devices in one node, where the fabric's share per peer depends on it.
    public var devicesPerNode: Int
    /// The host link of one device, one direction; nil where unknown.
    public var hostBandwidth: BytesPerSecond?
    /// Network of one adapter towards other nodes, one direction; nil where unknown.
    public var networkBandwidth: BytesPerSecond?
    /// Devices that share an adapter; 1 where each has its own.
    public var devicesPerAdapter = 1
    /// One hop inside the node; nil where unknown.
    public var hopLatency: Seconds?
    /// From device memory to device memory in another node, without the library that posts the transfer; nil where unknown.
    public var networkLatency: Seconds?
    /// What all adapters of a node carry together, one direction; nil where they do not limit one another.
    public var nodeNetworkBandwidth: BytesPerSecond?

    public init(
        fabric: Fabric, bandwidthPerDirection: BytesPerSecond, devicesPerNode: Int = 8, hostBandwidth: BytesPerSecond? = nil,
        networkBandwidth: BytesPerSecond? = nil
    ) {
        self.fabric = fabric
        self.bandwidthPerDirection = bandwidthPerDirection
        self.devicesPerNode = devicesPerNode
        self.hostBandwidth = hostBandwidth
        self.networkBandwidth = networkBandwidth
    }

    /// The wiring of a device's usual server.
    ///
    /// - Throws: `missingNumber` when neither links nor a host link are stated; `unsupportedOperator` for a topology we do not model.
    public init(architecture: Architecture, devicesPerNode: Int = 8, networkBandwidth: BytesPerSecond? = nil) throws(ProjectionError) {
        let host = architecture.host?.bandwidthPerDirection.value
        guard let interconnect = architecture.interconnect, interconnect.bandwidthPerDirection.value > .zero else {
            guard let host, host > .zero else {
                throw ProjectionError(.missingNumber, "\(architecture.id) states neither links to its peers nor a host link")
            }
            self.init(
                fabric: .hostTree, bandwidthPerDirection: host, devicesPerNode: devicesPerNode, hostBandwidth: host,
                networkBandwidth: networkBandwidth)
            hopLatency = architecture.host?.link?.hopLatency(topology: "pcie-tree")?.value ?? architecture.host?.latency?.value
            return
        }
        guard let fabric = Self.fabric(named: interconnect.topology) else {
            throw ProjectionError(
                .unsupportedOperator,
                "\(architecture.id) has the topology '\(interconnect.topology)'; modelled are \(Self.names.map(\.name).joined(separator: ", "))")
        }
        self.init(
            fabric: fabric, bandwidthPerDirection: interconnect.bandwidthPerDirection.value, devicesPerNode: devicesPerNode,
            hostBandwidth: host, networkBandwidth: networkBandwidth)
        hopLatency = interconnect.latency?.value
    }

    /// The wiring of a type of server: links inside it, adapters of each device towards others.
    ///
    /// - Parameter architecture: the device in it, whose host link serves where links do not reach.
    /// - Throws: `unsupportedOperator` for a topology that is not modelled.
    public init(system: ServerSystem, architecture: Architecture) throws(ProjectionError) {
        guard let fabric = Self.fabric(named: system.scaleUp.topology) else {
            throw ProjectionError(
                .unsupportedOperator,
                "\(system.id) has the topology '\(system.scaleUp.topology)'; modelled are \(Self.names.map(\.name).joined(separator: ", "))")
        }
        self.init(
            fabric: fabric, bandwidthPerDirection: system.scaleUp.bandwidthPerDirection.value, devicesPerNode: system.devices,
            hostBandwidth: architecture.host?.bandwidthPerDirection.value,
            networkBandwidth: system.scaleOut?.bandwidthPerDirection.value)
        hopLatency = system.scaleUp.latency?.value
        networkLatency = system.scaleOut?.latency?.value
    }

    private static let names: [(name: String, fabric: Fabric)] = [
        ("nvswitch", .switched), ("switched", .switched), ("fully-connected", .fullyConnected), ("nvlink-mesh", .mesh), ("xgmi-mesh", .mesh),
        ("ladder", .mesh), ("mesh-2d", .torus(dimensions: 2)), ("nvlink-bridge", .pairs), ("nvlink-pairs", .pairs), ("socket-pair", .pairs), ("pcie-tree", .hostTree),
        ("ring", .torus(dimensions: 1)), ("torus-2d", .torus(dimensions: 2)), ("torus-3d", .torus(dimensions: 3)),
        ("torus-6d", .torus(dimensions: 6)), ("dragonfly", .switched), ("network", .switched),
    ]

    private static func fabric(named name: String) -> Fabric? { names.first { $0.name == name }?.fabric }

    /// Whether a group in one node meets over the host's PCIe bridges, which all its devices share.
    func sharesHost(devices: Int) -> Bool {
        fabric == .hostTree && devices > 2
    }

    /// Bytes per microsecond that one device can send to its peers in a group of `devices` in one node, all links that lead to them.
    func ringBandwidth(devices: Int) -> Double {
        let all = bandwidthPerDirection.bytesPerMicrosecond
        let peers = Double(max(1, devices - 1))
        switch fabric {
        case .switched, .hostTree: return all
        case .fullyConnected: return all * min(1, peers / Double(max(1, devicesPerNode - 1)))
        case .mesh:
            // About four neighbours, a third of the links to the nearest one (DGX-1V: two of six).
            return all * min(1, peers / 3)
        // A ring through several pairs crosses the host between them, each device on its own link.
        case .pairs: return devices > 2 ? min(all, hostBandwidth?.bytesPerMicrosecond ?? all) : all
        case .torus(let dimensions):
            // A group along one dimension uses the two links of that dimension; one that spans all dimensions uses all.
            return devices >= 1 << (2 * min(dimensions, 6)) ? all : all / Double(dimensions)
        }
    }
}
