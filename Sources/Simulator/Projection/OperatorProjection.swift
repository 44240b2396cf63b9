import Quantities
import Workload

/// What an operator is projected to take on a device, with the owner of each microsecond.
public struct OperatorProjection: Hashable, Sendable {
    /// Projected time of one execution.
    public var time: Seconds
    /// Owners of the time, in the order in which time passes; the parts add up to `time`.
    public var breakdown: TimeBreakdown
    /// P10 to P90 of what a measurement would show.
    public var interval: TimeInterval
    /// Kernels that the operator becomes, in launch order.
    public var kernels: [KernelProjection]
    /// Arithmetic done, padding excluded.
    public var operations: Operations
    /// Bytes moved between main memory and the chip.
    public var memoryTraffic: Bytes
    /// Energy of the execution, absent where the device states no power.
    public var energy: Joules?

    public init(
        time: Seconds, breakdown: TimeBreakdown, interval: TimeInterval, kernels: [KernelProjection], operations: Operations,
        memoryTraffic: Bytes, energy: Joules? = nil
    ) {
        self.time = time
        self.breakdown = breakdown
        self.interval = interval
        self.kernels = kernels
        self.operations = operations
        self.memoryTraffic = memoryTraffic
        self.energy = energy
    }

    /// The resource that owns most of the time.
    public var bound: TimeOwner { breakdown.largest }
}

/// P10 and P90 of the time that a measurement would show.
public struct TimeInterval: Hashable, Sendable {
    public var p10: Seconds
    public var p90: Seconds

    public init(p10: Seconds, p90: Seconds) {
        self.p10 = p10
        self.p90 = p90
    }
}

/// What a part of a projected time was spent on.
public enum TimeOwner: String, CaseIterable, Hashable, Sendable {
    /// Host-side or device-side launch of kernels.
    case launch
    /// Latency until the first operands arrive, prologues and epilogues that nothing hides.
    case fill
    case matrixPipe = "matrix_pipe"
    case vectorPipe = "vector_pipe"
    case specialFunction = "special_function"
    case sharedMemory = "shared_memory"
    case l2Bandwidth = "l2_bandwidth"
    case memoryBandwidth = "memory_bandwidth"
    /// Waiting for loads with too little parallelism in flight.
    case memoryLatency = "memory_latency"
    /// The clock lowered by the power limit.
    case power
    /// Units idle while the last wave finishes.
    case tail
    /// Quantisation, conversion, reduction and permutation passes beside the main kernel.
    case extraPasses = "extra_passes"
    case linkBandwidth = "link_bandwidth"
    case linkLatency = "link_latency"
    /// Padding of tiles beyond the operator's shape.
    case padding
    /// Resources that overlap imperfectly.
    case contention
    /// Weight loading and pipeline fill of a systolic array.
    case arrayFill = "array_fill"
    /// Dispatch of work to threads and library calls on a CPU; of a compiled graph by the host of a matrix engine.
    case dispatch
}

/// Time by owner: a small fixed table, without allocation.
public struct TimeBreakdown: Hashable, Sendable {
    @usableFromInline var microseconds: [18 of Double]

    public init() { microseconds = .init(repeating: 0) }

    /// Microseconds of one owner.
    public subscript(owner: TimeOwner) -> Double {
        get { microseconds[owner.index] }
        set { microseconds[owner.index] = newValue }
    }

    /// The owners with time, in declaration order.
    public var parts: [(owner: TimeOwner, time: Seconds)] {
        TimeOwner.allCases.compactMap { self[$0] > 0 ? ($0, Seconds(microseconds: self[$0])) : nil }
    }

    /// The sum of all parts.
    public var total: Seconds {
        var sum = 0.0
        for owner in microseconds.indices { sum += microseconds[owner] }
        return Seconds(microseconds: sum)
    }

    /// The owner with the most time.
    public var largest: TimeOwner {
        var best = TimeOwner.launch
        for owner in TimeOwner.allCases where self[owner] > self[best] { best = owner }
        return best
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.microseconds.indices.allSatisfy { left.microseconds[$0] == right.microseconds[$0] }
    }
    public func hash(into hasher: inout Hasher) {
        for index in microseconds.indices { hasher.combine(microseconds[index]) }
    }
}

extension TimeOwner {
    /// Position in `allCases`, spelled out so that a breakdown needs no search.
    @usableFromInline var index: Int {
        switch self {
        case .launch: 0
        case .fill: 1
        case .matrixPipe: 2
        case .vectorPipe: 3
        case .specialFunction: 4
        case .sharedMemory: 5
        case .l2Bandwidth: 6
        case .memoryBandwidth: 7
        case .memoryLatency: 8
        case .power: 9
        case .tail: 10
        case .extraPasses: 11
        case .linkBandwidth: 12
        case .linkLatency: 13
        case .padding: 14
        case .contention: 15
        case .arrayFill: 16
        case .dispatch: 17
        }
    }
}

/// One kernel of a projected operator.
public struct KernelProjection: Hashable, Sendable {
    /// What a reader recognises, for example `gemm 128x256x64 split 4`.
    public var name: String
    public var time: Seconds
    /// CTAs (or the class's equivalent) launched; 0 where the notion does not apply.
    public var gridSize: Int
    /// Waves of CTAs over the device.
    public var waves: Double

    public init(name: String, time: Seconds, gridSize: Int, waves: Double) {
        self.name = name
        self.time = time
        self.gridSize = gridSize
        self.waves = waves
    }
}
