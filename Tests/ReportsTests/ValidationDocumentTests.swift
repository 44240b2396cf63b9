import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Reports
@testable import Validation

@Suite struct ValidationDocumentTests {
    /// A device whose products take 10 us, whatever they are.
    struct TenMicroseconds: DeviceModel {
        func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
            var breakdown = TimeBreakdown()
            breakdown[.memoryBandwidth] = 10
            let time = breakdown.total
            return OperatorProjection(
                time: time, breakdown: breakdown, interval: TimeInterval(p10: time * 0.5, p90: time * 1.5), kernels: [], operations: .zero,
                memoryTraffic: .zero)
        }
    }

    static func result(refusedFigures: Int = 0) throws -> ValidationResult {
        let source = Source(.estimated, "test")
        let architecture = Architecture(
            id: "alpha", name: "Alpha", vendor: "Test", deviceClass: .simtGPU, generation: "one",
            compute: Compute(
                unitName: "SM", units: Sourced(1, source: source), boostClock: Sourced(Hertz(1e9), source: source),
                rates: [ComputeRate(.matrix, .fp16, operationsPerClock: Sourced(1000, source: source))]),
            memory: Memory(technology: "HBM", capacity: Sourced(Bytes(1e9), source: source), bandwidth: Sourced(BytesPerSecond(1e12), source: source)))
        let validator = Validator(
            architecture: { name throws(ArchitectureLibraryError) in
                guard name == "alpha" else { throw ArchitectureLibraryError(.unknownName, "no accelerator is called '\(name)'") }
                return architecture
            },
            stack: { id throws(ArchitectureLibraryError) in
                SoftwareStack(
                    id: id, name: id, kernelLibrary: "x", graphLaunch: Sourced(.zero, source: source), eagerLaunch: Sourced(.zero, source: source))
            },
            model: { _, _ throws(ProjectionError) in TenMicroseconds() }, protocols: ProtocolLibrary([]))
        var data = MeasuredData()
        data.files = ["gemm.csv"]
        if refusedFigures > 0 { data.skipped.add(.published, device: "alpha", reason: "a price is no projection", count: refusedFigures) }
        for (device, times) in [("alpha", [8.0, 10, 20, 40]), ("nobody's", [1.0])] {
            data.series.append(
                MeasuredSeries(path: "gemm.csv", family: .gemm, source: "s", device: device, dtype: "fp16", op: "linear", kernel: "", topology: ""))
            for (line, time) in times.enumerated() {
                let shape = Operator.matrixMultiply(MatrixMultiply(m: line + 1, n: 1, k: 1, scheme: .uniform(.fp16)))
                data.rows.append(MeasuredRow(series: data.series.count - 1, line: line + 2, shape: shape, time: Seconds(microseconds: time)))
            }
        }
        return try validator.validate(data)
    }

    /// Errors +25, 0, -50, -75 %: mean 37.5, median 37.5, p90 at position 2.7: 50 + 0.7 x 25 = 67.5, bias -25; 5 to 15 us hold two of four.
    @Test func theJSONFormIsTheContracts() throws {
        let result = try Self.result()
        let text = ValidationDocument(result, groups: result.groups()).json.rendered
        let expected = """
            {
              "groups": [
                {
                  "family": "gemm",
                  "source": "s",
                  "device": "alpha",
                  "architecture": "alpha",
                  "dtype": "fp16",
                  "op": "linear",
                  "count": 4,
                  "mape": 37.5,
                  "median_ape": 37.5,
                  "p90_ape": 67.5,
                  "bias": -25,
                  "coverage": 0.5
                }
              ],
              "skipped": [
                {
                  "family": "gemm",
                  "device": "nobody's",
                  "reason": "no accelerator is called 'nobody's'",
                  "count": 1
                }
              ],
            """
        #expect(text.hasPrefix(expected), "\(text)")
        #expect(text.contains("\"answered\": 4,\n  \"asked\": 5,\n  \"answered_figures\": 0,\n  \"asked_figures\": 0"))
    }

    @Test func theHeadlineComesFirstAndTellsOfNeutralProtocols() throws {
        let result = try Self.result()
        let text = ValidationDocument(result, groups: result.groups()).text
        #expect(text.hasPrefix("4 of 5 rows answered (1 file).\n4 rows of source 's': no protocol known, neutral one assumed"))
    }

    /// Four of five rows, and of three published figures none: a figure that was read off a paper is no measured row.
    @Test func publishedFiguresAreCountedApart() throws {
        let result = try Self.result(refusedFigures: 3)
        let document = ValidationDocument(result, groups: result.groups())
        #expect(document.headline.hasPrefix("4 of 5 rows answered, 0 of 3 published figures answered (1 file)."))
    }

    @Test func bothFormsHoldWhatNoConstantSaw() throws {
        let result = try Self.result()
        let outcome = CrossValidation.Outcome(shapes: result, devices: result, kin: [(.gemm, "alpha", ["beta"])])
        let report = ValidationReport(ValidationSummary(result), leftOut: outcome, command: "ridgeline validate")
        for text in [report.html, report.markdown] {
            for part in [LeftOutTables.title, "as shipped", "shapes left out", "device left out", LeftOutTables.kinTitle, "beta"] {
                #expect(text.contains(part), "\(part)")
            }
        }
    }

    @Test func everyRowIsOneLineWithAllColumns() throws {
        let lines = String(decoding: ValidationRows(try Self.result()).csv, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 5)
        for line in lines { #expect(line.split(separator: ",", omittingEmptySubsequences: false).count == ValidationRows.header.count) }
        #expect(lines[3].hasPrefix("gemm.csv,4,gemm,s,alpha,alpha,fp16,linear,m3 n1 k1,20.0000,10.0000,5.0000,15.0000,-50.0000,memory_bandwidth,,neutral,no,"))
    }

    @Test func theReportHoldsBaselinesWorstRowsAndWhatIsMissing() throws {
        let summary = ValidationSummary(try Self.result())
        #expect(summary.families.map(\.family) == [.gemm])
        // 10 us against 40 is a factor of four, the worst.
        #expect(summary.families[0].worst.first == 3)
        #expect((summary.baselines[0]?.datasheet.meanAbsolute ?? 0) > 99)
        let report = ValidationReport(summary, command: "ridgeline validate")
        for text in [report.html, report.markdown] {
            for part in ["roofline", "3 constants", "gemm.csv:5", "no accelerator is called", "ridgeline validate"] {
                #expect(text.contains(part), "\(part)")
            }
        }
        #expect(report.html.contains("<svg"))
        #expect(report.html == ValidationReport(summary, command: "ridgeline validate").html)
    }
}
