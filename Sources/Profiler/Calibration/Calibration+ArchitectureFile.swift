import Foundation
import HostTopology
import Quantities

extension Calibration {
    /// The architecture file of this machine (docs/file-formats.md), each number with how it was measured.
    public var architectureFile: String {
        var writer = ArchitectureWriter()
        let cores = host.usableCores.count
        let processor = host.processorName ?? "unknown processor"
        writer.comment("Written by `ridgeline calibrate`: what was measured on one machine, not a datasheet.")
        writer.text("name", "\(processor), \(threads) of \(host.cores.count) cores, calibrated")
        writer.text("vendor", Self.vendor(of: processor))
        writer.text("class", "cpu")
        writer.text("generation", "calibrated-\(instructionSet)")
        writer.text("notes", notes(cores: cores))
        writer.open("compute")
        writer.text("unit_name", "core")
        writer.number("units", Double(threads), "measured: cores that this process may use, one worker on each")
        writer.number("boost_clock_mhz", clock / 1e6, how("chain of dependent one-cycle integer operations"))
        writer.open("operations_per_clock_per_unit")
        writer.open("vector")
        writer.number("fp32", portPeak / clock, how("independent multiply-adds in registers (\(instructionSet)) over the clock"))
        for product in squareProducts(threads: 1) where product.format != .fp32 {
            writer.number(
                product.format.rawValue, product.operationsPerSecond / clock,
                how("\(product.m)^3 product through oneDNN, packed weights, conversion of activations included, over the clock"))
        }
        writer.close(3)
        memory(&writer)
        caches(&writer)
        writer.open("processor")
        let level = VectorInstructions.Level(rawValue: instructionSet) ?? .baseline
        writer.number("vector_bits", Double(level.vectorBits), "measured: CPUID")
        let lanes = Double(level.vectorBits) / 32
        writer.number("vector_ports", max(1, (portPeak / clock / 2 / lanes).rounded()), how("multiply-adds per clock over the lanes of a register, rounded"))
        writer.number("sockets", Double(host.packages), "measured: hwloc")
        if let dispatchSeconds {
            writer.number("dispatch_latency_us", dispatchSeconds * 1e6, how("empty piece of work on \(threads) pinned workers until all have answered, wall clock"))
        }
        if let memory = levels.last {
            writer.number("bandwidth_per_core_gb_per_s", memory.readPerCore / 1e9, how("one thread reads a working set beyond all caches, small pages"))
        }
        writer.close()
        constants(&writer)
        return writer.output
    }

    private func memory(_ writer: inout ArchitectureWriter) {
        guard let level = levels.last else { return }
        writer.open("memory")
        writer.text("technology", "DRAM")
        let capacity = host.memory.totalBytes ?? host.memory.nodeBytes
        writer.number("capacity_gib", max(0.001, Double(capacity) / 1_073_741_824), "measured: MemTotal of /proc/meminfo")
        let read = max(level.readTogether ?? 0, level.readPerCore)
        writer.number("bandwidth_gb_per_s", read / 1e9, how("\(threads) thread(s) read working sets beyond all caches together on small pages, the better of one and all"))
        if let latency = level.latencySeconds {
            writer.number("latency_ns", latency * 1e9, how("pointer chase over the largest working set, \(pages)"))
        }
        writer.close()
    }

    private func caches(_ writer: inout ArchitectureWriter) {
        writer.open("caches")
        for level in levels.dropLast() {
            writer.open(level.name)
            writer.text("scope", level.isPerCore ? "unit" : "device")
            let described = level.describedBytes ?? 0
            let effective = level.effectiveBytes ?? described
            writer.number(
                "capacity_kib", Double(effective) / 1024,
                how("knee of one thread's read bandwidth; the system describes \(described / 1024) KiB"))
            let read = level.isPerCore ? level.readPerCore : max(level.readTogether ?? 0, level.readPerCore)
            writer.number("bandwidth_gb_per_s", read / 1e9, how(level.isPerCore ? "one thread reads" : "\(threads) thread(s) read together, the better of one and all"))
            if let latency = level.latencySeconds {
                writer.number("latency_cycles", latency * clock, how("pointer chase, \(pages), times the clock"))
            }
            writer.close()
        }
        writer.close()
    }

    private func constants(_ writer: inout ArchitectureWriter) {
        writer.open("constants")
        writer.open("cpu")
        if let square = squareProducts(threads: 1).first(where: { $0.format == .fp32 }) {
            writer.number(
                "product_efficiency", min(1, square.operationsPerSecond / portPeak),
                how("\(square.m)^3 fp32 product through oneDNN, packed weights, over the port peak"))
            if let share = allCoreShare {
                writer.number(
                    "all_core_share", share,
                    how("\(square.m)^3 products on \(threads) threads by the wall clock over \(threads) times one thread's CPU time, best of the formats"))
            }
        }
        if let libraryCallSeconds {
            writer.number("library_call_us", libraryCallSeconds * 1e6, how("2 x 16 x 16 product through oneDNN less its arithmetic"))
        }
        if let overlapExponent {
            writer.number(
                "overlap_exponent", overlapExponent,
                how("8 x 4096 x 4096 fp32 product: p of (arithmetic^p + weight stream^p)^(1/p), within 1 to 16"))
        }
        for level in levels {
            let name = level.name.lowercased()
            writer.number("\(name)_write_gb_per_s_per_core", level.writePerCore / 1e9, how("one thread writes"))
            if !level.isPerCore {
                writer.number("\(name)_read_gb_per_s_per_core", level.readPerCore / 1e9, how("one thread reads"))
                writer.number("\(name)_write_gb_per_s", max(level.writeTogether ?? 0, level.writePerCore) / 1e9, how("\(threads) thread(s) write together, the better of one and all"))
            }
        }
        for cost in kernelCosts { writer.number(cost.name, cost.value, how(cost.how)) }
        writer.close(2)
    }

    /// What all cores keep of one core's rate: clock, power and shared hardware. The best of the formats, since other programs only take.
    var allCoreShare: Double? {
        guard threads > 1 else { return nil }
        let shares = squareProducts(threads: 1).compactMap { single in
            squareProducts(threads: threads).first { $0.format == single.format }.map {
                $0.operationsPerSecond / single.operationsPerSecond / Double(threads)
            }
        }
        return shares.max().map { min(1, $0) }
    }

    func squareProducts(threads: Int) -> [ProductRate] { products.filter { $0.threads == threads && $0.m == $0.side } }

    private var pages: String { usesHugePages == true ? "huge pages" : usesHugePages == false ? "small pages" : "page size unknown" }

    private func how(_ what: String) -> String {
        "measured: \(what)\(what.contains("minimum") ? "" : "; best of repetitions")"
    }

    private func notes(cores: Int) -> String {
        func load(_ value: Double?) -> String { value.map { FixedPoint.format($0, fractionDigits: 2) } ?? "unknown" }
        let busy = (loadBefore ?? 0) > 0.5 ? " Other programs ran during calibration: numbers of all threads together are lower bounds." : ""
        return "One-thread numbers are thread CPU time, those of all threads wall clock, each the best of repetitions of at least "
            + "\(FixedPoint.format(plan.secondsPerPoint * 1000, fractionDigits: 0)) ms. \(cores) usable cores. Bandwidth on small pages, latency on \(pages). Load average before "
            + "\(load(loadBefore)), after \(load(loadAfter)) (calibration itself adds up to \(threads)).\(busy)"
    }

    private static func vendor(of processor: String) -> String {
        ["AMD", "Intel", "Ampere", "Apple", "ARM", "Fujitsu", "Hygon", "Zhaoxin"].first { processor.lowercased().contains($0.lowercased()) } ?? "unknown"
    }
}

/// Writes the YAML of an architecture file.
private struct ArchitectureWriter {
    var output = ""
    private var indent = ""

    mutating func comment(_ text: String) { output += "# \(text)\n\n" }
    mutating func text(_ key: String, _ value: String) { output += "\(indent)\(key): \(Self.quote(value))\n" }
    mutating func open(_ key: String) {
        output += "\(indent)\(key):\n"
        indent += "  "
    }
    mutating func close(_ levels: Int = 1) { indent.removeLast(2 * levels) }

    /// A number with its source, to six significant digits; one that is not finite is left out, since unknown is absent.
    mutating func number(_ key: String, _ value: Double, _ source: String) {
        guard value.isFinite else { return }
        var digits = 0
        var magnitude = abs(value)
        while magnitude > 0, magnitude < 1e5, digits < 9 {
            magnitude *= 10
            digits += 1
        }
        var text = FixedPoint.format(value, fractionDigits: digits)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        output += "\(indent)\(key): {value: \(text), source: \(Self.quote(source))}\n"
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case let control where control.value < 0x20: quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
