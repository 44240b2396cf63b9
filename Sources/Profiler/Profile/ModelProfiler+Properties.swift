import CPUExecutor
import CPUKernels
import PerformanceCounters
import Quantities
import Trace

extension ModelProfiler {
    /// What else is known of the runs, for the trace: nothing that names this machine or its folders.
    func properties(_ counters: [CounterStatus], _ overhead: ProfilingOverhead, _ load: Double?) -> [TraceProperty] {
        var properties = [
            TraceProperty(name: "threads", value: "\(executor.threads)"),
            TraceProperty(name: "product_format", value: executor.format.rawValue),
            TraceProperty(name: "instruction_set", value: executor.instructionSet.rawValue),
            TraceProperty(name: "weights", value: executor.weightDescription.hasPrefix("checkpoint") ? "checkpoint" : executor.weightDescription),
            TraceProperty(name: "batch", value: "\(request.batch)"),
            TraceProperty(name: "prompt_tokens", value: "\(request.promptTokens)"),
            TraceProperty(name: "decode_steps", value: "\(request.decodeSteps)"),
            TraceProperty(name: "repetitions", value: "\(request.repetitions)"),
            TraceProperty(name: "warm_ups", value: "\(request.warmUps)"),
            TraceProperty(name: "statistic", value: "median over repetitions; spread is P10 to P90"),
            TraceProperty(name: "run_unobserved_us", value: FixedPoint.format(overhead.unobserved.microseconds, fractionDigits: 1)),
            TraceProperty(name: "run_observed_us", value: FixedPoint.format(overhead.observed.microseconds, fractionDigits: 1)),
        ]
        if let load { properties.append(TraceProperty(name: TraceProperty.loadAverageBefore, value: FixedPoint.format(load, fractionDigits: 2))) }
        for status in counters {
            guard let reason = status.unavailability else { continue }
            properties.append(TraceProperty(name: "counter_unavailable.\(status.event.title)", value: reason.description))
        }
        return properties
    }
}
