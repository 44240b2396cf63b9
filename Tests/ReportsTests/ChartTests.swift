import Foundation
import Testing

@testable import Reports

@Suite struct ChartScaleTests {
    @Test(arguments: [(7.3, 8.0), (100, 100), (101, 150), (0.9, 1.0), (0.013, 0.015)])
    func linearScalesEndAtARoundValue(maximum: Double, end: Double) {
        #expect(abs(ChartScale.linear(upTo: maximum, range: (0, 100)).domain.upperBound - end) < end * 1e-9)
    }

    /// Nothing to show, or what cannot be shown, still gives an axis.
    @Test(arguments: [0, -1, .leastNonzeroMagnitude, .infinity, .nan])
    func scalesOfNothingHaveTicks(maximum: Double) {
        let ticks = ChartScale.linear(upTo: maximum, range: (0, 100)).ticks
        #expect(ticks.count > 1 && ticks.allSatisfy(\.isFinite))
        guard maximum >= 0 else { return }
        let decades = ChartScale.logarithmic(0...maximum, range: (0, 100)).ticks
        #expect(!decades.isEmpty && decades.allSatisfy { $0.isFinite })
    }

    @Test func logarithmicScalesCoverWholeDecades() {
        let scale = ChartScale.logarithmic(3...4500, range: (0, 400))
        #expect(scale.domain == 1...10000)
        #expect(scale.ticks == [1, 10, 100, 1000, 10000])
        // 100 is half way between 1 and 10000 on a logarithmic axis.
        #expect(abs(scale.position(100) - 200) < 1e-9)
    }

    @Test(arguments: [(0.0, "0"), (25, "25"), (2.5, "2.5"), (0.05, "0.05"), (20_000, "20k"), (3_500_000, "3.5M"), (9.9e13, "99T")])
    func labelsAreShort(value: Double, text: String) {
        #expect(ChartScale.label(value) == text)
    }

    @Test func positionsStayNearTheFrame() {
        let scale = ChartScale.linear(upTo: 10, range: (50, 150))
        #expect(scale.position(1e9) <= 155.001)
        #expect(scale.position(-1e9) >= 44.999)
    }
}

@Suite struct ChartMarkupTests {
    private let bars = StackedBarChart(
        description: "times", axisTitle: "ms",
        rows: [
            .init(
                label: "a100", parts: [.init(series: "x", value: 3, detail: "3"), .init(series: "y", value: 1, detail: "1")], total: "4",
                interval: 3.5...5),
            .init(label: "h100", parts: [.init(series: "x", value: 2, detail: "2")], total: "2"),
        ], series: ["x", "y"])

    @Test func stackedPartsTouch() {
        let text = bars.markup.rendered
        // Three parts and two legend swatches.
        #expect(text.components(separatedBy: "<rect").count - 1 == 5)
        #expect(text.contains("a100, x: 3"))
        #expect(!text.contains("nan"))
    }

    @Test func whiskersAreDrawnWhereAnIntervalIsKnown() {
        #expect(bars.markup.rendered.components(separatedBy: "class=\"whisker\"").count - 1 == 3)
    }

    @Test func scatterLeavesOutWhatHasNoLogarithm() {
        let chart = ScatterChart(
            description: "s", unit: "µs",
            points: [.init(measured: 10, projected: 12, series: 0), .init(measured: 0, projected: 5, series: 0)], series: [])
        #expect(chart.markup.rendered.components(separatedBy: "class=\"bubble\"").count - 1 == 1)
    }

    @Test func rooflineDrawsEveryOperatorThatComputes() {
        let chart = RooflineChart(
            description: "r", memory: .init(name: "memory", slope: 2e12), peaks: [.init(name: "fp16 peak", level: 312e12)],
            bubbles: [
                .init(label: "a", intensity: 10, rate: 1e13, share: 0.5, series: 0), .init(label: "b", intensity: 0, rate: 0, share: 0.1, series: 0),
            ], series: ["matrix products"])
        let text = chart.markup.rendered
        #expect(text.contains("a: 50.0 % of the time"))
        #expect(!text.contains("b: "))
        #expect(!text.contains("inf") && !text.contains("nan"))
    }
}
