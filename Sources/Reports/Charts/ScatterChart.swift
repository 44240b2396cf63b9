import Foundation
import Quantities

/// Projected against measured times on log-log axes, with the diagonal and a band of equal relative error.
struct ScatterChart {
    struct Point {
        var measured: Double
        var projected: Double
        var series: Int
        /// What the tooltip says; empty for dense clouds.
        var label: String = ""
    }

    var description: String
    var unit: String
    var points: [Point]
    var series: [String]
    /// Half width of the band, for example 0.2 for ±20 %.
    var band = 0.2

    var markup: Markup {
        var frame = ChartFrame()
        frame.width = 560
        frame.height = 500
        frame.top = 16 + 20 * Double((series.count + 2) / 3)
        var drawing = frame.drawing(describedAs: description)
        let usable = points.filter { $0.measured > 0 && $0.projected > 0 }
        let values = usable.flatMap { [$0.measured, $0.projected] }
        let domain = (values.min() ?? 1)...(values.max() ?? 10)
        let x = ChartScale.logarithmic(domain, range: (frame.left, frame.plotRight))
        let y = ChartScale.logarithmic(domain, range: (frame.plotBottom, frame.top))
        drawing.append(frame.horizontalAxis(x, title: "measured (\(unit))"))
        drawing.append(frame.verticalAxis(y, title: "projected (\(unit))"))
        let ends = x.domain
        for factor in [1 - band, 1, 1 + band] {
            let low = max(ends.lowerBound, ends.lowerBound / factor)
            let high = min(ends.upperBound, ends.upperBound / factor)
            let name = factor == 1 ? "diagonal" : "band"
            drawing.append(frame.line(x.position(low), y.position(low * factor), x.position(high), y.position(high * factor), class: name))
        }
        let radius = usable.count > 500 ? "1.6" : usable.count > 100 ? "2.5" : "4"
        for point in usable {
            var circle = Markup(
                "circle",
                [
                    "cx": coordinate(x.position(point.measured)), "cy": coordinate(y.position(point.projected)), "r": radius,
                    "fill": Palette.color(point.series), "class": "bubble",
                ])
            if !point.label.isEmpty { circle.append(Markup("title", text: point.label)) }
            drawing.append(circle)
        }
        for (index, name) in series.enumerated() {
            let column = Double(index % 3) * 170
            let row = 10 + 20 * Double(index / 3)
            drawing.append(
                Markup("circle", ["cx": coordinate(frame.left + column), "cy": coordinate(row), "r": "5", "fill": Palette.color(index)]))
            drawing.append(frame.label(name, x: frame.left + column + 10, y: row + 4))
        }
        return drawing
    }
}
