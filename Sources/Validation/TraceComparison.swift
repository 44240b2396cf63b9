import Quantities
import Simulator
import Trace
import Workload

/// A measured trace against the projection of the same operators on a model of the device that ran them.
public struct TraceComparison: Hashable, Sendable {
    /// One place of the model in one phase, all its executions together.
    public struct Row: Hashable, Sendable {
        public var phase: WorkloadPhase.Kind?
        public var place: String
        public var family: OperatorFamily
        /// Executions.
        public var count: Int
        /// Measured time of all executions (sum of medians).
        public var measured: Seconds
        /// P10 to P90 of the measurements, summed; absent when the trace holds single measurements.
        public var measuredSpread: ClosedRange<Seconds>?
        public var projected: Seconds
        public var interval: TimeInterval
        public var breakdown: TimeBreakdown

        /// (projected - measured) / measured.
        public var error: Double { (projected - measured) / measured }
    }

    /// The workload that was measured.
    public var workload: String
    /// The device that was measured, as the trace names it.
    public var device: String
    public var rows: [Row]
    /// Operators the model could not project, with the reason; they are in neither total.
    public var refused: [String]
    /// Wall time of each phase's events, measured around the operators: dispatch and gaps included. Absent without phase events.
    public var measuredPhases: Seconds?
    /// Load average of the machine before the first run; nil where the trace does not say.
    public var loadAverage: Double?

    public var measured: Seconds { rows.reduce(.zero) { $0 + $1.measured } }
    public var projected: Seconds { rows.reduce(.zero) { $0 + $1.projected } }
    /// Signed error of the whole pass: sum of operators projected against measured.
    public var error: Double { (projected - measured) / measured }
    /// Mean absolute error of the rows, each place counting once.
    public var meanAbsoluteError: Double { rows.isEmpty ? 0 : rows.reduce(0) { $0 + abs($1.error) } / Double(rows.count) }

    /// Projects every operator of a measured trace and pairs it with its time.
    ///
    /// Residency is worked out as for any workload, so the trace's order matters.
    ///
    /// - Complexity: linear in the events; equal operators are projected once.
    public init(measured trace: OperatorTrace, projector: WorkloadProjector) {
        var projector = projector
        workload = trace.workload
        device = trace.device ?? "unnamed device"
        var rows: [Row] = []
        var position: [String: Int] = [:]
        var refused: [String] = []
        var phaseTime = Seconds.zero
        var phase: WorkloadPhase.Kind?
        var surroundings = OperatorSurroundings()
        for event in trace.events {
            guard let duration = event.durationMicroseconds, duration > 0 else { continue }
            guard let shape = event.shape else {
                if let kind = event.phase {
                    phase = kind
                    phaseTime += Seconds(microseconds: duration)
                    surroundings = OperatorSurroundings(phaseWeights: trace.weightBytes(ofPhaseStartingAt: event))
                }
                continue
            }
            let place = TraceEvent.place(of: event.name)
            do {
                let projection = try projector.project(shape, after: &surroundings)
                let key = "\(phase?.rawValue ?? "")/\(place)"
                if let known = position[key] {
                    rows[known].add(event, projection, measured: duration)
                } else {
                    position[key] = rows.count
                    rows.append(Row(event, projection, phase: event.phase ?? phase, place: place, shape: shape, measured: duration))
                }
            } catch {
                let sentence = "\(place): \(error.description)"
                if !refused.contains(sentence) { refused.append(sentence) }
            }
        }
        self.rows = rows
        self.refused = refused
        measuredPhases = phaseTime > .zero ? phaseTime : nil
        loadAverage = trace.properties.first { $0.name == TraceProperty.loadAverageBefore }.flatMap { Double($0.value) }
    }
}

extension TraceComparison.Row {
    fileprivate init(
        _ event: TraceEvent, _ projection: OperatorProjection, phase: WorkloadPhase.Kind?, place: String, shape: Operator, measured: Double
    ) {
        self.phase = phase
        self.place = place
        family = shape.family
        count = 0
        self.measured = .zero
        projected = .zero
        interval = TimeInterval(p10: .zero, p90: .zero)
        breakdown = TimeBreakdown()
        add(event, projection, measured: measured)
    }

    fileprivate mutating func add(_ event: TraceEvent, _ projection: OperatorProjection, measured duration: Double) {
        let executions = Double(event.count)
        if let spread = event.spreadMicroseconds, count == 0 || measuredSpread != nil {
            let low = (measuredSpread?.lowerBound ?? .zero) + Seconds(microseconds: spread.lowerBound)
            measuredSpread = low...max(low, (measuredSpread?.upperBound ?? .zero) + Seconds(microseconds: spread.upperBound))
        } else {
            measuredSpread = nil
        }
        count += event.count
        measured += Seconds(microseconds: duration)
        projected += projection.time * executions
        interval.p10 += projection.interval.p10 * executions
        interval.p90 += projection.interval.p90 * executions
        for (owner, time) in projection.breakdown.parts { breakdown[owner] += time.microseconds * executions }
    }
}

extension OperatorTrace {
    /// Weight bytes that the operators of one phase read together, from its phase event to the next.
    fileprivate func weightBytes(ofPhaseStartingAt start: TraceEvent) -> Bytes {
        guard let first = events.firstIndex(of: start) else { return .zero }
        var sum = Bytes.zero
        for event in events[(first + 1)...] {
            guard let shape = event.shape else {
                if event.phase != nil { break }
                continue
            }
            sum += OperatorSurroundings.weightBytes(of: shape) * Double(event.count)
        }
        return sum
    }
}
