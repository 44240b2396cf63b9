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
    /// Network of one device towards other nodes, one direction; nil where unknown.
    public var networkBandwidth: BytesPerSecond?

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
    }

    private static let names: [(name: String, fabric: Fabric)] = [
        ("nvswitch", .switched), ("switched", .switched), ("fully-connected", .fullyConnected), ("nvlink-mesh", .mesh), ("mesh", .mesh),
        ("hypercube-mesh", .mesh), ("nvlink-bridge", .pairs), ("pairwise", .pairs), ("pcie-tree", .hostTree), ("pcie", .hostTree),
        ("ring", .torus(dimensions: 1)), ("torus-2d", .torus(dimensions: 2)), ("torus-3d", .torus(dimensions: 3)),
    ]

    private static func fabric(named name: String) -> Fabric? { names.first { $0.name == name }?.fabric }

    /// Bytes per microsecond that one device can send to its peers in a group of `devices` in one node, all paths of a ring together.
    ///
    /// - Parameter hostShare: bytes per microsecond of the host bridge that all devices of a PCIe tree share, nil if not the limit.
    func ringBandwidth(devices: Int, hostShare: Double?) -> Double {
        let all = bandwidthPerDirection.bytesPerMicrosecond
        let peers = Double(max(1, devices - 1))
        switch fabric {
        case .switched: return all
        case .fullyConnected: return all * min(1, peers / Double(max(1, devicesPerNode - 1)))
        case .mesh:
            // Each device has links to about four neighbours; a pair is joined by at most two of six.
            return all * min(1, peers / 3)
        case .pairs:
            guard devices > 2 else { return all }
            return min(all, hostBandwidth?.bytesPerMicrosecond ?? all)
        case .hostTree:
            guard devices > 2, let hostShare else { return all }
            return min(all, hostShare / Double(devices))
        case .torus(let dimensions):
            // A group that lies along one dimension uses the two links of that dimension; a whole slice uses all.
            return devices >= 1 << (2 * dimensions) ? all : all / Double(dimensions)
        }
    }
}
