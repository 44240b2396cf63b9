import Foundation
import Quantities

/// A log-log roofline: ceilings of one device, and operators as bubbles whose area is their share of the time.
struct RooflineChart {
    struct Ceiling {
        var name: String
        /// Bytes per second for memory levels.
        var slope: Double?
        /// Operations per second for compute peaks.
        var level: Double?
    }

    struct Bubble {
        var label: String
        /// Operations per byte of main-memory traffic.
        var intensity: Double
        /// Operations per second reached.
        var rate: Double
        /// Share of the whole time, 0 to 1.
        var share: Double
        /// Index of the colour (by operator family).
        var series: Int
    }

    var description: String
    var memory: Ceiling
    var peaks: [Ceiling]
    var bubbles: [Bubble]
    /// Legend of colours.
    var series: [String]

    var markup: Markup {
        var frame = ChartFrame()
        frame.top = 34
        frame.height = 420
        let bandwidth = memory.slope ?? 1
        let peak = peaks.compactMap(\.level).max() ?? 1
        let ridge = peak / bandwidth
        let visible = bubbles.filter { $0.intensity > 0 && $0.rate > 0 && $0.intensity.isFinite && $0.rate.isFinite }
        let intensities = visible.map(\.intensity) + [ridge / 30, ridge * 10]
        let x = ChartScale.logarithmic((intensities.min() ?? 0.1)...(intensities.max() ?? 1000), range: (frame.left, frame.plotRight))
        let rates = visible.map(\.rate) + [peak, min(peak, bandwidth * x.domain.lowerBound)]
        let y = ChartScale.logarithmic(
            (rates.min() ?? 1)...(peak * 2), range: (frame.plotBottom, frame.top))
        var drawing = frame.drawing(describedAs: description)
        drawing.append(frame.horizontalAxis(x, title: "arithmetic intensity (FLOP per byte of main-memory traffic)"))
        drawing.append(frame.verticalAxis(y, title: "FLOP/s"))
        for ceiling in peaks { if let level = ceiling.level { drawing.append(peakLine(ceiling, level, bandwidth, frame, x, y)) } }
        drawing.append(memoryLine(bandwidth, peak, frame, x, y))
        for bubble in visible.sorted(by: { $0.share > $1.share }) {
            drawing.append(circle(bubble, x: x.position(bubble.intensity), y: y.position(bubble.rate)))
        }
        drawing.append(legend(frame))
        return drawing
    }

    private func circle(_ bubble: Bubble, x: Double, y: Double) -> Markup {
        let percent = FixedPoint.format(bubble.share * 100, fractionDigits: 1)
        let tooltip = "\(bubble.label): \(percent) % of the time, \(FixedPoint.format(bubble.intensity, fractionDigits: 1)) FLOP/B, "
            + OperationsPerSecond(bubble.rate).description
        return Markup(
            "circle",
            [
                "cx": coordinate(x), "cy": coordinate(y), "r": coordinate(3 + 22 * max(0, bubble.share).squareRoot()),
                "fill": Palette.color(bubble.series), "class": "bubble",
            ], [Markup("title", text: tooltip)])
    }

    private func peakLine(
        _ ceiling: Ceiling, _ level: Double, _ bandwidth: Double, _ frame: ChartFrame, _ x: ChartScale, _ y: ChartScale
    ) -> Markup {
        var group = Markup("g")
        let start = max(level / bandwidth, x.domain.lowerBound)
        group.append(frame.line(x.position(start), y.position(level), frame.plotRight, y.position(level), class: "roof"))
        let text = "\(ceiling.name) \(OperationsPerSecond(level).description)"
        group.append(frame.label(text, x: frame.plotRight - 4, y: y.position(level) - 5, anchor: "end", class: "label roof-label"))
        return group
    }

    private func memoryLine(_ bandwidth: Double, _ peak: Double, _ frame: ChartFrame, _ x: ChartScale, _ y: ChartScale) -> Markup {
        let low = max(x.domain.lowerBound, y.domain.lowerBound / bandwidth)
        let high = peak / bandwidth
        var group = Markup("g")
        group.append(frame.line(x.position(low), y.position(low * bandwidth), x.position(high), y.position(peak), class: "roof"))
        // Above the upper half of the slope, where no operator can stand; decode gathers below its lower half.
        let place = pow(10, (log10(low) * 0.35 + log10(high) * 0.65))
        group.append(
            frame.label(
                "\(memory.name) \(BytesPerSecond(bandwidth).description)", x: x.position(place) - 8, y: y.position(place * bandwidth) - 6, anchor: "end",
                class: "label roof-label"))
        return group
    }

    private func legend(_ frame: ChartFrame) -> Markup {
        var group = Markup("g", ["class": "legend"])
        // Each name takes its own width: 7 a letter at 12 px, 30 for its dot and the gap.
        let widths = series.map { 30 + 7 * Double($0.count) }
        let scale = min(1, (frame.plotRight - frame.left) / max(1, widths.reduce(0, +)))
        for (index, name) in series.enumerated() {
            let x = frame.left + widths[..<index].reduce(0, +) * scale
            group.append(Markup("circle", ["cx": coordinate(x), "cy": "12", "r": "6", "fill": Palette.color(index), "class": "bubble"]))
            group.append(frame.label(name, x: x + 12, y: 16))
        }
        return group
    }
}
