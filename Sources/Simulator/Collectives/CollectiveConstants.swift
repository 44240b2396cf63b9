import Hardware

/// Constants of collectives, read once. Defaults by fabric: the nearest measured kind (NVSwitch of A100, H100 and B200 nodes, PCIe of
/// L40S nodes; nccl-tests rows of aiconfigurator).
struct CollectiveConstants: Sendable {
    /// Launch and rendezvous, µs.
    var launch: Double
    /// One dependent hop with LL, µs.
    var hop: Double
    /// Shares of the link that payload reaches.
    var lowLatencyShare: Double
    var lowLatency128Share: Double
    var simpleShare: Double
    /// What a protocol costs more than LL, µs in all and per hop.
    var lowLatency128Extra: Double
    var lowLatency128Hop: Double
    var simpleExtra: Double
    var simpleHop: Double
    /// Rate of the local copy of the own chunk over the link's.
    var copyRate: Double
    /// In-switch reduction: buffer bytes over link bytes, nil where switches cannot reduce; and its fixed cost, µs.
    var inSwitchShare: Double?
    var inSwitchExtra: Double
    /// Direct exchange (all-to-all).
    var directShare: Double
    var directExtra: Double
    /// Bytes per peer up to which all-to-all uses LL.
    var directLowLatencyLimit: Double
    /// Host bridge shared by all devices of a PCIe tree, bytes per µs.
    var hostBandwidth: Double?
    /// What is left of it when the group spans two sockets.
    var secondSocketShare: Double
    /// Between nodes: µs a hop, share of the adapter's rate.
    var networkHop: Double
    var networkShare: Double

    init(_ read: ConstantReader, fabric: LinkTopology.Fabric, path: Multiprocessor.OperandPath?) {
        let group = "collective"
        let isTree = fabric == .hostTree
        let canReduce = fabric == .switched && (path == .bulkTensorCopy || path == .tensorMemory)
        launch = read(group, "launch_us", default: isTree ? 6.5 : 7)
        hop = read(group, "hop_us", default: 0.75)
        lowLatencyShare = read(group, "ll_wire_share", default: 0.26)
        lowLatency128Share = read(group, "ll128_wire_share", default: isTree ? 0.29 : 0.6)
        simpleShare = read(group, "simple_wire_share", default: isTree ? 0.64 : 0.78)
        lowLatency128Extra = read(group, "ll128_us", default: isTree ? 1 : 13)
        lowLatency128Hop = read(group, "ll128_hop_us", default: isTree ? 0.95 : 0.3)
        simpleExtra = read(group, "simple_us", default: isTree ? 0 : 40)
        simpleHop = read(group, "simple_hop_us", default: isTree ? 0.9 : 2)
        copyRate = read(group, "copy_rate", default: isTree ? 5 : 2.3)
        inSwitchShare = read.stated(group, "in_switch_share") ?? (canReduce ? 0.3 : nil)
        inSwitchExtra = read(group, "in_switch_us", default: 15)
        directShare = read(group, "direct_wire_share", default: 0.65)
        directExtra = read(group, "direct_us", default: 7)
        directLowLatencyLimit = read(group, "direct_ll_bytes", default: 16384)
        hostBandwidth = (read.stated(group, "host_bridge_gb_per_second") ?? (isTree ? 17.3 : nil)).map { $0 * 1e3 }
        secondSocketShare = read(group, "second_socket_share", default: isTree ? 0.6 : 1)
        networkHop = read(group, "network_hop_us", default: 3)
        networkShare = read(group, "network_share", default: 0.85)
    }
}
