import CPAPI
import Foundation

/// Counters of one thread straight from the kernel, for events that PAPI does not know on this processor: its tables are older than the
/// newest processors, the kernel's generic events are not.
///
/// The corresponding C function is `perf_event_open`.
struct KernelCounters: ~Copyable {
    private let descriptors: [Int32]

    /// - Throws: the first event that the kernel refuses, with its reason.
    init(_ events: [CounterEvent], thread: pid_t) throws(CounterUnavailability) {
        var opened: [Int32] = []
        for event in events {
            guard let code = Self.code(of: event) else {
                opened.forEach { close($0) }
                throw CounterUnavailability(name: event.name, code: Int(ENOENT), text: "the kernel has no such generic event")
            }
            // User code alone for the core's events, which every kernel setting allows; the kernel's own events happen in the kernel.
            let descriptor = CPAPI_openKernelEvent(code.type, code.config, thread, event.kind == .hardware ? 1 : 0)
            guard descriptor >= 0 else {
                let number = errno
                opened.forEach { close($0) }
                throw CounterUnavailability(name: event.name, code: Int(number), text: Self.text(number))
            }
            opened.append(descriptor)
        }
        descriptors = opened
    }

    private static func text(_ number: Int32) -> String {
        let text = "perf_event_open: \(String(cString: strerror(number)))"
        return number == ENOENT ? text + ", this processor or its hypervisor offers no such counter" : text
    }

    deinit { descriptors.forEach { close($0) } }

    /// Adds the counts since the start to `totals`, from `offset` on.
    ///
    /// - Returns: false when a counter could not be read, or never had its turn on the core's few counters.
    func add(to totals: inout [Double], offset: Int) -> Bool {
        for (index, descriptor) in descriptors.enumerated() {
            var reading: (value: UInt64, enabled: UInt64, running: UInt64) = (0, 0, 0)
            guard read(descriptor, &reading, 24) == 24, reading.running > 0 || reading.enabled == 0 else { return false }
            // Counters that share hardware run in turns: scaled to the whole time, as perf does.
            let scale = reading.running > 0 ? Double(reading.enabled) / Double(reading.running) : 1
            totals[offset + index] += Double(reading.value) * scale
        }
        return true
    }

    /// Type and number of the kernel's generic event (linux/perf_event.h).
    private static func code(of event: CounterEvent) -> (type: UInt32, config: UInt64)? {
        switch event.name {
        case "perf::TASK-CLOCK": (1, 1)
        case "perf::PAGE-FAULTS": (1, 2)
        case "perf::CONTEXT-SWITCHES": (1, 3)
        case "perf::CPU-MIGRATIONS": (1, 4)
        case "PAPI_TOT_CYC": (0, 0)
        case "PAPI_TOT_INS": (0, 1)
        case "PAPI_L3_TCM": (0, 3)
        case "PAPI_BR_MSP": (0, 5)
        // Cache events: cache | operation << 8 | result << 16; here read misses of the first data cache and of the data TLB.
        case "PAPI_L1_DCM": (3, 0x1_0000)
        case "PAPI_TLB_DM": (3, 0x1_0003)
        default: nil
        }
    }
}
