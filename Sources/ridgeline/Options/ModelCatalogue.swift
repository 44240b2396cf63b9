import Hardware
import Simulator
import Validation
import Workload

/// The simulator's model for a device.
enum ModelCatalogue {
    static let make: DeviceModelMaker = { architecture, stack throws(ProjectionError) in
        guard architecture.deviceClass == .simtGPU else { return try DeviceModels.model(for: architecture, stack: stack) }
        return CompositeGPU(
            kernels: try DeviceModels.model(for: architecture, stack: stack),
            attention: try AttentionModel(architecture: architecture, stack: stack),
            collective: try? CollectiveModel(architecture: architecture, stack: stack))
    }
}

private struct CompositeGPU: DeviceModel {
    let kernels: any DeviceModel
    let attention: AttentionModel
    let collective: CollectiveModel?

    func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        switch shape {
        case .attention(let shape): return try attention.project(shape, under: conditions)
        case .collective(let shape):
            guard let collective else { throw ProjectionError(.missingNumber, "no link to other devices is stated") }
            return try collective.project(shape, under: conditions)
        default: return try kernels.project(shape, under: conditions)
        }
    }
}
