import Hardware
import Quantities
import Workload

/// What it costs to start kernels: a property of the software stack and the host, never of the device.
struct LaunchModel: Sendable {
    /// Families of host calls whose cost differs: a linear layer checks and dispatches more than an elementwise call.
    enum Call: String, CaseIterable, Sendable { case linear, batched, rowwise, elementwise, other }

    private let graph: Double
    private let eager: [Double]

    init(stack: SoftwareStack, read: ConstantReader) {
        graph = read("launch", "graph_us", default: stack.graphLaunch.value.microseconds)
        let fallback = stack.eagerLaunch.value.microseconds
        eager = Call.allCases.map { read("launch", "eager_\($0.rawValue)_us", default: fallback) }
    }

    /// Microseconds before the first kernel of a call runs and between its kernels.
    func time(_ call: Call, kernels: Int, _ launch: ExecutionConditions.Launch) -> Double {
        switch launch {
        case .graph: graph * Double(kernels)
        // The host prepares the next kernel of the same call while one runs; the first one is exposed.
        case .eager: eager[index(call)]
        case .excluded: 0
        }
    }

    private func index(_ call: Call) -> Int {
        switch call {
        case .linear: 0
        case .batched: 1
        case .rowwise: 2
        case .elementwise: 3
        case .other: 4
        }
    }
}
