import CPUKernels
import Foundation
import HostTopology
import Quantities

/// Measures this CPU for the simulator: clock, ports, products, memory at every distance, threads, kernels.
///
/// Nothing here runs a model or an operator of a model's shape, so a projection made with the result is a prediction.
public struct Calibrator {
    private let host: HostTopology
    private let plan: CalibrationPlan
    private let threads: Int
    private let binding: ThreadBinding

    /// - Parameter threads: workers of the measurements with all threads; nil for one a usable core.
    /// - Throws: when the machine cannot be looked at.
    public init(host: HostTopology, plan: CalibrationPlan, threads: Int? = nil) throws(TopologyError) {
        self.host = host
        self.plan = plan
        self.threads = max(1, threads ?? host.recommendedThreads)
        binding = try ThreadBinding()
    }

    /// Runs all probes on the calling thread and pinned workers; the calling thread keeps its pin until the end.
    ///
    /// - Parameter progress: called before each step.
    /// - Throws: when no kernels run here, or memory is lacking.
    public func run(progress: (CalibrationStep) -> Void = { _ in }) throws(CalibrationError) -> Calibration {
        let start = ProbeTimer.now(.wall)
        let loadBefore = HostTopology.loadAverage
        let tables: (probes: ProbeTable, kernels: KernelTable)
        do throws(KernelError) {
            let set = try InstructionSet.selected()
            tables = (try ProbeTable(set), try KernelTable(set))
        } catch { throw CalibrationError(error.description) }
        let units = host.usableCores
        let allowed = host.limits.allowedProcessingUnits
        let binding = binding
        // A machine that forbids pinning is measured unpinned.
        if let first = units.first { try? binding.bindCurrentThread(toProcessingUnit: first) }
        defer { try? binding.bindCurrentThread(toProcessingUnits: allowed) }
        let one = WorkerPool(threads: 1)
        let all = WorkerPool(threads: threads) { worker in
            if worker > 0, worker < units.count { try? binding.bindCurrentThread(toProcessingUnit: units[worker]) }
        }
        let timer = ProbeTimer(budgetSeconds: plan.secondsPerPoint)
        let arithmetic = ArithmeticProbe(loops: tables.probes, kernels: tables.kernels, timer: ProbeTimer(budgetSeconds: 4 * plan.secondsPerPoint))
        progress(.clock)
        // The vector units must be awake: some processors lower their clock for them.
        let portPeakFirst = arithmetic.portPeak()
        let clock = arithmetic.clock()
        progress(.arithmetic)
        let portPeak = max(portPeakFirst, arithmetic.portPeak())
        progress(.products)
        let products = self.products(arithmetic, one: one, all: all)
        let probe = MemoryProbe(loops: tables.probes, timer: timer)
        progress(.bandwidth)
        let bandwidth = try self.bandwidth(probe, all: all, progress: progress)
        progress(.latency)
        // Huge pages, so that the time is the cache's and not the page table's.
        let chased = try ProbeMemory(bytes: plan.latencySets.last ?? 1 << 20, onHugePages: true)
        let latency = plan.latencySets.map { probe.latency($0, in: chased) }
        progress(.dispatch)
        let dispatch = threads > 1 ? timer.seconds(.wall, sampleSeconds: 2e-4) { all.run { _ in } } : nil
        let call = libraryCall(arithmetic, pool: one, portPeak: portPeak)
        progress(.kernels)
        let costs = KernelProbe(kernels: tables.kernels, timer: timer, clock: clock).costs()
        return Calibration(
            host: host, plan: plan, threads: threads, instructionSet: tables.kernels.instructionSet.rawValue, clock: clock, portPeak: portPeak,
            products: products, bandwidth: bandwidth, latency: latency, dispatchSeconds: dispatch, libraryCallSeconds: call, kernelCosts: costs,
            usesHugePages: chased.isOnHugePages, loadBefore: loadBefore, loadAfter: HostTopology.loadAverage,
            elapsedSeconds: ProbeTimer.now(.wall) - start)
    }

    /// Streams of one thread and of all, on the small pages that programs get for weights and activations unless they ask for others.
    private func bandwidth(
        _ probe: MemoryProbe, all: WorkerPool, progress: (CalibrationStep) -> Void
    ) throws(CalibrationError) -> [BandwidthPoint] {
        let largest = plan.workingSets.last ?? 1 << 20
        let memory = try ProbeMemory(bytes: largest * (plan.measuresAllThreads ? threads : 1), onHugePages: false)
        let single = plan.workingSets.map { probe.bandwidth($0, in: memory) }
        guard threads > 1, plan.measuresAllThreads else { return single }
        progress(.allThreadsBandwidth)
        return single + plan.workingSets.map { probe.bandwidth($0, in: memory, pool: all) }
    }

    /// Square products in each format on one thread and on all, then fp32 products of 8 rows whose weights come from main memory.
    private func products(_ probe: ArithmeticProbe, one: WorkerPool, all: WorkerPool) -> [ProductRate] {
        var rates: [ProductRate] = []
        for format in ArithmeticProbe.formats {
            guard let single = probe.product(format, m: plan.productSide, side: plan.productSide, pool: one) else { continue }
            rates.append(single)
            if threads > 1, let together = probe.product(format, m: plan.productSide, side: plan.productSide, pool: all) { rates.append(together) }
        }
        if let streaming = probe.product(ArithmeticProbe.formats[0], m: 8, side: 4096, pool: one) { rates.append(streaming) }
        return rates
    }

    /// Time of the smallest product that goes through the library, less its arithmetic.
    private func libraryCall(_ probe: ArithmeticProbe, pool: WorkerPool, portPeak: Double) -> Double? {
        let m = 2
        let n = 16
        let k = 16
        guard let seconds = probe.productSeconds(.f32, m: m, n: n, k: k, pool: pool) else { return nil }
        return max(0, seconds - 2 * Double(m * n * k) / max(1, portPeak))
    }
}
