import Quantities
import Workload

extension OperatorTrace {
    /// The operators of a workload without times: what would run, for models that nothing here can hold.
    ///
    /// Each repetition of a phase would list the same operators, so a phase is written once, with the repetitions as its count.
    public init(planning workload: Workload) {
        var events: [TraceEvent] = []
        for phase in workload.phases {
            events.append(TraceEvent(name: phase.kind.rawValue, shape: nil, phase: phase.kind, count: phase.repetitions, phaseTokens: phase.tokens))
            for item in phase.operators { events.append(TraceEvent(name: item.name, shape: item.shape, phase: phase.kind, count: item.count)) }
        }
        let memory = workload.memory
        let sizes = [
            ("weights", memory.weights), ("keyValueCache", memory.keyValueCache), ("activations", memory.activations),
            ("gradients", memory.gradients), ("optimizerState", memory.optimizerState),
        ]
        var properties = [TraceProperty(name: "devices", value: String(workload.devices))]
        if workload.devicesAtWork != workload.devices { properties.append(TraceProperty(name: "devices_at_work", value: String(workload.devicesAtWork))) }
        properties += sizes.map { TraceProperty(name: "memory.\($0.0).bytes", value: "\($0.1.value)") }
        self.init(origin: .planned, workload: workload.name, events: events, properties: properties)
    }
}
