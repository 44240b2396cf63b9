import Quantities

/// An operator at its place in a workload, with the number of equal repetitions that follow one another (layers, decode steps).
public struct PlacedOperator: Hashable, Sendable {
    /// The place, for example `attention.query_key_value`; equal for all repetitions.
    public var name: String
    public var shape: Operator
    /// Times this operator runs.
    public var count: Int

    public init(name: String, shape: Operator, count: Int = 1) {
        self.name = name
        self.shape = shape
        self.count = count
    }
}

/// A part of a workload that users see as one: prefill, a decode step, a training step.
public struct WorkloadPhase: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case encode, prefill, decode, forward, backward
        /// A pipeline stage waits as long as its operators take on other stages: time passes, but no token, operation or energy is counted.
        case bubble
        case optimizer

        /// Whether the operators of the phase run on the device, rather than stand for the time that it waits.
        public var works: Bool { self != .bubble }
    }

    public var kind: Kind
    /// New tokens that the phase processes, over all sequences; per step for decode.
    public var tokens: Int
    /// Times the phase runs (decode steps).
    public var repetitions: Int
    /// The operators of one repetition, in execution order.
    public var operators: [PlacedOperator]

    public init(kind: Kind, tokens: Int, repetitions: Int = 1, operators: [PlacedOperator]) {
        self.kind = kind
        self.tokens = tokens
        self.repetitions = repetitions
        self.operators = operators
    }

    /// Arithmetic of one repetition.
    public var operations: Operations { operators.reduce(.zero) { $0 + $1.shape.operations * Double($1.count) } }
}

/// What runs on one device: its phases, in order, and what must be held in memory.
public struct Workload: Hashable, Sendable {
    /// The model's name and the request, for titles.
    public var name: String
    public var phases: [WorkloadPhase]
    public var memory: MemoryFootprint
    /// Devices that the workload is spread over (tensor x pipeline x data parallel).
    public var devices: Int
    /// Devices among them that work at any time: all of them, except that the pipeline stages of an inference pass take turns.
    public var devicesAtWork: Int

    /// - Parameter devicesAtWork: all devices where left out.
    public init(name: String, phases: [WorkloadPhase], memory: MemoryFootprint, devices: Int = 1, devicesAtWork: Int? = nil) {
        self.name = name
        self.phases = phases
        self.memory = memory
        self.devices = devices
        self.devicesAtWork = devicesAtWork ?? devices
    }
}

/// Bytes that one device must hold at the same time.
public struct MemoryFootprint: Hashable, Sendable {
    public var weights: Bytes
    public var keyValueCache: Bytes
    /// Peak of live activations and workspaces.
    public var activations: Bytes
    public var gradients: Bytes
    public var optimizerState: Bytes

    public init(
        weights: Bytes, keyValueCache: Bytes = .zero, activations: Bytes = .zero, gradients: Bytes = .zero, optimizerState: Bytes = .zero
    ) {
        self.weights = weights
        self.keyValueCache = keyValueCache
        self.activations = activations
        self.gradients = gradients
        self.optimizerState = optimizerState
    }

    public var total: Bytes { weights + keyValueCache + activations + gradients + optimizerState }
}
