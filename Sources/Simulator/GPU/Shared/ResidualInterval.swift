import Hardware
import Quantities

/// P10 and P90 of measured over projected time, from a family's calibration residuals.
///
/// Constants `residual_p10` and `residual_p90` of the group; without them 0.75 and 1.35, the pooled residuals of parts that were left
/// out of every fit.
struct ResidualInterval: Sendable {
    var low: Double
    var high: Double

    init(_ constants: DeviceConstants, group: String) {
        let read = ConstantReader(constants)
        low = read(group, "residual_p10", default: 0.75)
        high = read(group, "residual_p90", default: 1.35)
    }

    func around(microseconds: Double) -> TimeInterval {
        TimeInterval(p10: Seconds(microseconds: microseconds * low), p90: Seconds(microseconds: microseconds * high))
    }
}
