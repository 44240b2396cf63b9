import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct IntervalTests {
    static func entry(
        vendor: String = "Test", generation: String = "one", format: String = "", regime: String = "", low: Double, high: Double,
        rows: Int = 100, devices: [String] = ["alpha"]
    ) -> IntervalTable.Entry {
        IntervalTable.Entry(
            family: .matrixMultiply, vendor: vendor, generation: generation, format: format, regime: regime, low: low, high: high, rows: rows,
            devices: devices)
    }

    static func interval(_ table: IntervalTable, _ architecture: Architecture, m: Int = 1000) -> Simulator.TimeInterval {
        table.intervals(for: architecture).interval(for: .matrixMultiply(Fixture.product(m)), time: Seconds(100))
    }

    /// Ends are ratios of measured over projected, raised to 1.3 for a sibling, 2 for another generation, 3.5 for another vendor.
    @Test(arguments: [("alpha", "Test", "one", 1.0), ("beta", "Test", "one", 1.3), ("gamma", "Test", "two", 2), ("delta", "Other", "three", 3.5)])
    func intervalsWidenTheLessIsKnownOfADevice(id: String, vendor: String, generation: String, exponent: Double) {
        var architecture = Fixture.architecture(id, generation: generation)
        architecture.vendor = vendor
        let interval = Self.interval(IntervalTable([Self.entry(low: 0.8, high: 1.25)]), architecture)
        #expect(abs(interval.p10.value - 100 * pow(0.8, exponent)) < 1e-9)
        #expect(abs(interval.p90.value - 100 * pow(1.25, exponent)) < 1e-9)
    }

    @Test func aBiasedPopulationIsWidenedOnItsOuterEndOnly() {
        let interval = Self.interval(IntervalTable([Self.entry(low: 1.1, high: 1.5)]), Fixture.architecture("beta"))
        #expect(abs(interval.p10.value - 110) < 1e-9)
        #expect(abs(interval.p90.value - 100 * pow(1.5, 1.3)) < 1e-9)
    }

    @Test func theMostAlikePopulationCounts() {
        let table = IntervalTable([
            Self.entry(low: 0.5, high: 2), Self.entry(format: "fp16", low: 0.6, high: 1.8), Self.entry(format: "fp16", regime: "m <= 16", low: 0.9, high: 1.1),
            Self.entry(format: "bf16", regime: "m > 512", low: 0.1, high: 9),
        ])
        #expect(Self.interval(table, Fixture.architecture(), m: 4) == Simulator.TimeInterval(p10: Seconds(90), p90: Seconds(100 * 1.1)))
        #expect(Self.interval(table, Fixture.architecture(), m: 4000) == Simulator.TimeInterval(p10: Seconds(60), p90: Seconds(180)))
    }

    /// A tail of 99 rows serves its own generation; others take the pool of 100: 1.25 squared, and 4 to the power of 1.3.
    @Test(arguments: [("beta", "one", pow(4, 1.3)), ("gamma", "two", pow(1.25, 2))])
    func otherGenerationsBorrowNoSmallPopulation(id: String, generation: String, high: Double) {
        let table = IntervalTable([Self.entry(low: 0.8, high: 1.25), Self.entry(regime: "m > 512", low: 0.8, high: 4, rows: 99)])
        let interval = Self.interval(table, Fixture.architecture(id, generation: generation))
        #expect(abs(interval.p90.value - 100 * high) < 1e-9)
    }

    @Test func whatWasNeverMeasuredIsWide() {
        #expect(Self.interval(IntervalTable([]), Fixture.architecture()) == Simulator.TimeInterval(p10: Seconds(50), p90: Seconds(200)))
    }

    @Test func theFileReadsBackAsItWasWritten() throws {
        let table = IntervalTable([Self.entry(low: 0.8, high: 1.25), Self.entry(format: "fp16", regime: "m <= 16", low: 0.9, high: 1.1, devices: ["alpha", "beta"])])
        let text = table.yaml(source: Source(.calibrated, "residuals of \"x\""))
        #expect(try IntervalTable(ConfigurationDocument(text: text, path: "intervals.yaml")) == table)
    }

    @Test(arguments: [
        ("p10: 1.2, p90: 1.1", "'p10' is 1.2 and 'p90' 1.1; both must be positive and in this order"),
        ("p10: 0.9, p90: 1.1, regime: m<=16", "unknown regime 'm<=16', allowed are m <= 16, m <= 512"),
        ("p10: 0.9, p90: 1.1, famly: 3", "unknown key 'famly'"),
    ])
    func badIntervalFilesSayWhy(rest: String, message: String) throws {
        let text = "intervals:\n  - {family: gemm, vendor: a, generation: b, rows: 9, \(rest)}\n"
        let error = #expect(throws: ConfigurationError.self) { try IntervalTable(ConfigurationDocument(text: text, path: "i.yaml")) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    /// Times of the model itself multiplied by noise that is uniform in logarithm: four of five rows must lie inside.
    @Test func fourOfFiveLeftOutRowsLieInside() throws {
        var data = try FitTests.synthetic(["alpha"])
        var state: UInt64 = 3
        for _ in 0..<9 { data.rows += data.rows.prefix(150) }
        for index in data.rows.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let shape = data.rows[index].shape
            guard case .matrixMultiply(var product) = shape else { continue }
            product.n += index
            let model = try LaunchPlusRoofline(Fixture.architecture(), stack: Fixture.stack())
            let time = try model.project(.matrixMultiply(product), under: ExecutionConditions()).time
            data.rows[index].shape = .matrixMultiply(product)
            data.rows[index].time = time * exp(0.6 * (Double(state >> 11) / Double(1 << 53) - 0.5))
        }
        let calibration = IntervalCalibration(try Fixture.validator().validate(data))
        let coverage = try #require(calibration.coverage().first)
        // A few are faster than the data sheet allows, and left out.
        #expect(coverage.rows > 1400 && coverage.rows < 1500)
        #expect((0.76...0.84).contains(coverage.shapesLeftOut))
        #expect(coverage.devicesLeftOut == nil)
        // The quantiles of a uniform logarithm on -0.3...0.3 are -0.24 and 0.24.
        let pool = try #require(calibration.table().entries.first { $0.format.isEmpty && $0.regime.isEmpty })
        #expect(abs(log(pool.low) + 0.24) < 0.03 && abs(log(pool.high) - 0.24) < 0.03)
    }

    @Test func intervalsOfTheTableReplaceTheModelsOwn() throws {
        var validator = Fixture.validator()
        validator.intervals = IntervalTable([Self.entry(low: 0.5, high: 3)])
        let row = try #require(try validator.validate(Fixture.data(rows: [(Fixture.product(100), 10)])).rows.first)
        #expect(abs(row.pair.low - 0.5 * row.pair.projected) < 1e-9 && abs(row.pair.high - 3 * row.pair.projected) < 1e-9)
    }
}

@Suite struct ConstantOverrideTests {
    @Test(arguments: ["gemm/x", "gemm=3", "gemm/x=", "gemm/x=nan", "a/b/c=1", "=1", ""])
    func whatIsNoOverrideIsNil(text: String) { #expect(ConstantOverride(text) == nil) }

    @Test func anOverrideReachesTheModelAndAblationsShowIt() throws {
        let override = try #require(ConstantOverride("gemm/launch_us=50"))
        let data = Fixture.data(rows: [(Fixture.product(1), 5)])
        let before = try Fixture.validator().validate(data).rows[0].pair.projected
        let after = try Fixture.validator().setting([override]).validate(data).rows[0].pair.projected
        #expect(abs(after - before - 47) < 1e-9)
    }

    @Test func everyShippedMechanismSwitchesConstantsThatItsFileCanName() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Architectures").standardized.path
        let mechanisms = try Mechanism.read(roots: [root])
        #expect(!mechanisms.isEmpty)
        #expect(Set(mechanisms.map(\.id)).count == mechanisms.count)
        for mechanism in mechanisms { #expect(!mechanism.overrides.isEmpty && !mechanism.families.isEmpty, "\(mechanism.id)") }
    }
}
