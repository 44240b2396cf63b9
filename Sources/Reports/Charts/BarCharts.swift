/// Horizontal bars, one a row, each of one or several stacked parts.
struct StackedBarChart {
    struct Part {
        var series: String
        var value: Double
        /// What the tooltip says after the series.
        var detail: String
    }

    struct Row {
        var label: String
        var parts: [Part]
        /// Text at the end of the bar.
        var total: String
        /// P10 and P90 of the sum, drawn as a whisker.
        var interval: ClosedRange<Double>? = nil
    }

    var description: String
    var axisTitle: String
    var rows: [Row]
    /// Series in legend order; rows may lack some.
    var series: [String]
    /// The series that is what remains, drawn paler than any that counts.
    var remainder: String?

    private func color(_ name: String, at index: Int) -> String { name == remainder ? "#c9d1d9" : Palette.color(index) }

    var markup: Markup {
        var frame = ChartFrame()
        frame.left = 40 + 7 * Double(rows.map(\.label.count).max() ?? 0)
        frame.right = 110
        let legendRows = series.count > 1 ? Double((series.count + 3) / 4) : 0
        frame.top = 8 + 20 * legendRows
        frame.height = frame.top + 34 * Double(max(1, rows.count)) + frame.bottom
        var drawing = frame.drawing(describedAs: description)
        let maximum = rows.map { max($0.parts.reduce(0) { $0 + $1.value }, $0.interval?.upperBound ?? 0) }.max() ?? 1
        let scale = ChartScale.linear(upTo: maximum, range: (frame.left, frame.plotRight))
        drawing.append(frame.horizontalAxis(scale, title: axisTitle))
        if series.count > 1 { drawing.append(legend(frame)) }
        for (index, row) in rows.enumerated() { drawing.append(bar(row, at: index, frame: frame, scale: scale)) }
        return drawing
    }

    private func bar(_ row: Row, at index: Int, frame: ChartFrame, scale: ChartScale) -> Markup {
        let y = frame.top + 34 * Double(index) + 6
        var group = Markup("g")
        group.append(frame.label(row.label, x: frame.left - 8, y: y + 15, anchor: "end"))
        var start = 0.0
        for part in row.parts where part.value > 0 {
            let x = scale.position(start)
            let color = color(part.series, at: series.firstIndex(of: part.series) ?? 0)
            let tooltip = "\(row.label), \(part.series): \(part.detail)"
            group.append(frame.bar(x: x, y: y, width: scale.position(start + part.value) - x, height: 22, color: color, tooltip: tooltip))
            start += part.value
        }
        var end = scale.position(start)
        if let interval = row.interval {
            let low = scale.position(interval.lowerBound)
            let high = scale.position(interval.upperBound)
            group.append(frame.line(low, y + 11, high, y + 11, class: "whisker"))
            group.append(frame.line(low, y + 6, low, y + 16, class: "whisker"))
            group.append(frame.line(high, y + 6, high, y + 16, class: "whisker"))
            end = max(end, high)
        }
        group.append(frame.label(row.total, x: end + 6, y: y + 15, class: "label value"))
        return group
    }

    private func legend(_ frame: ChartFrame) -> Markup {
        var group = Markup("g", ["class": "legend"])
        for (index, name) in series.enumerated() {
            let x = 8 + Double(index % 4) * (frame.width - 16) / 4
            let y = 4 + 20 * Double(index / 4)
            group.append(frame.bar(x: x, y: y, width: 12, height: 12, color: color(name, at: index), tooltip: name))
            group.append(frame.label(name, x: x + 18, y: y + 10))
        }
        return group
    }
}
