import Foundation
import Hardware
import Quantities

/// P10 and P90 of measured over projected time, from residuals on calibration rows.
///
/// Residuals are kept as logarithms per family and number format and by size of the time, because small kernels scatter more. A device
/// that was not measured itself widens them by `widening`: 1 for a calibrated device, 1.3 for a sibling of the same generation, 2 for
/// another generation of the vendor, 3.5 for another vendor (the factors that restored 80 % coverage on devices left out).
struct ProjectionIntervals: Sendable {
    /// Natural logarithms of measured over projected time.
    struct Band: Sendable {
        var p10: Double
        var p90: Double
    }

    private var short: Band
    private var medium: Band
    private var long: Band

    init(_ read: ConstantReader, group: String) {
        let widening = read("interval", "widening", default: 2)
        func band(_ size: String, _ spread: Double) -> Band {
            Band(
                p10: widening * read("interval." + group, "\(size)_p10", default: -spread),
                p90: widening * read("interval." + group, "\(size)_p90", default: spread))
        }
        short = band("below_30_us", 0.15)
        medium = band("below_300_us", 0.12)
        long = band("above_300_us", 0.10)
    }

    func interval(microseconds time: Double) -> TimeInterval {
        let band = time < 30 ? short : time < 300 ? medium : long
        return TimeInterval(p10: Seconds(microseconds: time * exp(band.p10)), p90: Seconds(microseconds: time * exp(band.p90)))
    }
}
