import Foundation
import Hardware
import Quantities
import Workload

/// Systolic arrays, vector-matrix engines, tensor-streaming and spatial processors, overlays: devices whose matrix engines are fed by a
/// compiler from on-chip memory.
///
/// An operator costs a fixed floor, the fill of its arrays, and the joint time of the resources it uses; those overlap under double buffering
/// (p-norm), or add up on bulk-synchronous machines. docs/model.md, section "Matrix engines".
public struct MatrixEngineModel: DeviceModel {
    let machine: EngineMachine
    private let collectives: CollectiveModel?
    private let handOver: HandOver?

    /// A link to the next device over which a compiled program sends: no launch, no rendezvous.
    private struct HandOver {
        var latency: Double
        /// Bytes per microsecond.
        var bandwidth: Double
    }

    /// - Parameter topology: wiring that collectives run over; nil for the device's own links.
    /// - Throws: when the architecture states no rate of a matrix engine, or a topology that is not modelled.
    public init(architecture: Architecture, stack: SoftwareStack, topology: LinkTopology? = nil) throws(ProjectionError) {
        machine = try EngineMachine(architecture, stack: stack)
        let isLinked = architecture.interconnect != nil || topology != nil
        collectives = isLinked ? try CollectiveModel(architecture: architecture, stack: stack, topology: topology) : nil
        if let interconnect = architecture.interconnect, interconnect.programSends, let latency = interconnect.latency?.value.microseconds {
            var links = topology
            if links == nil { links = try LinkTopology(architecture: architecture) }
            handOver = links.map { HandOver(latency: latency, bandwidth: $0.ringBandwidth(devices: 2)) }
        } else {
            handOver = nil
        }
    }

    public func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        let units = min(machine.units, Double(max(1, conditions.unitsInUse ?? Int(machine.units))))
        let weights = conditions.residentWeights.value
        let input = conditions.residentInput.value
        var demand: EngineDemand
        switch shape {
        case .matrixMultiply(let product):
            demand = try machine.demand(
                of: product, residentWeights: weights, residentInput: input,
                keepsOutput: conditions.keepsOutput && machine.chainsOperators, units: units)
        case .attention(let attention):
            demand = try machine.demand(of: attention, units: units)
        case .rowwise(let rowwise):
            let exponentials = rowwise.function == .softmax ? rowwise.elements : Double(rowwise.rows)
            demand = machine.demand(of: rowwise, transcendentalElements: exponentials, residentInput: input, units: units)
            demand.reduction = machine.reduction(ofRows: Double(rowwise.rows), units: units)
        case .elementwise(let elementwise):
            let exponentials = elementwise.operations.value >= 8 * Double(elementwise.elements) ? Double(elementwise.elements) : 0
            demand = machine.demand(of: elementwise, transcendentalElements: exponentials, residentInput: input, units: units)
        case .rotary, .gather, .sampling:
            demand = machine.demand(of: shape.shape, transcendentalElements: 0, residentInput: input, units: units)
        case .copy(let copy):
            demand = try machine.demand(of: copy, residentInput: input, units: units)
        case .mixtureOfExperts(let layer):
            demand = try machine.demand(of: layer, residentWeights: weights, units: units)
        case .collective(let collective):
            if let handOver, collective.pattern == .sendReceive, collective.devices == 2 {
                return projection(of: shape, sending: Double(collective.bytes), over: handOver)
            }
            if let handOver, machine.deviceClass == .tensorStreaming {
                // Links are scheduled with the program: every device sends its part to every other one, without a rendezvous. A sum is such an
                // exchange of parts and another one of results (Abts et al., "A software-defined tensor streaming multiprocessor", ISCA 2022).
                let rounds = collective.pattern == .allReduce ? 2.0 : 1.0
                return projection(of: shape, sending: collective.wireBytesPerRank, rounds: collective.devices > 1 ? rounds : 0, over: handOver)
            }
            guard let collectives else { throw ProjectionError(.missingNumber, "\(machine.id) states no interconnect, so no collective") }
            return try collectives.project(collective, under: conditions)
        }
        return projection(of: shape, demand, conditions)
    }

    private func projection(of shape: Operator, _ given: EngineDemand, _ conditions: ExecutionConditions) -> OperatorProjection {
        var demand = given
        if let backing = machine.backingBandwidth { demand.link += conditions.streamedShare * demand.storedBytes / backing }
        var breakdown = TimeBreakdown()
        breakdown[.launch] = machine.floorMicroseconds
        // The host starts a captured graph once; in eager mode it starts each operator.
        let isDispatched = conditions.launch == .eager || (conditions.launch == .graph && conditions.startsPass)
        breakdown[.dispatch] = isDispatched ? machine.dispatchMicroseconds : 0
        breakdown[.arrayFill] = demand.arrayFill
        breakdown[.extraPasses] = demand.reduction
        breakdown[.linkLatency] = machine.meshCrossing
        let parts = [demand.matrix, demand.vector, demand.specialFunction, demand.memory, demand.onChip, demand.link]
        let largest = parts.max() ?? 0
        let joint = machine.isBulkSynchronous ? parts.reduce(0, +) : norm(parts, machine.overlapExponent)
        if demand.matrix >= largest {
            breakdown[.matrixPipe] = demand.matrix - demand.padding
            breakdown[.padding] = demand.padding
        } else {
            breakdown[demand.vector >= largest ? .vectorPipe : demand.specialFunction >= largest ? .specialFunction
                : demand.memory >= largest ? .memoryBandwidth : demand.link >= largest ? .linkBandwidth : .sharedMemory] = largest
        }
        breakdown[.contention] = max(0, joint - largest)
        let time = breakdown.total
        // Never validated below device level for most of these: the interval spans a factor of two either way unless a table narrows it.
        let interval = TimeInterval(p10: time * 0.6, p90: time * 1.9)
        let kernel = KernelProjection(name: "compiled \(shape.family.rawValue)", time: time, gridSize: 0, waves: 0)
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: interval, kernels: [kernel], operations: shape.operations,
            memoryTraffic: Bytes(demand.traffic), energy: machine.power.map { Joules($0 * 0.7 * time.value) })
    }

    private func projection(of shape: Operator, sending bytes: Double, rounds: Double = 1, over link: HandOver) -> OperatorProjection {
        var breakdown = TimeBreakdown()
        breakdown[.linkLatency] = link.latency * rounds
        breakdown[.linkBandwidth] = bytes / link.bandwidth
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: TimeInterval(p10: time * 0.6, p90: time * 1.9),
            kernels: [KernelProjection(name: "hand-over", time: time, gridSize: 0, waves: 0)], operations: shape.operations,
            memoryTraffic: shape.bytesRead + shape.bytesWritten, energy: machine.power.map { Joules($0 * 0.7 * time.value) })
    }

    /// (sum of x^p)^(1/p) of nonnegative numbers, scaled by the largest so that nothing overflows.
    private func norm(_ values: [Double], _ exponent: Double) -> Double {
        let largest = values.max() ?? 0
        guard largest > 0 else { return 0 }
        return largest * pow(values.reduce(0) { $0 + pow($1 / largest, exponent) }, 1 / exponent)
    }
}
