import Hardware
import Quantities
import Workload

/// A SIMT GPU under a software stack: every operator becomes the kernels that the stack's libraries launch, timed by mechanism.
///
/// Made once; each kernel model holds its own flat constants, so a projection looks nothing up.
public struct GPUModel: DeviceModel {
    let device: String
    let machine: GPUMachine
    let launch: LaunchModel
    let power: PowerLimit
    let gemm: GEMMModel
    let elementwise: ElementwiseModel
    let rowwise: RowwiseModel
    let attention: AttentionModel
    let mixtureOfExperts: MixtureOfExpertsModel
    /// Nil where the architecture states no link to its peers.
    let collective: CollectiveModel?
    let elementwiseIntervals: ProjectionIntervals
    let rowwiseIntervals: ProjectionIntervals
    let hostLinkBandwidth: Double?

    /// - Parameters:
    ///   - catalogue: the kernels of the stack's library.
    ///   - topology: wiring of the server and its network, for collectives; nil for the device's own links.
    /// - Throws: `missingNumber` when the architecture lacks what every GPU model needs.
    public init(
        _ architecture: Architecture, stack: SoftwareStack, catalogue: KernelCatalogue? = nil, topology: LinkTopology? = nil
    ) throws(ProjectionError) {
        let read = ConstantReader(DeviceConstants(architecture: architecture, stack: stack))
        device = architecture.id
        machine = try GPUMachine(architecture)
        launch = LaunchModel(stack: stack, read: read)
        power = PowerLimit(machine, read)
        gemm = GEMMModel(architecture, machine: machine, catalogue: catalogue ?? stack.kernels ?? .standard, read: read, power: power)
        elementwise = ElementwiseModel(machine: machine, read: read)
        rowwise = RowwiseModel(machine: machine, read: read)
        attention = try AttentionModel(architecture: architecture, stack: stack)
        mixtureOfExperts = try MixtureOfExpertsModel(architecture: architecture, stack: stack)
        collective = try? CollectiveModel(architecture: architecture, stack: stack, topology: topology)
        elementwiseIntervals = ProjectionIntervals(read, group: "elementwise")
        rowwiseIntervals = ProjectionIntervals(read, group: "rowwise")
        hostLinkBandwidth = architecture.host?.bandwidthPerDirection.value.bytesPerMicrosecond
    }

    public func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        switch shape {
        case .matrixMultiply(let product):
            return try gemm.project(product, conditions, launch: launch)
        case .elementwise(let operation):
            try require(operation.format, operation.elements > 0)
            return stream(elementwise.estimate(operation, conditions), operation.function.rawValue, shape, .elementwise, conditions)
        case .rotary(let rotation):
            try require(rotation.format, rotation.tokens > 0 && rotation.heads > 0 && rotation.dimension > 0)
            return stream(elementwise.estimate(rotation, conditions), "rotary", shape, .elementwise, conditions)
        case .gather(let gather):
            try require(gather.format, gather.rows > 0 && gather.columns > 0)
            return stream(elementwise.estimate(gather, conditions), "gather", shape, .elementwise, conditions)
        case .copy(let copy):
            guard copy.bytes > 0 else { throw ProjectionError(.invalidShape, "a copy of \(copy.bytes) bytes; at least 1 is needed") }
            return try project(copy, shape, conditions)
        case .rowwise(let rows):
            try require(rows.format, rows.rows > 0 && rows.columns > 0)
            return stream(rowwise.estimate(rows, conditions), rows.function.rawValue, shape, .rowwise, conditions)
        case .sampling(let sampling):
            try require(sampling.format, sampling.rows > 0 && sampling.vocabulary > 0)
            return stream(rowwise.estimate(sampling, conditions), sampling.method.rawValue, shape, .rowwise, conditions)
        case .attention(let shape):
            return attention.isFused(shape) ? try attention.project(shape, under: conditions) : try projectUnfused(shape, conditions)
        case .mixtureOfExperts(let layer):
            return try mixtureOfExperts.project(layer, under: conditions)
        case .collective(let shape):
            guard let collective else {
                throw ProjectionError(.missingNumber, "\(device) states no link to its peers, which a collective needs")
            }
            return try collective.project(shape, under: conditions)
        }
    }

    /// Attention as a stack without a fused kernel runs it: one operator after another, scores through memory.
    private func projectUnfused(_ shape: Attention, _ conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        try AttentionModel.validate(shape)
        var parts: [OperatorProjection] = []
        var after = conditions
        for part in UnfusedAttention.operators(for: shape, repeatsKeyValue: true) {
            parts.append(try project(part, under: after))
            // Scores and probabilities just written; the model of the next operator decides how much of them the cache still holds.
            after = conditions
            after.residentInput = part.bytesWritten
            after.inputReuseFootprint = part.bytesWritten
        }
        return OperatorProjection(sequence: parts)
    }

    private func require(_ format: NumberFormat, _ isPositive: Bool) throws(ProjectionError) {
        guard isPositive else { throw ProjectionError(.invalidShape, "every dimension of an operator must be at least 1") }
        guard format.bitsPerElement >= 8 else {
            throw ProjectionError(.unsupportedFormat, "elementwise and row-wise kernels take no \(format.rawValue) operands; nearest: bf16")
        }
    }

    private func project(
        _ copy: MemoryCopy, _ shape: Operator, _ conditions: ExecutionConditions
    ) throws(ProjectionError) -> OperatorProjection {
        if copy.route == .deviceToDevice {
            return stream(elementwise.estimate(copy, conditions), "copy", shape, .elementwise, conditions)
        }
        guard let hostLinkBandwidth else {
            throw ProjectionError(.missingNumber, "\(device) states no host link, which a copy between host and device crosses")
        }
        let start = launch.time(.elementwise, kernels: 1, conditions.launch)
        let transfer = Double(copy.bytes) / hostLinkBandwidth
        var breakdown = TimeBreakdown()
        breakdown[.launch] = start
        breakdown[.fill] = elementwise.constants.kernelLatency
        breakdown[.linkBandwidth] = transfer
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: elementwiseIntervals.interval(microseconds: time.microseconds),
            kernels: [KernelProjection(name: "copy", time: time, gridSize: 0, waves: 0)], operations: .zero,
            memoryTraffic: Bytes(Double(copy.bytes)))
    }

    private func stream(
        _ estimate: StreamingEstimate, _ name: String, _ shape: Operator, _ call: LaunchModel.Call, _ conditions: ExecutionConditions
    ) -> OperatorProjection {
        var breakdown = TimeBreakdown()
        breakdown[.launch] = launch.time(call, kernels: 1, conditions.launch)
        estimate.attribute(to: &breakdown)
        let time = breakdown.total
        let intervals = call == .rowwise ? rowwiseIntervals : elementwiseIntervals
        let dynamic = estimate.memoryTraffic * power.memoryPicojoulesPerByte + estimate.cacheTraffic * power.cachePicojoulesPerByte
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds),
            kernels: [
                KernelProjection(
                    name: name, time: Seconds(microseconds: estimate.time), gridSize: Int(estimate.grid), waves: estimate.waves)
            ],
            operations: shape.operations, memoryTraffic: Bytes(estimate.memoryTraffic),
            energy: power.budget == nil ? nil : Joules((power.idle * time.microseconds + dynamic) * 1e-12))
    }
}
