import Quantities
import Workload

/// A device that can say how long an operator takes: one conforming type per device class, one folder each.
///
/// A model is an immutable value made once from an `Architecture` and a `SoftwareStack`; it reads every constant it needs when it is made.
public protocol DeviceModel: Sendable {
    /// Projects one execution of an operator.
    ///
    /// - Throws: when the device lacks a format or capability that the operator needs, naming the nearest that works.
    func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection
}

/// What surrounds an operator when it runs: inputs of a projection, never properties of the device.
public struct ExecutionConditions: Hashable, Sendable {
    /// How kernels reach the device.
    public enum Launch: String, Hashable, Sendable, CaseIterable {
        /// Captured graph: device-side launch only.
        case graph
        /// One host call per kernel, host time exposed when kernels are short.
        case eager
        /// Kernel time alone, as a device profiler reports it.
        case excluded
    }

    public var launch: Launch
    /// Bytes of the operator's inputs (activations first) that the preceding operators left on chip.
    public var residentInput: Bytes
    /// Bytes of weights that an earlier repetition left on chip.
    public var residentWeights: Bytes
    /// Bytes that pass through the chip between two uses of the input, where an operator is repeated over the same data; the device's
    /// cache decides how much of `residentInput` survives. Nil: `residentInput` is what is there.
    public var inputReuseFootprint: Bytes?
    /// As `inputReuseFootprint`, for weights.
    public var weightReuseFootprint: Bytes?
    /// Whether the device has run at full load long enough for its power limit to hold the clock down.
    public var isSustained: Bool
    /// Compute units that the program runs on (one core of a two-core chip, pinned threads of a CPU); nil for all of them.
    public var unitsInUse: Int?
    /// Share of the weights and cached keys and values that lie in backing memory because main memory does not hold them.
    public var streamedShare = 0.0
    /// Whether the operator is the first of a compiled graph, or runs alone.
    public var startsPass = true
    /// Whether on-chip memory has room for the result until the next operator takes it.
    public var keepsOutput = false

    public init(
        launch: Launch = .graph, residentInput: Bytes = .zero, residentWeights: Bytes = .zero,
        inputReuseFootprint: Bytes? = nil, weightReuseFootprint: Bytes? = nil, isSustained: Bool = true, unitsInUse: Int? = nil
    ) {
        self.launch = launch
        self.residentInput = residentInput
        self.residentWeights = residentWeights
        self.inputReuseFootprint = inputReuseFootprint
        self.weightReuseFootprint = weightReuseFootprint
        self.isSustained = isSustained
        self.unitsInUse = unitsInUse
    }
}

/// Why an operator cannot be projected on a device.
public struct ProjectionError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case unsupportedFormat, unsupportedOperator, missingNumber, invalidShape, doesNotFit, noPublicNumbers
    }

    public var code: Code
    /// A sentence for the user: what is missing, and the nearest thing that works.
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
