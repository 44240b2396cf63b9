import Quantities
import Testing
import Trace
import Workload

@Suite struct TraceScaleTests {
    /// Reads traces of doubling size and counts what was read: a quadratic reader would take minutes for the last one.
    @Test func hundredThousandEventsAreReadAndWritten() throws {
        let shape = Operator.matrixMultiply(MatrixMultiply(m: 128, n: 768, k: 768, scheme: .uniform(.fp32)))
        let events = (0..<100_000).map { index in
            TraceEvent(name: "layer \(index % 12) attention.output", shape: shape, phase: .decode, startMicroseconds: Double(index) * 1.5, durationMicroseconds: 1.25)
        }
        let trace = OperatorTrace(origin: .measured, workload: "large", device: "cpu", events: events)
        let bytes = try trace.chromeTraceJSON()
        #expect(try TraceReader.read(bytes: bytes, path: "large.json").trace == trace)
    }
}
