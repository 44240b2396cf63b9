import HostTopology
import PerformanceCounters
import Quantities
import Reports

/// The machine as text and as data; `topology` and `doctor` print it.
struct TopologyPresentation {
    let host: HostTopology
    let counters: [CounterStatus]
    let disabledComponents: [CounterUnavailability]
    /// Median wall time of one reading of all live counters.
    let readingCostMicroseconds: Double?

    /// Looks at the machine that runs this.
    ///
    /// - Throws: `TopologyError` when hwloc cannot read the machine.
    static func ofThisMachine() throws -> TopologyPresentation {
        let host = try HostTopology.discover()
        var counters = ProcessCounters()
        let cost = counters.live.isEmpty ? nil : counters.readingCostMicroseconds()
        return TopologyPresentation(
            host: host, counters: counters.statuses, disabledComponents: ProcessCounters.disabledComponents, readingCostMicroseconds: cost)
    }

    // MARK: - Text

    var text: String {
        [machine.plain, caches.plain, counterTable.plain, notes.joined(separator: "\n")].filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    var machine: TextTable {
        let memory = host.memory
        var rows = [
            ["processor", host.processorName ?? "unknown"],
            ["packages", "\(host.packages)"],
            ["cores", "\(host.cores.count) (\(host.processingUnits) hardware threads)"],
            ["usable by this process", usable],
            ["vector instructions", vectorInstructions],
            ["memory", memory.totalBytes.map { Bytes(Double($0)).binaryDescription } ?? "unknown"],
            ["memory available", memory.availableBytes.map { Bytes(Double($0)).binaryDescription } ?? "unknown"],
            ["transparent huge pages", memory.hugePages ?? "unknown"],
        ]
        for node in memory.nodes {
            rows.append([
                "NUMA node \(node.number)",
                "\(Bytes(Double(node.memoryBytes)).binaryDescription), processing units \(Self.ranges(node.processingUnits))",
            ])
        }
        return TextTable(columns: [.text("machine"), .text("value")], rows: rows)
    }

    private var usable: String {
        let quota = host.limits.controlGroupProcessors.map { ", control group grants \(FixedPoint.format($0, fractionDigits: 2)) CPUs" } ?? ""
        return "processing units \(Self.ranges(host.limits.allowedProcessingUnits))\(quota); \(host.recommendedThreads) worker(s) recommended"
    }

    private var vectorInstructions: String {
        let vector = host.vectorInstructions
        let extras = [vector.hasVNNI ? "VNNI" : nil, vector.hasBF16 ? "BF16" : nil].compactMap { $0 }
        return "\(vector.level.rawValue) (\(vector.level.vectorBits) bit)" + (extras.isEmpty ? "" : ", " + extras.joined(separator: ", "))
    }

    var caches: TextTable {
        TextTable(
            columns: [.text("cache"), .number("size"), .number("line B"), .number("ways"), .number("instances"), .number("cores each")],
            rows: host.caches.map { cache in
                [
                    cache.name, Bytes(Double(cache.sizeBytes)).binaryDescription, cache.lineBytes.map(String.init) ?? "unknown",
                    cache.associativity.map(String.init) ?? "unknown", "\(cache.instances)", "\(cache.coresPerInstance)",
                ]
            })
    }

    var counterTable: TextTable {
        TextTable(
            columns: [.text("counter"), .text("kind"), .text("state"), .text("reason")],
            rows: counters.map { [$0.event.name, $0.event.kind.rawValue, Self.state($0), $0.unavailability.map { "\($0.text) (code \($0.code))" } ?? ""] })
    }

    /// Sentences below the tables.
    var notes: [String] {
        var notes: [String] = []
        if let disagreement = host.memory.disagreement { notes.append("Memory: \(disagreement).") }
        if let cost = readingCostMicroseconds {
            notes.append("Reading all live counters takes \(FixedPoint.format(cost, fractionDigits: 1)) µs (median of 101 readings).")
        }
        for component in disabledComponents { notes.append("PAPI component \(component.name) is off: \(component.text).") }
        return notes
    }

    static func state(_ status: CounterStatus) -> String {
        switch status.state {
        case .perThread: "live, per thread"
        case .perProcess: "live, per process"
        case .unavailable: "unavailable"
        }
    }

    /// `0-3,8` for 0, 1, 2, 3 and 8.
    static func ranges(_ numbers: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var last = index
            while last + 1 < numbers.count, numbers[last + 1] == numbers[last] + 1 { last += 1 }
            parts.append(last == index ? "\(numbers[index])" : "\(numbers[index])-\(numbers[last])")
            index = last + 1
        }
        return parts.joined(separator: ",")
    }

    // MARK: - Data

    var json: JSONText {
        .object([
            "processor": host.processorName.map { .string($0) },
            "packages": .integer(host.packages),
            "cores": .array(host.cores.map { core in
                .object(["package": .integer(core.package), "processing_units": .array(core.processingUnits.map { .integer($0) })])
            }),
            "allowed_processing_units": .array(host.limits.allowedProcessingUnits.map { .integer($0) }),
            "control_group_cpus": .optional(host.limits.controlGroupProcessors),
            "recommended_threads": .integer(host.recommendedThreads),
            "vector_instructions": .object([
                "level": .string(host.vectorInstructions.level.rawValue), "bits": .integer(host.vectorInstructions.level.vectorBits),
                "vnni": .boolean(host.vectorInstructions.hasVNNI), "bf16": .boolean(host.vectorInstructions.hasBF16),
            ]),
            "caches": .array(host.caches.map { cache in
                .object([
                    "level": .integer(cache.level), "size_bytes": .integer(cache.sizeBytes), "line_bytes": cache.lineBytes.map { .integer($0) },
                    "ways": cache.associativity.map { .integer($0) }, "instances": .integer(cache.instances),
                    "cores_per_instance": .integer(cache.coresPerInstance),
                ])
            }),
            "memory": .object([
                "total_bytes": host.memory.totalBytes.map { .integer($0) }, "available_bytes": host.memory.availableBytes.map { .integer($0) },
                "transparent_huge_pages": host.memory.hugePages.map { .string($0) },
                "nodes": .array(host.memory.nodes.map { node in
                    .object([
                        "number": .integer(node.number), "memory_bytes": .integer(node.memoryBytes),
                        "processing_units": .array(node.processingUnits.map { .integer($0) }),
                    ])
                }),
                "disagreement": host.memory.disagreement.map { .string($0) },
            ]),
            "counters": .array(counters.map(Self.json)),
            "counter_reading_us": .optional(readingCostMicroseconds),
            "disabled_counter_components": .array(disabledComponents.map { .object(["name": .string($0.name), "reason": .string($0.text)]) }),
        ])
    }

    private static func json(_ status: CounterStatus) -> JSONText {
        .object([
            "name": .string(status.event.name), "kind": .string(status.event.kind.rawValue), "state": .string(state(status)),
            "code": status.unavailability.map { .integer($0.code) }, "reason": status.unavailability.map { .string($0.text) },
        ])
    }
}
