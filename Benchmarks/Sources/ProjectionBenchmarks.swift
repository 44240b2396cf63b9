import Foundation
import Hardware
import Quantities
import Simulator
import Workload

/// How fast the simulator answers.
struct ProjectionBenchmarks {
    func run() throws {
        let library = try ArchitectureLibrary.standard()
        let architecture = try library.architecture(named: "h100-sxm")
        let stack = try library.softwareStack("neutral")
        let model = try DeviceModels.model(for: architecture, stack: stack)
        heading("projection on h100-sxm: time, bar, bar / time (above 100 % is within the bar)")
        products(model)
        try inference(architecture, stack, model)
    }

    private func products(_ model: any DeviceModel) {
        let shapes = (0..<2000).map { index in
            Operator.matrixMultiply(MatrixMultiply(m: 1 + (index &* 37) % 4000, n: 8 * (1 + (index &* 101) % 1500), k: 8 * (1 + (index &* 53) % 1500), scheme: .uniform(.bf16)))
        }
        var sum = 0.0
        let fresh = Stopwatch.best { for shape in shapes { sum += (try? model.project(shape, under: .init()).time.value) ?? 0 } } / Double(shapes.count)
        line("a GEMM never seen before", String(format: "%.2f µs", fresh * 1e6), "bar 5 µs", 5e-6 / fresh)
        var cache = ProjectionCache(model)
        for shape in shapes { _ = try? cache.project(shape, under: .init()) }
        let repeated = Stopwatch.best { for shape in shapes { sum += (try? cache.project(shape, under: .init()).time.value) ?? 0 } } / Double(shapes.count)
        line("a GEMM seen before", String(format: "%.3f µs", repeated * 1e6), "bar 0.2 µs", 0.2e-6 / repeated)
        precondition(sum > 0)
    }

    private func inference(_ architecture: Architecture, _ stack: SoftwareStack, _ model: any DeviceModel) throws {
        let configuration = try ModelLibrary.find("gpt3-175b")
        let request = WorkloadRequest(
            batch: 1, promptTokens: 1024, generatedTokens: 100, format: .bf16, parallelism: Parallelism(tensor: 8))
        var time = 0.0
        let seconds = try Stopwatch.best {
            let workload = try configuration.workload(for: request)
            var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model)
            time = try projector.project(workload).time.milliseconds
        }
        line("GPT-3 175B, 8 GPUs, prefill and 100 steps", String(format: "%.2f ms", seconds * 1e3), "bar 10 ms", 10e-3 / seconds)
        print(String(format: "  (projects %.1f ms)", time))
    }
}
