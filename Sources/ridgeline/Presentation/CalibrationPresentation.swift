import Profiler
import Quantities
import Reports

/// A calibration as text and as data.
struct CalibrationPresentation {
    let calibration: Calibration

    var text: String {
        var parts = [levels.plain, products.plain]
        parts.append(TextTable(
            columns: [.text("kernel"), .number("value")],
            rows: calibration.kernelCosts.map { [$0.name, FixedPoint.format($0.value, fractionDigits: 3)] }).plain)
        var facts = ["clock \(Hertz(calibration.clock))", "port peak of a core \(OperationsPerSecond(calibration.portPeak)) in fp32"]
        if let dispatch = calibration.dispatchSeconds { facts.append("dispatch to \(calibration.threads) threads \(Seconds(dispatch))") }
        if let call = calibration.libraryCallSeconds { facts.append("library call \(Seconds(call))") }
        if let exponent = calibration.overlapExponent { facts.append("overlap exponent \(FixedPoint.format(exponent, fractionDigits: 2))") }
        if let load = calibration.loadBefore { facts.append("load average \(FixedPoint.format(load, fractionDigits: 2)) before") }
        parts.append(facts.joined(separator: "; "))
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var levels: TextTable {
        TextTable(
            columns: [
                .text("level"), .number("described"), .number("effective"), .number("read GB/s, 1 thread"), .number("write GB/s, 1"),
                .number("read GB/s, all"), .number("write GB/s, all"), .number("latency ns"),
            ],
            rows: calibration.levels.map { level in
                func rate(_ value: Double?) -> String { value.map { FixedPoint.format($0 / 1e9, fractionDigits: 1) } ?? "" }
                func size(_ value: Int?) -> String { value.map { Bytes(Double($0)).binaryDescription } ?? "" }
                return [
                    level.name, size(level.describedBytes), size(level.effectiveBytes), rate(level.readPerCore), rate(level.writePerCore),
                    rate(level.readTogether), rate(level.writeTogether),
                    level.latencySeconds.map { FixedPoint.format($0 * 1e9, fractionDigits: 2) } ?? "",
                ]
            })
    }

    private var products: TextTable {
        TextTable(
            columns: [.text("product"), .text("format"), .number("threads"), .number("GFLOP/s")],
            rows: calibration.products.map {
                ["\($0.m) x \($0.side) x \($0.side)", $0.format.rawValue, "\($0.threads)", FixedPoint.format($0.operationsPerSecond / 1e9, fractionDigits: 1)]
            })
    }

    var json: JSONText {
        .object([
            "clock_hz": .number(calibration.clock), "port_peak_flop_per_s": .number(calibration.portPeak), "threads": .integer(calibration.threads),
            "instruction_set": .string(calibration.instructionSet), "dispatch_us": .optional(calibration.dispatchSeconds.map { $0 * 1e6 }),
            "library_call_us": .optional(calibration.libraryCallSeconds.map { $0 * 1e6 }), "overlap_exponent": .optional(calibration.overlapExponent),
            "load_average_before": .optional(calibration.loadBefore), "load_average_after": .optional(calibration.loadAfter),
            "levels": .array(calibration.levels.map { level in
                .object([
                    "name": .string(level.name), "described_bytes": level.describedBytes.map { .integer($0) },
                    "effective_bytes": level.effectiveBytes.map { .integer($0) }, "read_b_per_s_per_core": .number(level.readPerCore),
                    "write_b_per_s_per_core": .number(level.writePerCore), "read_b_per_s": .optional(level.readTogether),
                    "write_b_per_s": .optional(level.writeTogether), "latency_s": .optional(level.latencySeconds),
                ])
            }),
            "products": .array(calibration.products.map {
                .object([
                    "format": .string($0.format.rawValue), "m": .integer($0.m), "n": .integer($0.side), "k": .integer($0.side),
                    "threads": .integer($0.threads), "flop_per_s": .number($0.operationsPerSecond),
                ])
            }),
            "bandwidth": .array(calibration.bandwidth.map {
                .object([
                    "working_set_bytes": .integer($0.workingSetBytes), "threads": .integer($0.threads), "read_b_per_s": .number($0.read),
                    "write_b_per_s": .number($0.write), "triad_b_per_s": .number($0.triad),
                ])
            }),
            "latency": .array(calibration.latency.map {
                .object(["working_set_bytes": .integer($0.workingSetBytes), "seconds": .number($0.seconds)])
            }),
            "kernels": .array(calibration.kernelCosts.map { .object(["name": .string($0.name), "value": .number($0.value)]) }),
        ])
    }
}
