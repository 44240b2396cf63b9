import Hardware
import Quantities
import Workload

/// Projects every operator of a workload on one device, keeping track of what the operator before left on chip.
///
/// Equal operators in equal surroundings are projected once, so the cost follows the number of distinct operators.
public struct WorkloadProjector {
    private let architecture: Architecture
    private let stack: String
    private let model: any DeviceModel
    private let conditions: ExecutionConditions
    private var memo: [Key: OperatorProjection] = [:]

    private struct Key: Hashable {
        var shape: Operator
        var conditions: ExecutionConditions
    }

    /// - Parameters:
    ///   - stack: id of the software stack that the model was made with, for the result.
    ///   - conditions: launch mode and sustained load; residency is worked out here.
    public init(architecture: Architecture, stack: String, model: any DeviceModel, conditions: ExecutionConditions = .init()) {
        self.architecture = architecture
        self.stack = stack
        self.model = model
        self.conditions = conditions
    }

    /// Projects all phases.
    ///
    /// - Throws: `ProjectionError` for the first operator that the device cannot run; its sentence names the operator's place.
    public mutating func project(_ workload: Workload) throws(ProjectionError) -> WorkloadProjection {
        let placement = Placement(of: workload, on: architecture)
        var phases: [PhaseProjection] = []
        phases.reserveCapacity(workload.phases.count)
        for phase in workload.phases { phases.append(try project(phase, placed: placement)) }
        let format = Self.mainFormat(of: workload)
        guard let peak = Self.peak(of: architecture, in: format) ?? architecture.compute.rates.compactMap({ architecture.peak($0.format) }).max() else {
            throw ProjectionError(.missingNumber, "\(architecture.id) states no compute rate")
        }
        return WorkloadProjection(
            architecture: architecture.id, architectureName: architecture.name, workload: workload.name, stack: stack,
            devices: workload.devices, devicesAtWork: workload.devicesAtWork, phases: phases,
            memory: MemoryFit(required: workload.memory, capacity: architecture.memory.capacity.value),
            placement: placement,
            peak: peak, peakFormat: format, memoryBandwidth: architecture.memory.bandwidth.value,
            price: architecture.prices.first)
    }

    private mutating func project(_ phase: WorkloadPhase, placed placement: Placement) throws(ProjectionError) -> PhaseProjection {
        var surroundings = OperatorSurroundings(
            phaseWeights: phase.operators.reduce(.zero) { $0 + OperatorSurroundings.weightBytes(of: $1.shape) * Double($1.count) })
        if case .streamed(let share) = placement { surroundings.streamedShare = share }
        var placed: [PlacedProjection] = []
        placed.reserveCapacity(phase.operators.count)
        for item in phase.operators {
            do {
                let projection = try project(item.shape, after: &surroundings)
                // What starts a graph is paid once, so an operator that repeats cannot carry it.
                if item.count == 1 { surroundings.startsPass = false }
                placed.append(PlacedProjection(name: item.name, shape: item.shape, count: item.count, projection: projection))
            } catch {
                throw ProjectionError(error.code, "\(item.name) on \(architecture.id): \(error.description)")
            }
        }
        if let handOver = placement.handOver(in: phase, on: architecture) {
            let projection = try project(handOver.shape, after: &surroundings)
            placed.append(PlacedProjection(name: handOver.name, shape: handOver.shape, count: handOver.count, projection: projection))
        }
        if conditions.launch == .eager { Self.overlapHost(&placed) }
        return PhaseProjection(kind: phase.kind, tokens: phase.tokens, repetitions: phase.repetitions, operators: placed)
    }

    /// Eager calls are asynchronous: the host prepares the next kernels while the device works, so that a phase takes the longer of the
    /// host's time and the device's. Every operator keeps that share of its launch time which the device's work does not hide.
    private static func overlapHost(_ placed: inout [PlacedProjection]) {
        var (host, device) = (0.0, 0.0)
        for item in placed {
            let launch = item.projection.breakdown[.launch]
            host += launch * Double(item.count)
            device += (item.projection.time.microseconds - launch) * Double(item.count)
        }
        guard host > 0 else { return }
        let exposed = max(0, 1 - device / host)
        for index in placed.indices {
            var projection = placed[index].projection
            let hidden = Seconds(microseconds: projection.breakdown[.launch] * (1 - exposed))
            projection.breakdown[.launch] *= exposed
            projection.time = projection.time - hidden
            projection.interval = TimeInterval(p10: projection.interval.p10 - hidden, p90: projection.interval.p90 - hidden)
            placed[index].projection = projection
        }
    }

    /// Projects the operator that runs next, given what ran before it; updates the surroundings for its successor.
    ///
    /// - Throws: `ProjectionError` when the device cannot run it.
    public mutating func project(
        _ shape: Operator, after surroundings: inout OperatorSurroundings
    ) throws(ProjectionError) -> OperatorProjection {
        let conditions = surroundings.conditions(for: shape, base: conditions, onChipCapacity: onChipCapacity)
        surroundings.previousOutput = shape.bytesWritten
        let key = Key(shape: shape, conditions: conditions)
        if let known = memo[key] { return known }
        let projection = try model.project(shape, under: conditions)
        memo[key] = projection
        return projection
    }

    /// The dense peak that products of a format can reach: 16-bit operands are widened where fp32 lanes are faster (consumer Pascal).
    private static func peak(of architecture: Architecture, in format: NumberFormat) -> OperationsPerSecond? {
        guard format == .fp16 || format == .bf16 else { return architecture.peak(format) }
        return [format, .fp32].compactMap { architecture.peak($0) }.max()
    }

    /// Bytes of the last shared cache that data of one operator may still hold when the next one runs. Half of it: measured L2s of two
    /// partitions keep 0.42 to 0.6 of their size (docs/model.md, residency), and inputs and outputs compete.
    private var onChipCapacity: Bytes {
        let shared = architecture.caches.last { $0.scope == .device }
        return (shared?.capacity.value ?? softwareManaged) * 0.5
    }

    /// Memory beside the units that a compiler places tensors in, over all units; nothing where it is main memory itself.
    private var softwareManaged: Bytes {
        guard architecture.deviceClass != .simtGPU, architecture.deviceClass != .cpu, let last = architecture.caches.last else { return .zero }
        let total = last.capacity.value * Double(architecture.compute.units.value)
        return total < architecture.memory.capacity.value * 0.5 ? total : .zero
    }

    /// The format that does most of the workload's matrix arithmetic; ties go to the wider format.
    private static func mainFormat(of workload: Workload) -> NumberFormat {
        var work: [NumberFormat: Double] = [:]
        for phase in workload.phases {
            for item in phase.operators {
                let format: NumberFormat? = switch item.shape {
                case .matrixMultiply(let product): product.scheme.compute
                case .mixtureOfExperts(let layer): layer.scheme.compute
                case .attention(let attention): attention.query
                default: nil
                }
                if let format { work[format, default: 0] += item.shape.operations.value * Double(item.count * phase.repetitions) }
            }
        }
        return work.min { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }?.key ?? .fp32
    }
}

/// What is known of the chip's contents when an operator starts.
public struct OperatorSurroundings: Hashable, Sendable {
    /// Bytes that the operator before wrote.
    public var previousOutput: Bytes
    /// Weight bytes that one pass over the phase reads: if they fit on chip together, each repetition finds them there.
    public var phaseWeights: Bytes
    /// Share of weights and cached keys and values that lie in backing memory.
    public var streamedShare = 0.0
    /// Whether nothing of the compiled graph has run yet.
    public var startsPass = true

    public init(previousOutput: Bytes = .zero, phaseWeights: Bytes = Bytes(.greatestFiniteMagnitude)) {
        self.previousOutput = previousOutput
        self.phaseWeights = phaseWeights
    }

    func conditions(for shape: Operator, base: ExecutionConditions, onChipCapacity: Bytes) -> ExecutionConditions {
        var conditions = base
        conditions.streamedShare = streamedShare
        conditions.startsPass = startsPass
        conditions.keepsOutput = shape.bytesWritten > .zero && shape.bytesWritten <= onChipCapacity
        conditions.residentInput = previousOutput <= onChipCapacity ? previousOutput : .zero
        conditions.residentWeights = phaseWeights <= onChipCapacity ? Self.weightBytes(of: shape) : .zero
        return conditions
    }

    /// Bytes of weights that an operator reads; a mixture of experts counts all its local experts.
    public static func weightBytes(of shape: Operator) -> Bytes {
        switch shape {
        case .matrixMultiply(let product):
            return product.hasWeights ? product.weightBytes : .zero
        case .mixtureOfExperts(let layer):
            let matrices: Double = layer.isGated ? 3 : 2
            let elements = Double(layer.localExperts) * matrices * Double(layer.hidden) * Double(layer.localIntermediate)
            return Bytes(elements * layer.scheme.weight.bytesPerElement)
        default:
            return .zero
        }
    }
}
