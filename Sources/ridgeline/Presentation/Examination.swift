import CPUKernels
import HostTopology
import PerformanceCounters
import Quantities
import Reports

/// What a machine has for running and measuring models: one finding a line, with the remedy where there is one.
struct Examination {
    enum Verdict: String { case available, limited, missing }

    struct Finding {
        var subject: String
        var verdict: Verdict
        var explanation: String
    }

    let findings: [Finding]

    init(machine: TopologyPresentation) {
        let host = machine.host
        findings =
            [Self.vectors(host), Self.arithmetic(host), Self.products(), Self.cores(host), Self.memory(host), Self.hugePages(host), Self.load()]
            + Self.counters(machine)
    }

    var text: String {
        var table = TextTable(columns: [.text("what"), .text("state"), .text("why")])
        for finding in findings {
            for (index, line) in Self.lines(of: finding.explanation).enumerated() {
                table.rows.append(index == 0 ? [finding.subject, finding.verdict.rawValue, line] : ["", "", line])
            }
        }
        return table.plain + "\n"
    }

    /// A sentence broken between words, so that the table fits a terminal of some 120 columns.
    private static func lines(of text: String) -> [String] {
        let width = 84
        return text.split(separator: " ").reduce(into: [String]()) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width { lines[lines.count - 1] = "\(last) \(word)" } else { lines.append(String(word)) }
        }
    }

    var json: JSONText {
        .object([
            "findings": .array(findings.map {
                .object(["subject": .string($0.subject), "state": .string($0.verdict.rawValue), "explanation": .string($0.explanation)])
            })
        ])
    }

    private static func vectors(_ host: HostTopology) -> Finding {
        let subject = "vector instructions"
        switch host.vectorInstructions.level {
        case .avx512: return Finding(subject: subject, verdict: .available, explanation: "AVX-512 kernels run")
        case .avx2: return Finding(subject: subject, verdict: .available, explanation: "AVX2 kernels run; this processor has no AVX-512")
        case .baseline: return Finding(subject: subject, verdict: .limited, explanation: "only baseline kernels run: no AVX2 with FMA here")
        }
    }

    private static func arithmetic(_ host: HostTopology) -> Finding {
        let vector = host.vectorInstructions
        let lacking = [vector.hasBF16 ? nil : "bfloat16 products (AVX-512 BF16)", vector.hasVNNI ? nil : "8-bit products (AVX-512 VNNI)"].compactMap { $0 }
        return lacking.isEmpty
            ? Finding(subject: "low-precision products", verdict: .available, explanation: "bfloat16 and 8-bit dot products in hardware")
            : Finding(subject: "low-precision products", verdict: .limited, explanation: "the processor lacks " + lacking.joined(separator: " and ") + "; the library emulates them, slower than fp32")
    }

    /// Multiplies two small matrices: the library is there, and runs.
    private static func products() -> Finding {
        let subject = "oneDNN"
        do throws(KernelError) {
            let kernels = try KernelTable(try InstructionSet.selected())
            return try withMatrix { values throws(KernelError) in
                let matrix = try PackedMatrix(MatrixSource(values, n: 16, k: 16, layout: .outputMajor), format: .f32, workers: 1, kernels: kernels)
                try matrix.multiply(values, m: 2, to: values + 512, pool: WorkerPool(threads: 1), kernels: kernels, scratch: ScratchMemory())
                return Finding(subject: subject, verdict: .available, explanation: "a product ran")
            }
        } catch {
            return Finding(subject: subject, verdict: .missing, explanation: error.description)
        }
    }

    private static func withMatrix(
        _ body: (UnsafeMutablePointer<Float>) throws(KernelError) -> Finding
    ) throws(KernelError) -> Finding {
        let values = UnsafeMutablePointer<Float>.allocate(capacity: 1024)
        values.initialize(repeating: 1, count: 1024)
        defer { values.deallocate() }
        return try body(values)
    }

    private static func cores(_ host: HostTopology) -> Finding {
        let usable = host.recommendedThreads
        let subject = "cores"
        guard usable < host.cores.count else {
            return Finding(subject: subject, verdict: .available, explanation: "\(usable) cores, all usable; threads are pinned through hwloc")
        }
        let reason = host.limits.controlGroupProcessors.map { "the control group grants \(FixedPoint.format($0, fractionDigits: 2)) CPUs" }
            ?? "the affinity mask allows processing units \(TopologyPresentation.ranges(host.limits.allowedProcessingUnits))"
        return Finding(subject: subject, verdict: .limited, explanation: "\(usable) of \(host.cores.count) cores: \(reason)")
    }

    private static func memory(_ host: HostTopology) -> Finding {
        let subject = "memory"
        guard let total = host.memory.totalBytes else {
            return Finding(subject: subject, verdict: .limited, explanation: "/proc/meminfo cannot be read: the size of memory is unknown")
        }
        let available = host.memory.availableBytes.map { ", \(Bytes(Double($0)).binaryDescription) of it free" } ?? ""
        let size = "\(Bytes(Double(total)).binaryDescription)\(available)"
        return Finding(subject: subject, verdict: .available, explanation: host.memory.disagreement.map { "\(size); \($0)" } ?? size)
    }

    private static func hugePages(_ host: HostTopology) -> Finding {
        let subject = "huge pages"
        switch host.memory.hugePages {
        case "always", "madvise": return Finding(subject: subject, verdict: .available, explanation: "calibration asks for them, so latencies hold few TLB misses")
        case "never": return Finding(subject: subject, verdict: .missing, explanation: "/sys/kernel/mm/transparent_hugepage/enabled says never: measured latencies include TLB misses")
        default: return Finding(subject: subject, verdict: .missing, explanation: "the system does not tell whether it has any")
        }
    }

    private static func load() -> Finding {
        let subject = "quiet machine"
        guard let load = HostTopology.loadAverage else { return Finding(subject: subject, verdict: .missing, explanation: "/proc/loadavg cannot be read") }
        let text = "load average \(FixedPoint.format(load, fractionDigits: 2))"
        return load < 0.5
            ? Finding(subject: subject, verdict: .available, explanation: text)
            : Finding(subject: subject, verdict: .limited, explanation: "\(text): other programs take time, bandwidth and cache from what is measured")
    }

    /// `cycles, instructions (reason)`: one entry a reason, in order of appearance.
    private static func byReason(_ statuses: [CounterStatus]) -> [String] {
        var reasons: [String] = []
        for case let reason? in statuses.map(\.unavailability?.text) where !reasons.contains(reason) { reasons.append(reason) }
        return reasons.map { reason in
            statuses.filter { $0.unavailability?.text == reason }.map(\.event.title).joined(separator: ", ") + " (\(reason))"
        }
    }

    private static func counters(_ machine: TopologyPresentation) -> [Finding] {
        var findings = [CounterEvent.Kind.software, .hardware].map { kind -> Finding in
            let own = machine.counters.filter { $0.event.kind == kind }
            let live = own.filter(\.isLive).map(\.event.title)
            let lacking = Self.byReason(own)
            let verdict: Verdict = lacking.isEmpty ? .available : live.isEmpty ? .missing : .limited
            let parts = [live.isEmpty ? nil : "live: " + live.joined(separator: ", "), lacking.isEmpty ? nil : "missing: " + lacking.joined(separator: "; ")]
            return Finding(subject: "\(kind.rawValue) counters", verdict: verdict, explanation: parts.compactMap { $0 }.joined(separator: "; "))
        }
        findings += machine.disabledComponents.filter { $0.name.hasPrefix("perf_") }.map {
            Finding(subject: "PAPI component \($0.name)", verdict: .missing, explanation: $0.text)
        }
        return findings
    }
}
