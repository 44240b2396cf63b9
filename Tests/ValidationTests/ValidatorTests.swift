import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct ValidatorTests {
    /// 2 x 1000 x 1000 x 1000 / (100e6 x 0.9 per us) = 22.2 us; traffic 6e6 B / 0.9e6 B/us = 6.7 us; launch 3 us.
    @Test func aRowIsHeldAgainstItsProjection() throws {
        let result = try Fixture.validator().validate(Fixture.data(rows: [(Fixture.product(1000, 1000, 1000), 20)]))
        let row = try #require(result.rows.first)
        #expect(abs(row.pair.projected - (3 + 2e9 / 90e6)) < 1e-9)
        #expect(row.pair.measured == 20)
        #expect(row.breakdown.largest == .matrixPipe)
        #expect(result.answered == 1 && result.asked == 1)
    }

    @Test func unknownDevicesAndFormatsAreCountedNotDropped() throws {
        var data = Fixture.data(device: "delta", rows: [(Fixture.product(1), 1), (Fixture.product(2), 1)])
        data.append(device: "alpha", dtype: "fp32", rows: [(MatrixMultiply(m: 1, n: 1, k: 1, scheme: .uniform(.fp32)), 1)])
        let result = try Fixture.validator().validate(data)
        #expect(result.answered == 0)
        #expect(
            result.skipped.entries == [
                SkippedRows(family: .gemm, device: "alpha", reason: "only fp16", count: 1),
                SkippedRows(family: .gemm, device: "delta", reason: "no accelerator is called 'delta'", count: 2),
            ])
    }

    /// A kernel runs on one of the two devices that a board shows; a figure of the board is the board's, and so is one that is asked for.
    @Test func kernelsOfABoardRanOnOneOfItsDevices() throws {
        let data = Fixture.data(device: "pair of alphas", rows: [(Fixture.product(1), 1)])
        let result = try Fixture.validator().validate(data)
        let row = try #require(result.rows.first)
        #expect(result.architecture(of: row)?.id == "alpha")
        #expect(result.architectures.map(\.id) == ["alpha"])
        var validator = Fixture.validator()
        validator.only = try validator.architecture("pair of alphas")
        let asked = try validator.validate(data)
        #expect(asked.architectures.map(\.id) == ["pair"])
        validator.only = Fixture.architecture()
        #expect(try validator.validate(data).answered == 1)
    }

    @Test func aBoardOfAnUnknownDeviceIsAWrongFileAndNoUnknownName() throws {
        let data = Fixture.data(device: "pair of deltas", rows: [(Fixture.product(1), 1)])
        let error = #expect(throws: ArchitectureLibraryError.self) { try Fixture.validator().validate(data) }
        #expect(error?.code == .invalidFile)
        #expect(error?.description.contains("pair: 'seen_as'") == true)
    }

    @Test func onlyOneArchitectureTakesUnknownDevicesAndLeavesOthers() throws {
        var data = Fixture.data(device: "delta", rows: [(Fixture.product(1), 1)])
        data.append(device: "alpha", rows: [(Fixture.product(1), 1)])
        data.append(device: "beta", rows: [(Fixture.product(1), 1)])
        var validator = Fixture.validator()
        validator.only = Fixture.architecture()
        let result = try validator.validate(data)
        #expect(result.rows.count == 2)
        #expect(result.skipped.entries.map(\.reason) == ["the device is beta, and only alpha was asked for"])
    }

    @Test func harnessTimeIsAddedAsLaunchAndUnknownSourcesAreSaidToBeNeutral() throws {
        var timed = MeasurementProtocol(id: "timed", stack: "neutral", launch: .excluded)
        timed.matches.sources = ["known"]
        timed.source = Fixture.source
        timed.harness = [HarnessTime(time: Sourced(Seconds(microseconds: 7), source: Fixture.source))]
        var data = Fixture.data(source: "known", rows: [(Fixture.product(8), 10)])
        data.append(device: "alpha", source: "elsewhere", rows: [(Fixture.product(8), 10)])
        let result = try Fixture.validator(protocols: [timed]).validate(data)
        #expect(abs(result.rows[0].pair.projected - result.rows[1].pair.projected - 7) < 1e-9)
        #expect(abs(result.rows[0].breakdown.total.microseconds - result.rows[0].pair.projected) < 1e-9)
        #expect(result.neutralSources.map(\.source) == ["elsewhere"])
    }

    /// A rank waits in its kernel for a late one up to the period of issue; a kernel that takes longer hides it.
    @Test func aPeriodOfIssueIsALowerLimitAndNotAnAddend() throws {
        let plain = try Fixture.validator().validate(Fixture.data(rows: [(Fixture.product(8), 10)])).rows[0].pair.projected
        for (period, expected) in [(plain + 7, plain + 7), (plain / 2, plain)] {
            var timed = MeasurementProtocol(id: "timed", stack: "neutral", launch: .graph)
            timed.source = Fixture.source
            timed.harness = [HarnessTime(time: Sourced(Seconds(microseconds: period), source: Fixture.source))]
            timed.harness[0].rule = .atLeast
            let row = try Fixture.validator(protocols: [timed]).validate(Fixture.data(source: "known", rows: [(Fixture.product(8), 10)])).rows[0]
            #expect(abs(row.pair.projected - expected) < 1e-9)
        }
    }

    @Test func groupsAreSortedAndHoldEveryRow() throws {
        var data = Fixture.data(device: "beta", source: "b", rows: [(Fixture.product(1), 5), (Fixture.product(2), 500)])
        data.append(device: "alpha", source: "a", rows: [(Fixture.product(1), 5)])
        let groups = try Fixture.validator().validate(data).groups()
        #expect(groups.map(\.key.source) == ["a", "b"])
        #expect(groups.map(\.statistics.count) == [1, 2])
        #expect(groups[1].buckets.map(\.bucket) == [.below10, .to1000])
    }

    /// 64 MB of operands (L2 is 10 MB) in 30 us would be 2.1 TB/s on a 1 TB/s device.
    @Test func measurementsBeyondTheDataSheetAreFlagged() throws {
        let rows = [(Fixture.product(16, 8000, 4000), 30.0), (Fixture.product(16, 8000, 4000), 80.0)]
        let result = try Fixture.validator().validate(Fixture.data(rows: rows))
        #expect(result.rows.map(\.isBeyondLimits) == [true, false])
        #expect(result.groups()[0].beyondLimits == 1)
    }

    @Test(arguments: [1, 2, 3, 7])
    func resultsDoNotDependOnThreads(threads: Int) throws {
        let data = Fixture.data(rows: (1...501).map { (Fixture.product($0), Double($0)) })
        var validator = Fixture.validator()
        validator.threads = 1
        let reference = try validator.validate(data)
        validator.threads = threads
        #expect(try validator.validate(data).rows == reference.rows)
    }

    @Test func theThreeConstantRooflineFitsWhatItDescribesAndTheDatasheetDoesNot() throws {
        let shapes = (1...120).map { Fixture.product($0 * 37 % 900 + 1, 256 * ($0 % 9 + 1), 512 * ($0 % 5 + 1)) }
        let truth = ThreeConstantRoofline(launch: 6, computeEfficiency: 0.7, trafficEfficiency: 0.6)
        let architecture = Fixture.architecture()
        let rows = try shapes.map { shape in
            (shape, truth.time(try #require(RooflineTimes(.matrixMultiply(shape), on: architecture))))
        }
        let result = try Fixture.validator().validate(Fixture.data(rows: rows))
        let baselines = try #require(result.baselines(of: result.groups()[0]))
        #expect(baselines.threeConstants.meanAbsolute < 1)
        #expect(baselines.datasheet.meanAbsolute > 30)
        #expect(baselines.datasheet.bias < -30)
    }
}
