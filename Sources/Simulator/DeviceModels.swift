import Hardware

/// The one place that knows which model serves which class of device.
public enum DeviceModels {
    /// The model of a device under a software stack.
    ///
    /// - Throws: when the entry explains rather than describes, or lacks a number that its class needs.
    public static func model(for architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) -> any DeviceModel {
        try model(for: architecture, stack: stack, topology: nil)
    }

    /// The model of a device in a server or cluster of a given wiring, which its collectives run over.
    ///
    /// - Throws: when the entry explains rather than describes, or lacks a number that its class needs.
    public static func model(
        for architecture: Architecture, stack: SoftwareStack, topology: LinkTopology?
    ) throws(ProjectionError) -> any DeviceModel {
        switch architecture.deviceClass {
        case .simtGPU:
            return try GPUModel(architecture, stack: stack, topology: topology)
        case .systolicArray, .vectorMatrixEngine, .tensorStreaming, .spatialDataflow, .fpgaOverlay:
            return try MatrixEngineModel(architecture: architecture, stack: stack, topology: topology)
        case .cpu:
            return try CPUModel(architecture: architecture, stack: stack)
        case .explained:
            throw ProjectionError(.noPublicNumbers, "\(architecture.name): \(architecture.notes ?? "no public numbers")")
        }
    }
}
