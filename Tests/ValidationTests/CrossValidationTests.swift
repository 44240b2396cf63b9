import Hardware
import Quantities
import Simulator
import Testing

@testable import Validation

@Suite struct CrossValidationTests {
    static func run(_ data: MeasuredData, shipping: Double = 0.9) throws -> CrossValidation.Outcome {
        var validator = Fixture.validator()
        let architecture = validator.architecture
        validator.architecture = { name throws(ArchitectureLibraryError) in
            let variable = FitVariable(group: "gemm", name: "compute_share", start: shipping, plausible: 0.3...1)
            return try architecture(name).setting([variable], to: [shipping])
        }
        var options = CrossValidation.Options()
        options.pull = 1e-5
        return try CrossValidation(validator, options: options).run(on: validator.validate(data))
    }

    static func projected(_ result: ValidationResult) -> [Double] { result.rows.map(\.pair.projected) }

    @Test func constantsThatMadeTheDataProjectLeftOutShapesAndDevices() throws {
        let outcome = try Self.run(FitTests.synthetic())
        #expect(outcome.shapes.rows.count == 300)
        #expect(outcome.devices.rows.count == 300)
        #expect(try #require(ErrorStatistics(outcome.shapes.rows.map(\.pair))).meanAbsolute < 1)
        #expect(try #require(ErrorStatistics(outcome.devices.rows.map(\.pair))).meanAbsolute < 1)
        #expect(outcome.kin.map(\.device) == ["alpha", "beta"])
        #expect(outcome.kin.map(\.from) == [["beta"], ["alpha"]])
    }

    @Test func theConstantsThatShipDoNotReachLeftOutProjections() throws {
        let data = try FitTests.synthetic(noise: 0.2)
        let (one, other) = (try Self.run(data, shipping: 0.9), try Self.run(data, shipping: 0.35))
        #expect(Self.projected(one.shapes) == Self.projected(other.shapes))
        #expect(Self.projected(one.devices) == Self.projected(other.devices))
    }

    @Test func theTimesOfAShapeDoNotReachItsOwnProjection() throws {
        let data = try FitTests.synthetic(["alpha"], noise: 0.1)
        var changed = data
        let shape = data.rows[40].shape
        for index in changed.rows.indices where changed.rows[index].shape == shape { changed.rows[index].time = changed.rows[index].time * 3 }
        let (before, after) = (try Self.run(data).shapes, try Self.run(changed).shapes)
        for (old, new) in zip(before.rows, after.rows) where data.rows[old.index].shape == shape {
            #expect(old.pair.projected == new.pair.projected)
            #expect(new.pair.measured == 3 * old.pair.measured)
        }
        #expect(Self.projected(before) != Self.projected(after))
    }

    @Test func aDeviceMeasuredAloneHasNothingToBeProjectedFrom() throws {
        let outcome = try Self.run(FitTests.synthetic(["alpha"]))
        #expect(outcome.devices.rows.isEmpty)
        #expect(outcome.kin.isEmpty)
        #expect(!outcome.shapes.rows.isEmpty)
    }
}
