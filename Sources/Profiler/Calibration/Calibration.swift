import Foundation
import HostTopology
import Quantities

/// What calibration measured on this machine, before it becomes an architecture.
public struct Calibration: Hashable, Sendable {
    public var host: HostTopology
    public var plan: CalibrationPlan
    /// Workers of the measurements with all threads.
    public var threads: Int
    /// The instruction set of the kernels, `avx512` and so on.
    public var instructionSet: String
    /// Sustained clock in hertz.
    public var clock: Double
    /// Multiply-add operations per second of one core's vector ports in fp32.
    public var portPeak: Double
    /// Square products, then products with few rows and weights from main memory.
    public var products: [ProductRate]
    public var bandwidth: [BandwidthPoint]
    public var latency: [LatencyPoint]
    /// Seconds from giving all workers an empty piece of work until all have answered; nil with one thread.
    public var dispatchSeconds: Double?
    /// Seconds of the smallest product through the library beyond its arithmetic.
    public var libraryCallSeconds: Double?
    public var kernelCosts: [KernelCost]
    /// Whether probe memory was on huge pages, nil where the system does not tell.
    public var usesHugePages: Bool?
    /// Mean runnable tasks over the minute before and after, nil where unknown.
    public var loadBefore: Double?
    public var loadAfter: Double?
    /// Wall seconds that calibration took.
    public var elapsedSeconds: Double

    /// Bandwidth curves of one thread or of all.
    public func curve(threads: Int) -> [BandwidthPoint] { bandwidth.filter { $0.threads == threads } }
}

/// A step of calibration, for progress.
public enum CalibrationStep: String, CaseIterable, Hashable, Sendable {
    case clock, arithmetic, products, bandwidth, allThreadsBandwidth = "bandwidth of all threads", latency, dispatch, kernels
}
