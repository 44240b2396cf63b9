import ArgumentParser
import CPUExecutor
import CPUKernels
import Foundation
import HostTopology
import Workload

/// How a model is run on this CPU.
struct ExecutorOptions: ParsableArguments {
    /// Storage of matrix products.
    enum Format: String, CaseIterable, ExpressibleByArgument { case f32, bf16, int8 }

    @Option(help: "Worker threads, each pinned to a core; all usable cores where left out.")
    var threads: Int?

    @Option(help: "Format of matrix products: f32, bf16 or int8 (8 bit, scales found at run time).")
    var dtype: Format = .f32

    @Option(help: "Make weights up from this seed instead of reading a checkpoint.")
    var seed: UInt64?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads \(threads): expected 1 to 1024") }
    }

    /// Loads the model of a folder, `config.json` or preset; a preset has made-up weights.
    func executor(_ name: String) throws -> TransformerExecutor {
        let model = try ModelLibrary.find(name)
        var isFolder: ObjCBool = false
        let hasFolder = FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) && isFolder.boolValue
        let weights = hasFolder && seed == nil ? try WeightStore(folder: name) : WeightStore(seed: seed ?? 0)
        let topology = try HostTopology.discover()
        let cores = topology.usableCores
        let binding = try ThreadBinding()
        // A unit that cannot be bound (a container's limits changed meanwhile) leaves its thread free: slower, not wrong.
        let pin: @Sendable (Int) -> Void = { worker in
            if cores.indices.contains(worker) { try? binding.bindCurrentThread(toProcessingUnit: cores[worker]) }
        }
        let format: ProductFormat = switch dtype {
        case .f32: .f32
        case .bf16: .bf16
        case .int8: InstructionSet.hasVNNI ? .u8s8 : .s8s8
        }
        return try TransformerExecutor(model: model, weights: weights, format: format, threads: threads ?? topology.recommendedThreads, pin: pin)
    }
}
