import Quantities
import Testing
import Trace
import Workload

@Suite struct TraceScaleTests {
    /// A quadratic reader or writer would take minutes.
    @Test func tenThousandEventsAreReadAndWritten() throws {
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 128, n: 768, k: 768, scheme: .uniform(.fp32)))
        let events = (0..<10_000).map { index in
            TraceEvent(name: "layer \(index % 12) attention.output", shape: shape, phase: .decode, startMicroseconds: Double(index) * 1.5, durationMicroseconds: 1.25)
        }
        let trace = OperatorTrace(origin: .measured, workload: "large", device: "cpu", events: events)
        let bytes = try trace.chromeTraceJSON()
        #expect(try TraceReader.read(bytes: bytes, path: "large.json").trace == trace)
    }
}
