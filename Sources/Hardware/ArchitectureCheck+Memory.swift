import Quantities

extension ArchitectureCheck {
    /// Lowest and highest transfer rate of a data pin, in Gbit/s, by the JEDEC generation that a technology's name begins with.
    static let pinRates: [(prefix: String, gigabits: ClosedRange<Double>)] = [
        ("HBM3e", 5.8...9.6), ("HBM3", 3.9...6.5), ("HBM2e", 2.4...3.7), ("HBM2", 1.2...2.5),
        ("GDDR7", 24...36), ("GDDR6X", 18...24), ("GDDR6", 10...20.5), ("GDDR5", 3.5...9.1),
        ("LPDDR5X", 6.3...10.7), ("LPDDR5", 5.4...6.5), ("LPDDR4X", 3.1...4.3), ("LPDDR4", 2.1...4.3),
        ("DDR5", 4.0...8.9), ("DDR4", 1.6...3.3),
    ]

    static func memory(_ device: Architecture, _ report: inout Report) {
        for memory in [device.memory] + (device.backingMemory.map { [$0] } ?? []) {
            if let width = memory.busWidthBits?.value {
                let perPin = memory.bandwidth.value.value * 8 / width / 1e9
                if let stated = memory.dataRatePerPin?.value, abs(perPin * 1e9 / stated - 1) > peakTolerance {
                    report.add(
                        .memory,
                        "\(FixedPoint.format(width, fractionDigits: 0)) bits at \(FixedPoint.format(stated / 1e9, fractionDigits: 2)) Gbit/s do not make \(memory.bandwidth.value)")
                }
                if let range = pinRate(memory.technology), !range.contains(perPin) {
                    report.add(
                        .memory,
                        "\(memory.bandwidth.value) over \(FixedPoint.format(width, fractionDigits: 0)) bits are \(FixedPoint.format(perPin, fractionDigits: 2)) Gbit/s a pin, \(memory.technology) has \(range.lowerBound) to \(range.upperBound)")
                }
            }
            if let reached = memory.achievableBandwidth?.value, reached.value > memory.bandwidth.value.value * 1.02 {
                report.add(.memory, "a measured bandwidth of \(reached) is above the peak of \(memory.bandwidth.value)")
            }
        }
    }

    private static func pinRate(_ technology: String) -> ClosedRange<Double>? {
        let name = technology.lowercased()
        return pinRates.first { name.hasPrefix($0.prefix.lowercased()) }?.gigabits
    }

    /// Nearer memory is smaller, faster and answers sooner than what lies behind it.
    static func hierarchy(_ device: Architecture, _ report: inout Report) {
        let units = Double(device.compute.units.value)
        let clock = device.compute.boostClock.value.value
        var previous: (name: String, capacity: Double, bandwidth: Double?, latency: Double?)?
        for cache in device.caches where cache.name != "PSUM" {
            let copies = cache.scope == .unit ? units : 1
            let capacity = cache.capacity.value.value
            let rate = cache.bytesPerClock.map { $0.value * clock } ?? cache.bandwidth?.value.value
            let level = (name: cache.name, capacity: capacity, bandwidth: rate.map { $0 * copies }, latency: cache.latencyCycles.map { $0.value / clock })
            if let nearer = previous {
                // A CPU's L2 is the sum of private caches that the L3 need not contain.
                compare(nearer, level, &report, comparesCapacity: device.deviceClass != .cpu)
            }
            if let line = cache.lineBytes?.value, line & (line - 1) != 0 {
                report.add(.hierarchy, "\(cache.name) has lines of \(line) bytes, which is no power of two")
            }
            previous = level
        }
        guard let last = previous else { return }
        let memory = (
            name: "memory", capacity: device.memory.capacity.value.value, bandwidth: Optional(device.memory.bandwidth.value.value),
            latency: device.memory.latency?.value.value)
        compare(last, memory, &report)
    }

    private static func compare(
        _ nearer: (name: String, capacity: Double, bandwidth: Double?, latency: Double?),
        _ further: (name: String, capacity: Double, bandwidth: Double?, latency: Double?), _ report: inout Report,
        comparesCapacity: Bool = true
    ) {
        if comparesCapacity, nearer.capacity > further.capacity {
            report.add(
                .hierarchy, "\(nearer.name) (\(Bytes(nearer.capacity).binaryDescription)) is larger than \(further.name) (\(Bytes(further.capacity).binaryDescription))")
        }
        if let near = nearer.bandwidth, let far = further.bandwidth, near < far * 0.95 {
            report.add(.hierarchy, "\(nearer.name) (\(BytesPerSecond(near))) is slower than \(further.name) (\(BytesPerSecond(far)))")
        }
        if let near = nearer.latency, let far = further.latency, near > far {
            report.add(.hierarchy, "\(nearer.name) answers after \(Seconds(near)), later than \(further.name) (\(Seconds(far)))")
        }
    }
}
