import Quantities
import Simulator

/// What to say where an estimate lies outside its own P10 to P90, which a reader would take for a mistake of print.
enum IntervalRemark {
    static func text(_ time: Seconds, _ interval: TimeInterval) -> String? {
        if time > interval.p90 { return "above its P90: such kernels were mostly measured faster than projected" }
        if time < interval.p10 { return "below its P10: such kernels were mostly measured slower than projected" }
        return nil
    }
}
