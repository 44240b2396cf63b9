import Quantities

/// Communication among the devices of one group.
public struct Collective: OperatorShape {
    public enum Pattern: String, Hashable, Sendable, CaseIterable {
        case allReduce = "all_reduce"
        case allGather = "all_gather"
        case reduceScatter = "reduce_scatter"
        case allToAll = "alltoall"
        case broadcast
        case sendReceive = "send_recv"
    }

    public var pattern: Pattern
    /// Devices in the group.
    public var devices: Int
    /// Devices of the group in one node; equal to `devices` when all are in one node.
    public var devicesPerNode: Int
    /// Size of the whole tensor: the buffer (all-reduce, broadcast, send), the gathered result (all-gather), the input of one rank
    /// (reduce-scatter, all-to-all), as nccl-tests counts.
    public var bytes: Int
    public var format: NumberFormat

    public init(_ pattern: Pattern, devices: Int, devicesPerNode: Int? = nil, bytes: Int, format: NumberFormat) {
        self.pattern = pattern
        self.devices = devices
        self.devicesPerNode = devicesPerNode ?? devices
        self.bytes = bytes
        self.format = format
    }

    /// Bytes that each rank must send: 2(n-1)/n of the buffer for all-reduce, (n-1)/n for gather, scatter and all-to-all
    /// (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", 2009).
    public var wireBytesPerRank: Double {
        let ranks = Double(max(1, devices))
        let size = Double(bytes)
        return switch pattern {
        case .allReduce: 2 * (ranks - 1) / ranks * size
        case .allGather, .reduceScatter, .allToAll: (ranks - 1) / ranks * size
        case .broadcast, .sendReceive: devices > 1 ? size : 0
        }
    }

    /// One addition per element received while reducing.
    public var operations: Operations {
        let ranks = Double(max(1, devices))
        let reduces = pattern == .allReduce || pattern == .reduceScatter
        return Operations(reduces ? (ranks - 1) / ranks * Double(bytes) / format.bytesPerElement : 0)
    }
    public var bytesRead: Bytes { Bytes(Double(bytes)) }
    public var bytesWritten: Bytes { Bytes(Double(bytes)) }
}
