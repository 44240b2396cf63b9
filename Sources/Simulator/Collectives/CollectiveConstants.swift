import Hardware
import Quantities

/// Constants of collectives, read once. Defaults by fabric: the nearest measured kind (NVSwitch nodes of A100, H100 and B200, PCIe nodes
/// of L40S; nccl-tests rows of aiconfigurator). A hop whose constant no calibration states takes the latency of the link technology.
struct CollectiveConstants: Sendable {
    /// A way to move data: payload share of the link, µs more than the launch in all and per dependent hop.
    struct Way: Sendable {
        var wireShare: Double
        var extra: Double
        var hop: Double
    }

    /// Rendezvous of the ranks beside the launch of the kernel, µs.
    var rendezvous: Double
    /// LL: 4 bytes of data with a 4-byte flag. LL128: 120 of 128 bytes. Simple: whole buffers with fences.
    var lowLatency: Way
    /// LL on the one or two channels that a few KB fill: starting the others costs more than they carry.
    var lowLatencyFew: Way
    var lowLatency128: Way
    var simple: Way
    /// Direct exchange of all-to-all on few channels (small) and on all (large).
    var directFew: Way
    var directAll: Way
    /// Payload share of a send to one peer, which needs neither reduction nor a copy between channels.
    var sendShare: Double
    /// Further µs of direct exchange for each peer beyond the first.
    var directPeer: Double
    /// What is left of the rate of an all-reduce between two devices, where every byte is both reduced and copied by the same channels.
    var pairShare: Double
    /// Bytes per rank up to which the library stays with LL although another way would be faster: gathers and scatters, all-reduce.
    var lowLatencyOnly: Double
    var lowLatencyOnlyAllReduce: Double
    /// Bytes per peer up to which direct exchange may use LL, and whether it then must.
    var directLowLatencyLimit: Double
    var directMustUseLowLatency: Bool
    /// Rate of the local copy of the own chunk over the link's.
    var copyRate: Double
    /// In-switch reduction: buffer bytes over link bytes, nil where switches cannot reduce; and its fixed cost, µs.
    var inSwitchShare: Double?
    var inSwitchExtra: Double
    /// Host bridge that all devices of a PCIe tree share, bytes per µs; how much more direct exchange gets from it; what is left of it
    /// when the group spans two sockets.
    var hostBandwidth: Double?
    var directHostFactor: Double
    var secondSocketShare: Double
    /// The same two for LL, whose small writes the bridge carries at another rate.
    var lowLatencyHostShare: Double
    var lowLatencySecondSocketShare: Double
    /// Between nodes: µs a hop, share of the adapter's rate.
    var networkHop: Double
    var networkShare: Double

    init(_ read: ConstantReader, wiring: LinkTopology, path: Multiprocessor.OperandPath?) {
        let fabric = wiring.fabric
        // Links of the devices' own and the host's PCIe tree behave too differently to share constants; both fall back to `collective`.
        let isTree = fabric == .hostTree
        let group = isTree ? "collective.host" : "collective.links"
        let canReduce = fabric == .switched && (path == .bulkTensorCopy || path == .tensorMemory)
        func way(_ name: String, _ share: Double, _ extra: Double, _ hop: Double) -> Way {
            Way(
                wireShare: read(group, name + "_wire_share", default: share), extra: read(group, name + "_us", default: extra),
                hop: read(group, name + "_hop_us", default: hop))
        }
        rendezvous = read(group, "rendezvous_us", default: 6)
        let link = wiring.hopLatency?.microseconds
        let hop = read(group, "hop_us", default: link ?? (isTree ? 0.6 : 0.8))
        lowLatency = Way(
            wireShare: read(group, "ll_wire_share", default: isTree ? 0.28 : 0.25), extra: read(group, "ll_us", default: isTree ? 0 : 2.5),
            hop: hop)
        lowLatencyFew = Way(
            wireShare: read(group, "ll_few_wire_share", default: 0.015), extra: 0, hop: read(group, "ll_few_hop_us", default: hop))
        // No protocol hands on faster than the link does.
        lowLatency128 = way("ll128", isTree ? 0.65 : 0.5, 10, max(link ?? 0, isTree ? 3 : 0.4))
        simple = way("simple", isTree ? 0.6 : 0.75, isTree ? 5 : 25, max(link ?? 0, isTree ? 0.5 : 2))
        directFew = way("direct_few", isTree ? 0.1 : 0.3, isTree ? 5 : 4, hop)
        directAll = way("direct", isTree ? 0.75 : 0.7, isTree ? 7.6 : 20, hop)
        sendShare = read(group, "send_wire_share", default: 0.8)
        directPeer = read(group, "direct_peer_us", default: 0.25)
        pairShare = read(group, "pair_share", default: isTree ? 1 : 0.85)
        lowLatencyOnly = read(group, "ll_bytes_per_rank", default: isTree ? 65536 : 0)
        lowLatencyOnlyAllReduce = read(group, "ll_bytes_per_rank_all_reduce", default: isTree ? 32768 : 0)
        directLowLatencyLimit = read(group, "direct_ll_bytes", default: isTree ? 65536 : 16384)
        directMustUseLowLatency = isTree
        copyRate = read(group, "copy_rate", default: isTree ? 10 : 2.2)
        inSwitchShare = canReduce ? read(group, "in_switch_share", default: 0.3) : nil
        inSwitchExtra = read(group, "in_switch_us", default: 15)
        hostBandwidth = isTree ? 1e3 * read(group, "host_bridge_gb_per_second", default: 20.3) : nil
        directHostFactor = read(group, "direct_host_factor", default: 1)
        secondSocketShare = read(group, "second_socket_share", default: isTree ? 0.51 : 1)
        lowLatencyHostShare = read(group, "ll_host_share", default: 0.75)
        lowLatencySecondSocketShare = read(group, "ll_second_socket_share", default: isTree ? 0.38 : 1)
        // The proxy of the library that posts a transfer takes 1 µs on Intel hosts and 2 on AMD's (NCCL, src/graph/tuning.cc, network overhead).
        let post = read(group, "network_post_us", default: 1)
        networkHop = read(group, "network_hop_us", default: wiring.networkLatency.map { $0.microseconds + post } ?? 3)
        networkShare = read(group, "network_share", default: 0.85)
    }
}
