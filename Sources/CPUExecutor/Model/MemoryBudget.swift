import CPUKernels
import HostTopology
import Quantities
import Workload

/// Refuses what this machine's memory cannot hold before it is asked for: an allocation beyond it ends the process, or the machine's others.
enum MemoryBudget {
    /// Requests below this are not looked into: reading the system's account costs more than they are worth.
    private static let negligible = 64.0 * 1_048_576

    /// - Parameter available: bytes that can be had without swapping; unknown where nil, and then everything passes.
    /// - Throws: when `bytes` exceed them; the message begins with `what` and ends with `instead`.
    static func require(
        _ bytes: Double, for what: @autoclosure () -> String, instead: String = "",
        available: @autoclosure () -> Int? = HostTopology.availableMemoryBytes
    ) throws(ExecutionError) {
        guard bytes > negligible, let available = available(), bytes > Double(available) else { return }
        throw ExecutionError(
            .outOfMemory, "\(what()) needs about \(Bytes(bytes)) of memory, \(Bytes(Double(available))) are available\(instead)")
    }

    /// The bytes that a model's weights take when they run in a format: as read, and packed for matrix products.
    ///
    /// - Parameter mapsSource: whether fp32 tensors are read in place from a mapped file, which the system can drop again.
    static func weightBytes(_ model: ModelConfiguration, format: ProductFormat, mapsSource: Bool) -> Double {
        let parameters = Double(model.parameters.total)
        // A tied head is the embedding table, packed once more.
        let packed = parameters + (model.tiesEmbeddings && model.generates ? Double(model.vocabulary) * Double(model.hidden) : 0)
        // Narrow formats are kept row by row for single tokens and packed for several.
        let bytes: Double = switch format {
        case .f32: 4
        case .bf16: 2 + 2
        case .s8s8, .u8s8: 1 + 1
        }
        return (mapsSource ? 0 : 4 * parameters) + bytes * packed
    }
}
