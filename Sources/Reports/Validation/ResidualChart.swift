import Foundation
import Quantities
import Validation

/// Projected over measured against measured time, with the line of no error and a band, and the median per third of a decade.
struct ResidualChart {
    var description: String
    /// Measured microseconds, projected over measured, and the series of each point.
    var points: [(measured: Double, ratio: Double, series: Int)]
    var band = 0.2

    var markup: Markup {
        var frame = ChartFrame()
        frame.width = 560
        frame.height = 300
        let usable = points.filter { $0.measured > 0 && $0.ratio > 0 }
        let times = usable.map(\.measured)
        var drawing = frame.drawing(describedAs: description)
        let x = ChartScale.logarithmic((times.min() ?? 1)...(times.max() ?? 10), range: (frame.left, frame.plotRight))
        let y = ChartScale.logarithmic(0.25...4, range: (frame.plotBottom, frame.top), wholeDecades: false)
        drawing.append(frame.horizontalAxis(x, title: "measured (µs)"))
        var axis = Markup("g", ["class": "axis"])
        for tick in [0.25, 0.5, 1, 2, 4] {
            axis.append(frame.line(frame.left, y.position(tick), frame.plotRight, y.position(tick), class: "grid"))
            axis.append(frame.label(ChartScale.label(tick), x: frame.left - 6, y: y.position(tick) + 4, anchor: "end"))
        }
        drawing.append(axis)
        for ratio in [1 - band, 1, 1 + band] {
            drawing.append(frame.line(frame.left, y.position(ratio), frame.plotRight, y.position(ratio), class: ratio == 1 ? "diagonal" : "band"))
        }
        for point in usable {
            let ratio = min(max(point.ratio, 0.25), 4)
            drawing.append(
                Markup(
                    "circle",
                    [
                        "cx": coordinate(x.position(point.measured)), "cy": coordinate(y.position(ratio)), "r": "1.6",
                        "fill": Palette.color(point.series), "class": "bubble",
                    ]))
        }
        drawing.append(medians(usable, x: x, y: y))
        return drawing
    }

    private func medians(_ points: [(measured: Double, ratio: Double, series: Int)], x: ChartScale, y: ChartScale) -> Markup {
        var bins: [Int: [Double]] = [:]
        for point in points { bins[Int(floor(log10(point.measured) * 3)), default: []].append(point.ratio) }
        let corners = bins.sorted { $0.key < $1.key }.filter { $0.value.count >= 5 }.map { bin, ratios in
            let center = pow(10, (Double(bin) + 0.5) / 3)
            let median = Quantile.of(sorted: ratios.sorted(), 0.5)
            return "\(coordinate(x.position(center))),\(coordinate(y.position(min(max(median, 0.25), 4))))"
        }
        return Markup("polyline", ["points": corners.joined(separator: " "), "fill": "none", "stroke": "currentColor", "stroke-width": "2"])
    }
}
