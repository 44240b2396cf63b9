import ArgumentParser
import Quantities
import Trace
import Workload

/// What is projected: a model with a request, or recorded traces.
struct SourceOptions: ParsableArguments {
    @OptionGroup var request: WorkloadOptions

    @Option(help: ArgumentHelp("A recorded trace to replay instead of a model; may be given several times.", valueName: "file"))
    var trace: [String] = []

    /// One workload of each trace, or the model's.
    struct Source {
        var workload: Workload
        /// The trace it was read from, where it was.
        var trace: OperatorTrace?
    }

    func sources() throws -> [Source] {
        guard trace.isEmpty else {
            if request.model != nil { throw ValidationError("give --model or --trace, not both") }
            return try trace.map { path in
                let trace = try TraceReader.read(path).trace
                let recorded = trace.replayedWorkload()
                let recast = request.dtype.map { recorded.recast(to: $0) }
                return Source(workload: recast ?? recorded, trace: trace)
            }
        }
        return [Source(workload: try request.workload(), trace: nil)]
    }
}
