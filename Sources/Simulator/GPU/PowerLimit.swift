import Foundation

/// The clock that a sustained power limit leaves to a kernel.
///
/// Board power is static power, memory traffic at a fixed energy per byte, and on-chip work whose energy per operation grows with
/// clock^exponent (voltage follows frequency). A kernel that would draw more than the board may lowers the clock until it fits.
public struct PowerLimit: Sendable {
    /// Power left for work, picojoules per microsecond (1 W = 1e6); nil when the device states no power.
    public var budget: Double?
    /// Static power, picojoules per microsecond.
    public var idle: Double
    /// Exponent of the relative clock in the energy of an operation.
    public var clockExponent: Double
    /// Time constant with which a cold start reaches the sustained clock, microseconds.
    public var thermalTime: Double
    /// Energy of one byte moved from main memory, picojoules.
    public var memoryPicojoulesPerByte: Double
    /// Energy of one byte moved from the shared cache, picojoules.
    public var cachePicojoulesPerByte: Double

    init(_ machine: GPUMachine, _ read: ConstantReader) {
        // 0.95: boards regulate a little below their limit; 0.15: leakage, fans, memory refresh (idle to TDP ratios of data sheets).
        let cap = read("power", "cap_share", default: 0.95)
        let leak = read("power", "static_share", default: 0.15)
        budget = machine.thermalDesignWatts.map { max(cap - leak, 0.05) * $0 * 1e6 }
        idle = leak * (machine.thermalDesignWatts ?? 0) * 1e6
        clockExponent = read("power", "clock_exponent", default: 1.0)
        thermalTime = read("power", "thermal_time_us", default: 600)
        // HBM 4 to 6 pJ/bit at device and interface (O'Connor et al., MICRO 2017), GDDR6 about 7.
        memoryPicojoulesPerByte = read("power", "memory_pj_per_byte", default: 45)
        cachePicojoulesPerByte = read("power", "cache_pj_per_byte", default: 8)
    }

    /// Relative clock (1 is the full one) at which a kernel stays within the limit, and its time there.
    ///
    /// - Parameters:
    ///   - dynamic: picojoules of on-chip work at full clock.
    ///   - memory: picojoules of memory traffic.
    ///   - time: microseconds of the kernel at a relative clock; must not grow with the clock.
    func settle(dynamic: Double, memory: Double, time: (Double) -> Double) -> (clock: Double, time: Double) {
        let full = time(1)
        guard let budget, dynamic + memory > budget * full else { return (1, full) }
        // Energy at clock f over budget is the least time that the limit allows; the kernel needs time(f). The former falls and the
        // latter rises as f falls: bisect for where they meet.
        var low = 0.1
        var high = 1.0
        for _ in 0..<26 {
            let middle = 0.5 * (low + high)
            let needed = (dynamic * pow(middle, clockExponent) + memory) / budget
            if needed > time(middle) { high = middle } else { low = middle }
        }
        return (low, time(low))
    }

    /// Picojoules of on-chip work that takes `dynamic` at full clock, at a relative clock.
    func energy(_ dynamic: Double, atClock clock: Double) -> Double { clock < 1 ? dynamic * pow(clock, clockExponent) : dynamic }

    /// Time of a kernel that starts on a cool board: it runs at full clock at first and approaches the sustained clock.
    func transient(full: Double, sustained: Double) -> Double {
        guard sustained > full else { return full }
        return full + (sustained - full) * full / (full + thermalTime)
    }
}
