// Products and quotients between units, each written once.

public func / (amount: Bytes, rate: BytesPerSecond) -> Seconds { Seconds(amount.value / rate.value) }
public func / (amount: Bytes, time: Seconds) -> BytesPerSecond { BytesPerSecond(amount.value / time.value) }
public func * (rate: BytesPerSecond, time: Seconds) -> Bytes { Bytes(rate.value * time.value) }
public func / (amount: Operations, rate: OperationsPerSecond) -> Seconds { Seconds(amount.value / rate.value) }
public func / (amount: Operations, time: Seconds) -> OperationsPerSecond { OperationsPerSecond(amount.value / time.value) }
public func / (cycles: Cycles, clock: Hertz) -> Seconds { Seconds(cycles.value / clock.value) }
public func * (power: Watts, time: Seconds) -> Joules { Joules(power.value * time.value) }
/// Arithmetic intensity in operations per byte.
public func / (amount: Operations, traffic: Bytes) -> Double { amount.value / traffic.value }
/// The ridge point in operations per byte.
public func / (peak: OperationsPerSecond, bandwidth: BytesPerSecond) -> Double { peak.value / bandwidth.value }
