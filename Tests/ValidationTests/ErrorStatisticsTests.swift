import Testing

@testable import Validation

@Suite struct ErrorStatisticsTests {
    private func pair(_ measured: Double, _ projected: Double) -> MeasuredPair {
        MeasuredPair(measured: measured, projected: projected, low: projected * 0.9, high: projected * 1.1)
    }

    /// Errors +10, -20, 0, +50 %: mean of |e| 20, sorted 0 10 20 50: median 15, p90 at position 2.7: 20 + 0.7 x 30 = 41, bias 40/4 = 10.
    /// Intervals 99..121, 72..88, 90..110, 135..165 around measured 100: the first and third hold it.
    @Test func fourRowsByHand() throws {
        let statistics = try #require(ErrorStatistics([pair(100, 110), pair(100, 80), pair(100, 100), pair(100, 150)]))
        #expect(statistics.count == 4)
        #expect(abs(statistics.meanAbsolute - 20) < 1e-12)
        #expect(abs(statistics.medianAbsolute - 15) < 1e-12)
        #expect(abs(statistics.p90Absolute - 41) < 1e-12)
        #expect(abs(statistics.bias - 10) < 1e-12)
        #expect(statistics.coverage == 0.5)
    }

    @Test func noRowsHaveNoStatistics() { #expect(ErrorStatistics([MeasuredPair]()) == nil) }

    @Test func oneRowIsItsOwnQuantiles() throws {
        let statistics = try #require(ErrorStatistics([pair(50, 60)]))
        #expect(abs(statistics.medianAbsolute - 20) < 1e-12 && abs(statistics.p90Absolute - 20) < 1e-12)
    }

    @Test(arguments: [(0.0, DurationBucket.below10), (9.99, .below10), (10, .to30), (30, .to100), (100, .to1000), (1000, .longer), (1e7, .longer)])
    func bucketsBeginAtTheirLowerEnd(time: Double, bucket: DurationBucket) { #expect(DurationBucket(measuredMicroseconds: time) == bucket) }
}
