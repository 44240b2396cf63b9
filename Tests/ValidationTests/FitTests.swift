import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct FitTests {
    static let truth = ["launch_us": 5.0, "compute_share": 0.6, "bandwidth_share": 0.75]

    /// Products timed by the model itself with other constants, and multiplied by noise of up to `noise`.
    static func synthetic(_ devices: [String] = ["alpha", "beta"], noise: Double = 0, harness: Double = 0) throws -> MeasuredData {
        var data = MeasuredData()
        var state: UInt64 = 42
        for device in devices {
            var architecture = device == "beta" ? Fixture.architecture("beta", bandwidthTimes: 2) : Fixture.architecture(device)
            architecture = architecture.setting(
                truth.sorted { $0.key < $1.key }.map { FitVariable(group: "gemm", name: $0.key, start: $0.value, plausible: 0...10) },
                to: truth.sorted { $0.key < $1.key }.map(\.value))
            let model = try LaunchPlusRoofline(architecture, stack: Fixture.stack())
            let rows = try (1...150).map { index -> (MatrixMultiply, Double) in
                let shape = Fixture.product(1 << (index % 11), 256 * (index % 13 + 1), 256 * (index % 7 + 1))
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let factor = 1 + noise * (Double(state >> 11) / Double(1 << 52) - 1)
                let time = try model.project(.matrixMultiply(shape), under: ExecutionConditions()).time.microseconds
                return (shape, (time + harness) * factor)
            }
            data.append(device: device, rows: rows)
        }
        return data
    }

    static func fit(_ data: MeasuredData, protocols: [MeasurementProtocol] = [], options: CalibrationFit.Options = .init(), sample: Int? = nil) throws
        -> CalibrationFit.Outcome
    {
        var selection = FitProblem.Selection(family: .gemm, generation: "one")
        selection.sample = sample
        let problem = try FitProblem(data, selection: selection, validator: Fixture.validator(protocols: protocols))
        let variables = FitVariable.variables(of: Fixture.architecture().constants, family: .gemm, patterns: [])
        return CalibrationFit(problem, variables: variables, options: options).run()
    }

    static func value(_ outcome: CalibrationFit.Outcome, _ name: String) -> Double {
        zip(outcome.variables, outcome.values).first { $0.0.name == name }?.1 ?? .nan
    }

    @Test func constantsThatMadeTheDataAreFoundAgain() throws {
        var options = CalibrationFit.Options()
        options.pull = 1e-5
        let outcome = try Self.fit(Self.synthetic(), options: options)
        for (name, value) in Self.truth { #expect(abs(Self.value(outcome, name) / value - 1) < 0.02, "\(name): \(Self.value(outcome, name))") }
        #expect((outcome.before?.meanAbsolute ?? 0) > 15)
        #expect((outcome.after?.meanAbsolute ?? 100) < 1)
        #expect((outcome.byShape?.meanAbsolute ?? 100) < 1)
    }

    @Test func noiseOfTenPercentMovesConstantsLittleAndLeftOutErrorsAreNoWorseThanIt() throws {
        let outcome = try Self.fit(Self.synthetic(noise: 0.1))
        for (name, value) in Self.truth { #expect(abs(Self.value(outcome, name) / value - 1) < 0.08, "\(name): \(Self.value(outcome, name))") }
        #expect((outcome.byShape?.meanAbsolute ?? 100) < 6.5)
        #expect(outcome.byDevice.map(\.device) == ["alpha", "beta"])
        for device in outcome.byDevice { #expect(device.leftOut.meanAbsolute < device.before.meanAbsolute) }
    }

    @Test func constantsNeverLeaveTheirRanges() throws {
        // Twenty times slower than anything inside the ranges explains.
        var data = try Self.synthetic()
        for index in data.rows.indices { data.rows[index].time = data.rows[index].time * 20 }
        let outcome = try Self.fit(data)
        for (variable, value) in zip(outcome.variables, outcome.values) { #expect(variable.plausible.contains(value)) }
        #expect(Self.value(outcome, "launch_us") == 10)
    }

    @Test func equalInputsGiveEqualConstants() throws {
        let data = try Self.synthetic(noise: 0.2)
        let first = try Self.fit(data)
        let second = try Self.fit(data)
        #expect(first.values == second.values)
        #expect(first.byShape == second.byShape)
    }

    @Test func outliersDoNotOwnTheFit() throws {
        var data = try Self.synthetic()
        for index in stride(from: 0, to: data.rows.count, by: 10) { data.rows[index].time = data.rows[index].time * 6 }
        let outcome = try Self.fit(data)
        for (name, value) in Self.truth { #expect(abs(Self.value(outcome, name) / value - 1) < 0.05, "\(name): \(Self.value(outcome, name))") }
    }

    @Test func aDeviceLeftOutIsReportedAndNotFitted() throws {
        var options = CalibrationFit.Options()
        options.folds = 0
        options.leavesDevicesOut = false
        options.leftOut = ["beta"]
        let outcome = try Self.fit(Self.synthetic(), options: options)
        #expect(outcome.devices == ["alpha"])
        #expect(outcome.rows == 150)
        #expect(outcome.byDevice.map(\.device) == ["beta"])
        #expect(outcome.byShape == nil)
        #expect(outcome.byDevice[0].leftOut.meanAbsolute < 2)
    }

    @Test func timeAroundTheKernelIsSettledWithTheFit() throws {
        var timed = MeasurementProtocol(id: "timed", stack: "neutral", launch: .excluded)
        timed.source = Fixture.source
        timed.harness = [HarnessTime(time: Sourced(Seconds(microseconds: 10), source: Fixture.source), plausibleMicroseconds: 5...40)]
        var options = CalibrationFit.Options()
        options.folds = 0
        options.leavesDevicesOut = false
        options.pull = 0.001
        let outcome = try Self.fit(Self.synthetic(["alpha"], harness: 20), protocols: [timed], options: options)
        let launch = Self.value(outcome, "launch_us")
        // Launch and harness are one sum: only together are they known.
        #expect(abs(launch + outcome.harness[0].fitted - 25) < 0.5)
        #expect((outcome.after?.meanAbsolute ?? 100) < 1)
    }

    @Test func samplesAreEvenlySpreadAndNeverMoreThanAsked() throws {
        var selection = FitProblem.Selection(family: .gemm, generation: "one")
        selection.sample = 40
        let problem = try FitProblem(try Self.synthetic(), selection: selection, validator: Fixture.validator())
        #expect(problem.count == 300)
        #expect(problem.sampled.count { $0 } == 80)
        #expect(problem.devices == ["alpha", "beta"])
    }

    @Test func otherGenerationsAndImpossibleRowsAreNotFitted() throws {
        var data = Fixture.data(rows: [(Fixture.product(16, 8000, 4000), 30), (Fixture.product(16), 30)])
        data.append(device: "gamma", rows: [(Fixture.product(4), 9)])
        let problem = try FitProblem(data, selection: .init(family: .gemm, generation: "one"), validator: Fixture.validator())
        #expect(problem.count == 1)
        #expect(problem.skipped.entries.map(\.reason) == ["faster than the data sheet allows: not fitted"])
    }

    @Test func theFileReadsBackAsItWasWritten() throws {
        let outcome = try Self.fit(Self.synthetic())
        var file = CalibrationFile(groups: Fixture.architecture().constants, comment: ["Constants of one."])
        file.set(outcome.variables, to: outcome.values, source: outcome.provenance(family: .gemm, date: "2026-01-02"))
        let groups = try ConstantGroup.groups(in: ConfigurationDocument(text: file.yaml, path: "one.yaml"))
        #expect(groups == file.groups)
        #expect(groups[0].constants[0].number.source.text.hasSuffix("; 2026-01-02"))
        #expect(groups[0].constants[0].number.source.kind == .calibrated)
    }

    /// The stack's bandwidth share hides the generation's; only it may explain these rows.
    @Test func aStacksOwnConstantsCanBeFitted() throws {
        var selection = FitProblem.Selection(family: .gemm, generation: "one")
        selection.stack = "neutral"
        let problem = try FitProblem(try Self.synthetic(["alpha"]), selection: selection, validator: Fixture.validator())
        let groups = [
            ConstantGroup(name: "gemm", constants: [
                Fixture.constant("launch_us", 3, 1...10), Fixture.constant("compute_share", 0.9, 0.3...1), Fixture.constant("bandwidth_share", 0.9, 0.3...1),
            ])
        ]
        var options = CalibrationFit.Options()
        options.folds = 0
        options.pull = 1e-5
        let outcome = CalibrationFit(
            problem, variables: FitVariable.variables(of: groups, family: .gemm, patterns: [], stack: "neutral"), options: options).run()
        for (name, value) in Self.truth { #expect(abs(Self.value(outcome, name) / value - 1) < 0.02, "\(name)") }
        selection.stack = "another"
        #expect(try FitProblem(try Self.synthetic(["alpha"]), selection: selection, validator: Fixture.validator()).count == 0)
        var file = CalibrationFile(groups: groups)
        file.set(outcome.variables, to: outcome.values, source: Fixture.source)
        #expect(file.yaml(under: ["generations", "one"]).contains("generations:\n  one:\n    gemm:\n      launch_us: {value: "))
    }

    @Test func patternsChooseConstantsOfAnyGroup() {
        let groups = [
            ConstantGroup(name: "gemm", constants: [Fixture.constant("a", 1, 0...2), NamedConstant(name: "b", number: Sourced(1, source: Fixture.source))]),
            ConstantGroup(name: "gemm.fp8", constants: [Fixture.constant("c", 1, 0...2)]),
            ConstantGroup(name: "gemmini", constants: [Fixture.constant("d", 1, 0...2)]),
            ConstantGroup(name: "power", constants: [Fixture.constant("e", 1, 0...2)]),
        ]
        #expect(FitVariable.variables(of: groups, family: .gemm, patterns: []).map(\.name) == ["a", "c"])
        #expect(FitVariable.variables(of: groups, family: .gemm, patterns: ["power/*", "gemm/a"]).map(\.name) == ["a", "e"])
    }
}

@Suite struct RobustLeastSquaresTests {
    /// (10 x - 3)^2-like residuals in two coupled coordinates; the zero is at (0.3, 0.6).
    @Test func theZeroOfSmoothResidualsIsFound() {
        let fit = RobustLeastSquares(pull: 0).minimize(from: [0.9, 0.1]) { point in
            [point[0] - 0.3, point[1] - 0.6, (point[0] - 0.3) * (point[1] + 1), 0.5 * (point[0] + point[1] - 0.9)]
        }
        #expect(abs(fit.point[0] - 0.3) < 0.005 && abs(fit.point[1] - 0.6) < 0.005)
    }

    @Test func aMinimumOutsideTheBoxEndsAtTheWall() {
        let fit = RobustLeastSquares(pull: 0).minimize(from: [0.5, 0.5]) { [$0[0] - 1.4, $0[1] + 0.3 * $0[0] - 0.5] }
        #expect(fit.point[0] == 1)
        #expect(abs(fit.point[1] - 0.2) < 0.01)
    }

    @Test func residualsBeyondTheCapCountByTheirLogarithmAndRefusedRowsAsTen() {
        let mean = RobustLeastSquares(cap: 0.6).meanCapped([0.2, .nan, 6])
        let refused: Double = 0.6 * (1 + log(10 / 0.6))
        let far: Double = 0.6 * (1 + log(6 / 0.6))
        let expected: Double = (0.2 + refused + far) / 3
        #expect(abs(mean - expected) < 1e-12)
    }

    @Test func choleskySolvesATwoByTwoSystem() throws {
        // [4 2; 2 3] x = [10; 9] has x = [1.5; 2].
        let x = try #require(LinearSystem.solve([[4, 2], [2, 3]], [10, 9]))
        #expect(abs(x[0] - 1.5) < 1e-12 && abs(x[1] - 2) < 1e-12)
        #expect(LinearSystem.solve([[1, 2], [2, 1]], [1, 1]) == nil)
    }

    @Test func theDownhillSimplexFindsAValley() {
        let minimum = NelderMead(maximumEvaluations: 600).minimize(from: [0, 0]) { abs($0[0] - 0.7) + 3 * abs($0[1] - 0.2) }
        #expect(abs(minimum.point[0] - 0.7) < 0.01 && abs(minimum.point[1] - 0.2) < 0.01)
    }
}
