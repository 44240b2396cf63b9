import Workload

/// What a profiler hangs into an executor: called around every operator and around every phase, on the thread that runs the model.
///
/// Without one the executor neither reads a clock nor makes a name.
public struct OperatorObserver {
    /// Just before an operator (or phase) runs.
    public var begin: () -> Void
    /// Just after, with its place (`layer 3 attention.output`) and shape.
    public var end: (_ place: String, _ shape: Operator) -> Void
    /// Before the operators of a phase, with the new tokens it processes over all sequences.
    public var beginPhase: (_ kind: WorkloadPhase.Kind, _ tokens: Int) -> Void
    /// After the operators of a phase.
    public var endPhase: (_ kind: WorkloadPhase.Kind) -> Void

    public init(
        begin: @escaping () -> Void, end: @escaping (_ place: String, _ shape: Operator) -> Void,
        beginPhase: @escaping (_ kind: WorkloadPhase.Kind, _ tokens: Int) -> Void = { _, _ in },
        endPhase: @escaping (_ kind: WorkloadPhase.Kind) -> Void = { _ in }
    ) {
        self.begin = begin
        self.end = end
        self.beginPhase = beginPhase
        self.endPhase = endPhase
    }
}
