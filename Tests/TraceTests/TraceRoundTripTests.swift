import Foundation
import Quantities
import Testing
import Trace
import Workload

@Suite struct TraceRoundTripTests {
    /// One of each operator, with every field away from its usual value at least once.
    static let operators: [Operator] = {
        var product = MatrixMultiply(batch: 3, m: 5, n: 7, k: 11, scheme: .fp8Block, hasWeights: false, isWeightTransposed: false, hasBias: true)
        product.scheme.output = .fp16
        var backward = Attention(
            phase: .prefill, batch: 2, queryTokens: 9, keyValueTokens: 9, heads: 8, keyValueHeads: 2, headDimension: 64, isCausal: false, query: .fp16)
        backward.isBackward = true
        let others: [Operator] = [
            .matrixMultiply(product), .matrixMultiply(MatrixMultiply(m: 1, n: 2, k: 3, scheme: .uniform(.fp32))),
            .attention(backward),
            .attention(Attention(
                phase: .decode, batch: 4, queryTokens: 1, keyValueTokens: 700, heads: 16, keyValueHeads: 1, headDimension: 576, valueHeadDimension: 512,
                isCausal: true, window: 128, query: .bf16, keyValue: .fp8e4m3, sharesKeyAndValue: true)),
            .rotary(RotaryEmbedding(tokens: 3, heads: 4, dimension: 64, format: .bf16)),
            .gather(Gather(rows: 2, columns: 8, tableRows: 100, format: .fp32)),
            .mixtureOfExperts(MixtureOfExperts(
                tokens: 17, hidden: 64, intermediate: 96, topK: 2, experts: 8, tensorParallel: 2, expertParallel: 4, isGated: false,
                routing: .powerLaw(exponent: 1.2), scheme: .nvfp4)),
            .collective(Collective(.reduceScatter, devices: 16, devicesPerNode: 8, bytes: 1 << 20, format: .bf16)),
            .copy(MemoryCopy(.hostToDevice, bytes: 4096)),
        ]
        let rows = Rowwise.Function.allCases.map { Operator.rowwise(Rowwise($0, rows: 4, columns: 8, format: .fp16)) }
        let elements = Elementwise.Function.allCases.map { Operator.elementwise(Elementwise($0, elements: 32, inputs: 2, rowWidth: 8, format: .fp32)) }
        let flat = Operator.elementwise(Elementwise(.relu, elements: 32, inputs: 1, format: .int64))
        let sampling = Sampling.Method.allCases.map { Operator.sampling(Sampling($0, rows: 2, vocabulary: 10, format: .fp32)) }
        return others + rows + elements + [flat] + sampling
    }()

    /// A measured trace with everything that an event can carry; names that need escapes; times that are no round numbers.
    static func measured() -> OperatorTrace {
        var events = [TraceEvent(
            name: "prefill", shape: nil, phase: .prefill, startMicroseconds: 0.1, durationMicroseconds: 1000.25, track: 0, phaseTokens: 512)]
        var start = 0.1
        for (index, shape) in operators.enumerated() {
            let duration = 1.0 / 3.0 * Double(index + 1)
            events.append(TraceEvent(
                name: "layer \(index) \"quoted\" \\ tab\t\u{1F600}", shape: shape, phase: .prefill, startMicroseconds: start, durationMicroseconds: duration,
                spreadMicroseconds: duration * 0.9...duration * 1.1, track: 0,
                counters: [TraceCounter(name: "instructions", value: 1e15 + Double(index)), TraceCounter(name: "ipc", value: 0.1)]))
            start += duration
        }
        events.append(TraceEvent(name: "unknown", shape: nil, startMicroseconds: 2000, durationMicroseconds: 5e-7, track: 3))
        return OperatorTrace(
            origin: .measured, workload: "test", device: "a device", events: events,
            properties: [TraceProperty(name: "threads", value: "2"), TraceProperty(name: "empty", value: "")])
    }

    @Test func everyFieldSurvivesAndTheBytesAreEqual() throws {
        let trace = Self.measured()
        let bytes = try trace.chromeTraceJSON()
        let read = try TraceReader.read(bytes: bytes, path: "t.json")
        #expect(read.trace == trace)
        #expect(read.importSummary == nil)
        #expect(try read.trace.chromeTraceJSON() == bytes)
    }

    @Test(arguments: ["gpt2", "gpt3-175b", "mixtral-8x7b", "deepseek-v3", "bert-base", "t5-small", "clip-vit-base-32"])
    func aPlanReplaysAsTheWorkloadThatItWasMadeOf(id: String) throws {
        let model = try ModelLibrary.find(id)
        let workload = try model.workload(for: WorkloadRequest(
            batch: 2, promptTokens: 64, generatedTokens: model.generates ? 7 : 0, parallelism: Parallelism(tensor: 2, data: 2)))
        let read = try TraceReader.read(bytes: OperatorTrace(planning: workload).chromeTraceJSON(), path: "plan.json").trace
        #expect(read == OperatorTrace(planning: workload))
        let replayed = read.replayedWorkload()
        #expect(replayed.memory == workload.memory)
        #expect(replayed.devices == 4)
        #expect(replayed.phases.map(\.repetitions) == workload.phases.map(\.repetitions))
        #expect(replayed.phases.map(\.tokens) == workload.phases.map(\.tokens))
        for (left, right) in zip(replayed.phases, workload.phases) { #expect(abs(left.operations / right.operations - 1) < 1e-12) }
    }

    @Test func timesThatAreNotFiniteAreRefused() {
        var trace = Self.measured()
        trace.events[1].durationMicroseconds = .nan
        #expect(throws: TraceFileError.self) { try trace.chromeTraceJSON() }
    }

    /// What Perfetto asks for: events sorted by start, and slices of one track nested or apart (an overlapping slice is dropped).
    @Test(arguments: [OperatorTrace.Origin.measured, .planned])
    func slicesAreSortedAndNest(origin: OperatorTrace.Origin) throws {
        let plan = try ModelLibrary.find("gpt2").workload(for: WorkloadRequest(generatedTokens: 3))
        let trace = origin == .measured ? Self.measured() : OperatorTrace(planning: plan)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(trace.chromeTraceJSON())) as? [String: Any])
        #expect(document["displayTimeUnit"] as? String == "ms")
        let events = try #require(document["traceEvents"] as? [[String: Any]])
        #expect(events.contains { $0["ph"] as? String == "M" && $0["name"] as? String == "process_name" })
        let slices = events.filter { $0["ph"] as? String == "X" }
        #expect(slices.count == trace.events.count)
        let starts = slices.compactMap { $0["ts"] as? Double }
        #expect(starts == starts.sorted())
        var open: [Int: [Double]] = [:]
        for slice in slices {
            let track = try #require(slice["tid"] as? Int)
            let start = try #require(slice["ts"] as? Double)
            // Perfetto counts whole nanoseconds.
            let end = start + (try #require(slice["dur"] as? Double))
            while let last = open[track]?.last, last <= start + 1e-3 { open[track]?.removeLast() }
            if let parent = open[track]?.last { #expect(end <= parent + 1e-3, "\(slice["name"] ?? "") overlaps") }
            open[track, default: []].append(end)
        }
    }
}
