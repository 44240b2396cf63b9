import Foundation
import Hardware
import Quantities
import Workload

/// CPUs: cores with vector ports, private and shared caches, main memory; kernels dispatched to one pinned worker a core.
///
/// An operator costs its dispatches, and then the joint time of arithmetic and of the streams between the levels of memory.
/// docs/cpu-model.md.
public struct CPUModel: DeviceModel {
    let machine: CPUMachine
    private let intervals: ProjectionIntervals

    /// - Throws: when the architecture states no fp32 rate.
    public init(architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        machine = try CPUMachine(architecture, stack: stack)
        intervals = ProjectionIntervals(ConstantReader(DeviceConstants(architecture: architecture, stack: stack)), group: "cpu")
    }

    public func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        let cores = Double(max(1, min(conditions.unitsInUse ?? Int(machine.cores), Int(machine.cores))))
        let surroundings = CPUSurroundings(conditions, cores: cores)
        let cost: CPUCost
        switch shape {
        case .matrixMultiply(let product): cost = try machine.cost(of: product, surroundings)
        case .attention(let attention): cost = try machine.cost(of: attention, surroundings)
        case .rowwise(let rowwise): cost = machine.cost(of: rowwise, surroundings)
        case .elementwise(let elementwise): cost = machine.cost(of: elementwise, surroundings)
        case .rotary(let rotary): cost = machine.cost(of: rotary, surroundings)
        case .gather(let gather): cost = machine.cost(of: gather, surroundings)
        case .sampling(let sampling): cost = machine.cost(of: sampling, surroundings)
        case .copy(let copy): cost = machine.cost(of: copy, surroundings)
        case .mixtureOfExperts(let layer): cost = try machine.cost(of: layer, surroundings)
        case .collective:
            throw ProjectionError(.unsupportedOperator, "\(machine.id) is one machine: collectives between CPUs are not modelled")
        }
        return projection(of: shape, cost, conditions)
    }

    private func projection(of shape: Operator, _ cost: CPUCost, _ conditions: ExecutionConditions) -> OperatorProjection {
        var breakdown = cost.breakdown
        if conditions.launch != .excluded { breakdown[.dispatch] += cost.dispatches * machine.dispatch + cost.libraryCalls * machine.libraryCall }
        let time = breakdown.total
        let kernel = KernelProjection(name: cost.name, time: time, gridSize: cost.pieces, waves: cost.waves)
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals.interval(microseconds: time.microseconds), kernels: [kernel],
            operations: shape.operations, memoryTraffic: Bytes(cost.memoryTraffic), energy: machine.power.map { Joules($0 * time.value) })
    }
}

/// What an operator finds when it starts.
struct CPUSurroundings: Sendable {
    var cores: Double
    /// Bytes of its input that the operator before left in some cache.
    var residentInput: Double
    var residentWeights: Double
    /// Bytes that pass between two uses of the input; nil where `residentInput` tells.
    var inputFootprint: Double?
    var weightFootprint: Double?

    init(_ conditions: ExecutionConditions, cores: Double) {
        self.cores = cores
        residentInput = conditions.residentInput.value
        residentWeights = conditions.residentWeights.value
        inputFootprint = conditions.inputReuseFootprint?.value
        weightFootprint = conditions.weightReuseFootprint?.value
    }
}

/// An operator's time by owner, before the cost of dispatching it.
struct CPUCost: Sendable {
    var name: String
    var breakdown = TimeBreakdown()
    /// Times that work is handed to all workers.
    var dispatches = 0.0
    /// Calls of the library on the critical path.
    var libraryCalls = 0.0
    /// Bytes between main memory and the chip.
    var memoryTraffic = 0.0
    /// Pieces that the work is cut into, and how many each core gets.
    var pieces = 0
    var waves = 1.0

    init(_ name: String) { self.name = name }

    /// Adds the time of one pass over arrays: read, written, and computed on at the same time.
    ///
    /// - Parameters:
    ///   - arithmetic: microseconds with operands in the nearest caches.
    ///   - exponent: how well arithmetic and streams overlap.
    mutating func addPass(arithmetic: Double, reads: [CPUStream], writes: [CPUStream], cores: Double, exponent: Double) {
        var memory = 0.0
        var cache = 0.0
        for (streams, isWrite) in [(reads, false), (writes, true)] {
            for stream in streams {
                let time = stream.bytes / (isWrite ? stream.level.writeRate(cores: cores) : stream.level.readRate(cores: cores))
                if stream.level.isMemory {
                    memory += time
                    memoryTraffic += stream.bytes
                } else {
                    cache += time
                }
            }
        }
        breakdown.addOverlapped([(.vectorPipe, arithmetic), (.memoryBandwidth, memory), (.l2Bandwidth, cache)], exponent: exponent)
    }
}

/// Bytes that stream from or to a level.
struct CPUStream: Sendable {
    var bytes: Double
    var level: CPUMachine.Level
}
