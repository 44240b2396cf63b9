import Hardware
import Quantities
import Workload

/// What a whole workload is projected to do on one device (or on each of several equal ones).
public struct WorkloadProjection: Hashable, Sendable {
    /// Id and name of the architecture.
    public var architecture: String
    public var architectureName: String
    public var workload: String
    /// The software stack assumed.
    public var stack: String
    /// Devices that the workload is spread over by its request.
    public var devices: Int
    /// Devices among them that work at any time; the pipeline stages of an inference pass take turns.
    public var devicesAtWork: Int
    public var phases: [PhaseProjection]
    public var memory: MemoryFit
    /// How the workload lies on devices whose main memory may be too small for it.
    public var placement: Placement
    /// Dense peak of the format that does most of the arithmetic, in operations per second.
    public var peak: OperationsPerSecond
    /// The format of `peak`.
    public var peakFormat: NumberFormat
    /// Main-memory bandwidth of the device.
    public var memoryBandwidth: BytesPerSecond
    /// The price of one device-hour that costs are counted with: the first of the architecture file.
    public var price: Price?

    /// Time of all phases, one after another.
    public var time: Seconds { phases.reduce(.zero) { $0 + $1.totalTime } }

    /// P10 to P90 of the whole; the ends are the sums of the operators' ends, as if all erred together, so it is wide rather than narrow.
    public var interval: TimeInterval {
        phases.reduce(TimeInterval(p10: .zero, p90: .zero)) { sum, phase in
            let repetitions = Double(phase.repetitions)
            return TimeInterval(p10: sum.p10 + phase.interval.p10 * repetitions, p90: sum.p90 + phase.interval.p90 * repetitions)
        }
    }

    /// Time owned by each resource, over all phases.
    public var breakdown: TimeBreakdown {
        var sum = TimeBreakdown()
        for phase in phases {
            for (owner, time) in phase.breakdown.parts { sum[owner] += time.microseconds * Double(phase.repetitions) }
        }
        return sum
    }

    /// Energy of one device at work, absent where any operator's is unknown.
    public var energy: Joules? {
        var sum = Joules.zero
        for phase in phases where phase.kind.works {
            guard let energy = phase.energy else { return nil }
            sum += energy * Double(phase.repetitions)
        }
        return sum
    }

    /// Arithmetic of one device at work.
    public var operations: Operations {
        phases.reduce(.zero) { $1.kind.works ? $0 + $1.operations * Double($1.repetitions) : $0 }
    }
}

/// One phase of a projected workload; the times are those of one repetition unless said otherwise.
public struct PhaseProjection: Hashable, Sendable {
    public var kind: WorkloadPhase.Kind
    /// New tokens of one repetition, over all sequences.
    public var tokens: Int
    public var repetitions: Int
    public var operators: [PlacedProjection]

    /// Time of one repetition.
    public var time: Seconds { operators.reduce(.zero) { $0 + $1.projection.time * Double($1.count) } }
    /// Time of all repetitions.
    public var totalTime: Seconds { time * Double(repetitions) }
    public var operations: Operations { operators.reduce(.zero) { $0 + $1.projection.operations * Double($1.count) } }
    public var memoryTraffic: Bytes { operators.reduce(.zero) { $0 + $1.projection.memoryTraffic * Double($1.count) } }

    public var interval: TimeInterval {
        operators.reduce(TimeInterval(p10: .zero, p90: .zero)) { sum, placed in
            let interval = placed.projection.interval
            return TimeInterval(p10: sum.p10 + interval.p10 * Double(placed.count), p90: sum.p90 + interval.p90 * Double(placed.count))
        }
    }

    public var breakdown: TimeBreakdown {
        var sum = TimeBreakdown()
        for placed in operators {
            for (owner, time) in placed.projection.breakdown.parts { sum[owner] += time.microseconds * Double(placed.count) }
        }
        return sum
    }

    public var energy: Joules? {
        var sum = Joules.zero
        for placed in operators {
            guard let energy = placed.projection.energy else { return nil }
            sum += energy * Double(placed.count)
        }
        return sum
    }
}

/// A projected operator at its place in the workload.
public struct PlacedProjection: Hashable, Sendable {
    public var name: String
    public var shape: Operator
    /// Times it runs in one repetition of its phase.
    public var count: Int
    /// One execution.
    public var projection: OperatorProjection

    public init(name: String, shape: Operator, count: Int, projection: OperatorProjection) {
        self.name = name
        self.shape = shape
        self.count = count
        self.projection = projection
    }
}

/// Whether a workload's bytes fit a device's main memory.
public struct MemoryFit: Hashable, Sendable {
    public var required: MemoryFootprint
    public var capacity: Bytes

    public var fits: Bool { required.total <= capacity }
    /// Share of the capacity that the workload takes.
    public var share: Double { required.total / capacity }
}
