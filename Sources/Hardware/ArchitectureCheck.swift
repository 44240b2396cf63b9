import Quantities

/// Something about a device that does not add up.
public struct ArchitectureFinding: Hashable, Sendable, CustomStringConvertible {
    /// The check that found it.
    public enum Rule: String, Hashable, Sendable, CaseIterable {
        case peak, clock, memory, hierarchy, multiprocessor, array, interconnect, power, price, name
    }

    public var id: String
    public var rule: Rule
    public var message: String

    public var description: String { "\(id): \(rule.rawValue): \(message)" }
}

/// Checks numbers of a device against each other: what follows from several of them must agree with what is stated.
///
/// Missing sources, unknown and duplicate keys are refused when a file is decoded and do not reach these checks.
public enum ArchitectureCheck {
    /// A published peak may differ from units x rate x clock by this much before it needs a written reason: datasheets round to two or
    /// three digits.
    public static let peakTolerance = 0.03

    /// All findings for a device, in the order of the checks.
    public static func findings(_ device: Architecture) -> [ArchitectureFinding] {
        var report = Report(id: device.id)
        peaks(device, &report)
        clocks(device, &report)
        memory(device, &report)
        hierarchy(device, &report)
        multiprocessor(device, &report)
        array(device, &report)
        interconnect(device, &report)
        powerAndPrice(device, &report)
        return report.findings
    }

    /// Gathers findings of one device.
    struct Report {
        var id: String
        var findings: [ArchitectureFinding] = []

        mutating func add(_ rule: ArchitectureFinding.Rule, _ message: String) {
            findings.append(ArchitectureFinding(id: id, rule: rule, message: message))
        }
    }

    private static func peaks(_ device: Architecture, _ report: inout Report) {
        for published in device.publishedPeaks {
            let name = "\(published.engine.rawValue) \(published.format.rawValue)"
            guard let derived = device.peak(published.engine, published.format) else {
                report.add(.peak, "a peak is published for \(name), but no rate per clock is given")
                continue
            }
            let difference = derived / published.rate.value - 1
            if abs(difference) > peakTolerance, published.reason == nil {
                report.add(
                    .peak,
                    "\(name): units x rate x clock gives \(tera(derived)), published are \(tera(published.rate.value)) (\(percent(difference))): give a reason")
            }
        }
    }

    private static func clocks(_ device: Architecture, _ report: inout Report) {
        let boost = device.compute.boostClock.value
        if boost.value < 50e6 || boost.value > 7e9 { report.add(.clock, "a boost clock of \(boost) is no clock of a processor") }
        if let base = device.compute.baseClock?.value, base > boost { report.add(.clock, "the base clock \(base) is above the boost clock \(boost)") }
        if let matrix = device.compute.matrixClock?.value, matrix > boost {
            report.add(.clock, "the matrix clock \(matrix) is above the boost clock \(boost)")
        }
        if device.compute.rates.isEmpty { report.add(.peak, "no rate per clock is given in any format") }
    }

    private static func multiprocessor(_ device: Architecture, _ report: inout Report) {
        guard let unit = device.multiprocessor else {
            if device.deviceClass == .simtGPU { report.add(.multiprocessor, "a SIMT GPU needs a multiprocessor section") }
            return
        }
        if unit.maximumThreads.value % unit.threadsPerWarp.value != 0 {
            report.add(.multiprocessor, "\(unit.maximumThreads.value) threads are no whole number of warps of \(unit.threadsPerWarp.value)")
        }
        if let perCTA = unit.sharedMemoryPerCTA?.value, perCTA > unit.sharedMemory.value {
            report.add(
                .multiprocessor, "one CTA may have \(perCTA.binaryDescription) of shared memory, the unit has \(unit.sharedMemory.value.binaryDescription)")
        }
        let perThread = unit.registerFile.value.value / Double(unit.maximumThreads.value)
        if perThread < 32 { report.add(.multiprocessor, "\(perThread) bytes of registers a thread at full occupancy are too few") }
    }

    private static func array(_ device: Architecture, _ report: inout Report) {
        if device.deviceClass == .systolicArray, device.matrixArray == nil { report.add(.array, "a systolic array needs a matrix_array section") }
        guard let array = device.matrixArray, array.arraysPerUnit.source.kind != .estimated, array.rows.source.kind != .estimated else { return }
        let multiplyAdds = 2 * array.rows.value * array.columns.value * array.arraysPerUnit.value
        let rates = device.compute.rates.filter { $0.engine == .matrix }.map(\.operationsPerClock.value)
        guard !rates.isEmpty else { return }
        if !rates.contains(where: { abs($0 / Double(multiplyAdds) - 1) < peakTolerance }) {
            report.add(.array, "\(multiplyAdds) operations per clock follow from the arrays, but no matrix rate of a unit equals that")
        }
    }

    private static func powerAndPrice(_ device: Architecture, _ report: inout Report) {
        if let power = device.power {
            let design = power.thermalDesign.value
            if let idle = power.idle?.value, idle >= design { report.add(.power, "idle power \(idle) is not below the design power \(design)") }
            // From 2 GFLOP/s a watt (Kepler board) to 10 TFLOP/s a watt (4-bit formats of 2025).
            let best = device.compute.rates.compactMap { device.peak($0.engine, $0.format)?.value }.max() ?? 0
            let efficiency = best / design.value
            if best > 0, efficiency < 2e9 || efficiency > 1.5e13 {
                report.add(.power, "the highest peak is \(efficiency / 1e9) GFLOP/s a watt: peak or design power is wrong")
            }
        }
        for price in device.prices where price.dollarsPerHour.value.value < 0.02 || price.dollarsPerHour.value.value > 200 {
            report.add(.price, "\(price.dollarsPerHour.value.value) dollars an hour from \(price.provider) is no price of one device")
        }
    }

    static func tera(_ rate: OperationsPerSecond) -> String { "\(FixedPoint.format(rate.value / 1e12, fractionDigits: 2)) TFLOP/s" }
    static func percent(_ ratio: Double) -> String { "\(ratio > 0 ? "+" : "")\(FixedPoint.format(ratio * 100, fractionDigits: 1)) %" }
}
