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
            let pin: @Sendable (Int) -> Void = { worker in
                if cores.indices.contains(worker) { try? binding.bindCurrentThread(toProcessingUnit: cores[worker]) }
            }
            try KernelBenchmarks(threads: topology.recommendedThreads, pin: pin) { isFree in
                if isFree { try? binding.bindCurrentThread(toProcessingUnits: cores) } else { pin(0) }
            }.run()
        }
    }
}
