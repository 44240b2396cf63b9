/// The frame that charts share: size, margins, title, axes and grid. Colours come from the page's style sheet by class.
struct ChartFrame {
    var width = 760.0
    var height = 360.0
    var left = 64.0
    var right = 20.0
    var top = 16.0
    var bottom = 46.0

    var plotRight: Double { width - right }
    var plotBottom: Double { height - bottom }

    /// An empty drawing with the accessible description that stands for the picture.
    func drawing(describedAs description: String) -> Markup {
        Markup(
            "svg",
            [
                "viewBox": "0 0 \(coordinate(width)) \(coordinate(height))", "role": "img", "aria-label": description,
                "xmlns": "http://www.w3.org/2000/svg", "class": "chart", "style": "max-width:\(coordinate(width))px",
            ],
            [Markup("title", text: description)])
    }

    func horizontalAxis(_ scale: ChartScale, title: String) -> Markup {
        var group = Markup("g", ["class": "axis"])
        for tick in scale.ticks {
            let x = scale.position(tick)
            group.append(line(x, top, x, plotBottom, class: "grid"))
            group.append(label(ChartScale.label(tick), x: x, y: plotBottom + 16, anchor: "middle"))
        }
        group.append(line(left, plotBottom, plotRight, plotBottom, class: "frame"))
        group.append(label(title, x: (left + plotRight) / 2, y: plotBottom + 36, anchor: "middle", class: "axis-title"))
        return group
    }

    func verticalAxis(_ scale: ChartScale, title: String) -> Markup {
        var group = Markup("g", ["class": "axis"])
        for tick in scale.ticks {
            let y = scale.position(tick)
            group.append(line(left, y, plotRight, y, class: "grid"))
            group.append(label(ChartScale.label(tick), x: left - 6, y: y + 4, anchor: "end"))
        }
        group.append(line(left, top, left, plotBottom, class: "frame"))
        let middle = (top + plotBottom) / 2
        group.append(
            Markup(
                "text",
                [
                    "x": "14", "y": coordinate(middle), "text-anchor": "middle", "class": "axis-title",
                    "transform": "rotate(-90 14 \(coordinate(middle)))",
                ], text: title))
        return group
    }

    func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, class name: String) -> Markup {
        Markup("line", ["x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2), "y2": coordinate(y2), "class": name])
    }

    func label(_ text: String, x: Double, y: Double, anchor: String = "start", class name: String = "label") -> Markup {
        Markup("text", ["x": coordinate(x), "y": coordinate(y), "text-anchor": anchor, "class": name], text: text)
    }

    /// A filled rectangle with a tooltip.
    func bar(x: Double, y: Double, width: Double, height: Double, color: String, tooltip: String) -> Markup {
        Markup(
            "rect",
            [
                "x": coordinate(x), "y": coordinate(y), "width": coordinate(max(0, width)), "height": coordinate(max(0, height)),
                "fill": color,
            ], [Markup("title", text: tooltip)])
    }
}

/// Colours that stay apart for most colour-blind readers (Okabe and Ito, "Color Universal Design", 2008), then tints of them.
enum Palette {
    private static let colors = [
        "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B8A800", "#7F7F7F", "#004B76", "#986A00",
        "#006B4E", "#8C3E00", "#8F4A73", "#2C7FA8", "#6E6500", "#4D4D4D", "#7FB8D8", "#F2CF80",
    ]

    /// The colour of the series with this index.
    static func color(_ index: Int) -> String { colors[index % colors.count] }
}
