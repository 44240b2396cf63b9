import Quantities

/// The software whose kernels run: what depends on libraries and frameworks rather than on the device.
///
/// Files live under `Architectures/software`. A constant is looked up in the stack's entry for the device's generation, then in the
/// stack's own constants, then in the architecture (`DeviceConstants`).
public struct SoftwareStack: Hashable, Sendable {
    /// File name without extension, for example `tensorrt-llm-1.0`, `pytorch-2.1-eager`, `neutral`.
    public var id: String
    public var name: String
    /// What it assumes: fusions, launch mode, kernel libraries.
    public var notes: String?
    /// Kernel catalogue used for matrix products (an id of `Architectures/software/kernels`), for example `cublas-12`.
    public var kernelLibrary: String
    /// The catalogue that `kernelLibrary` names, where its file was read; nil for the one built in.
    public var kernels: KernelCatalogue?
    /// Device-side cost of starting a kernel inside a captured graph.
    public var graphLaunch: Sourced<Seconds>
    /// Host-side cost of one eager kernel call that is exposed when the device waits for it.
    public var eagerLaunch: Sourced<Seconds>
    /// Constants that hold for every generation under this stack.
    public var constants: [ConstantGroup]
    /// Constants for one generation under this stack, by generation.
    public var generationConstants: [GenerationConstants]

    public init(
        id: String, name: String, kernelLibrary: String, graphLaunch: Sourced<Seconds>, eagerLaunch: Sourced<Seconds>
    ) {
        self.id = id
        self.name = name
        self.kernelLibrary = kernelLibrary
        self.graphLaunch = graphLaunch
        self.eagerLaunch = eagerLaunch
        self.constants = []
        self.generationConstants = []
    }
}

/// Constants of a stack on one generation of devices.
public struct GenerationConstants: Hashable, Sendable {
    public var generation: String
    public var constants: [ConstantGroup]

    public init(generation: String, constants: [ConstantGroup]) {
        self.generation = generation
        self.constants = constants
    }
}

/// Looks simulator constants up for a device under a stack.
public struct DeviceConstants: Sendable {
    private struct Key: Hashable {
        var group: String
        var name: String
    }
    private let values: [Key: Double]

    /// - Complexity: linear in the number of constants.
    public init(architecture: Architecture, stack: SoftwareStack) {
        let own = stack.generationConstants.filter { $0.generation == architecture.generation }.flatMap(\.constants)
        var values: [Key: Double] = [:]
        for group in own + stack.constants + architecture.constants {
            for constant in group.constants {
                let key = Key(group: group.name, name: constant.name)
                if values[key] == nil { values[key] = constant.number.value }
            }
        }
        self.values = values
    }

    /// The constant from the most specific layer that states it, nil where none does.
    public func value(_ group: String, _ name: String) -> Double? { values[Key(group: group, name: name)] }
}
