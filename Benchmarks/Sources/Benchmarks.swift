import Foundation
import HostTopology

/// `swift run -c release benchmarks [kernels|projection]`: speeds next to a baseline taken in the same run. Nothing is asserted: machines differ.
@main
enum Benchmarks {
    static func main() throws {
        let chosen = CommandLine.arguments.dropFirst()
        if chosen.isEmpty || chosen.contains("projection") { try ProjectionBenchmarks().run() }
        if chosen.isEmpty || chosen.contains("kernels") {
            let topology = try HostTopology.discover()
            let cores = topology.usableCores
            let binding = try ThreadBinding()
            try KernelBenchmarks(threads: topology.recommendedThreads) { worker in
                if cores.indices.contains(worker) { try? binding.bindCurrentThread(toProcessingUnit: cores[worker]) }
            }.run()
        }
    }
}
