import Foundation
import Quantities
import Testing
import Trace
import Workload

/// The fixtures are cut from one forward pass of a two-layer GPT-2 (hidden 768, 128 tokens), recorded by PyTorch 2's profiler with
/// `record_shapes=True`, and by its ExecutionTraceObserver: embeddings, the first layer, and (profiler) the output projection.
@Suite struct TraceImportTests {
    private static func fixture(_ name: String) throws -> TraceDocument {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/Traces")
        return try TraceReader.read(folder.appendingPathComponent(name).path)
    }

    private static func products(_ trace: OperatorTrace) -> [[Int]] {
        trace.events.compactMap { event in
            guard case .matrixMultiply(let product)? = event.shape else { return nil }
            return [product.m, product.n, product.k]
        }
    }

    @Test func profilerTraceGivesTheOutermostOperatorsOnce() throws {
        let document = try Self.fixture("kineto_gpt2_one_layer.json")
        // One layer: queries, keys and values; output; up; down; then the output projection, whose linear contains matmul contains mm.
        #expect(Self.products(document.trace) == [[128, 2304, 768], [128, 768, 768], [128, 3072, 768], [128, 768, 3072], [128, 50257, 768]])
        let attention = document.trace.events.compactMap { event -> Attention? in
            guard case .attention(let shape)? = event.shape else { return nil }
            return shape
        }
        #expect(attention == [Attention(
            phase: .prefill, batch: 1, queryTokens: 128, keyValueTokens: 128, heads: 12, keyValueHeads: 12, headDimension: 64, query: .fp32)])
        #expect(document.trace.origin == .measured)
        #expect(document.trace.events.allSatisfy { ($0.durationMicroseconds ?? 0) > 0 })
        #expect(document.trace.events.first?.startMicroseconds == 0)
    }

    @Test func everyCallIsAccountedFor() throws {
        let summary = try #require(try Self.fixture("kineto_gpt2_one_layer.json").importSummary)
        #expect(summary.unknown.isEmpty)
        #expect(summary.understood + summary.bookkeeping == summary.total)
        #expect(summary.understoodShare == 1)
    }

    @Test func executionTraceNamesTheSameOperators() throws {
        let plan = try Self.fixture("et_gpt2_one_layer.json")
        let measured = try Self.fixture("kineto_gpt2_one_layer.json")
        #expect(plan.trace.origin == .planned)
        #expect(Self.products(plan.trace) == Array(Self.products(measured.trace).dropLast()))
        #expect(plan.trace.properties.contains(TraceProperty(name: "schema", value: "1.1.1-chakra.0.0.4")))
    }

    private static func kineto(_ events: String) throws -> TraceDocument {
        try TraceReader.read(bytes: Array("{\"deviceProperties\":[{\"id\":0,\"name\":\"NVIDIA A100-SXM4-80GB\"}],\"traceEvents\":[\(events)]}".utf8), path: "k.json")
    }

    @Test func kernelTimesReplaceHostTimesWhereThereAreKernels() throws {
        // A linear layer whose inner addmm (external id 7) launched two kernels of 10 and 2.5 µs; one kernel that no known call launched.
        let document = try Self.kineto("""
            {"ph":"X","cat":"cpu_op","name":"aten::linear","pid":1,"tid":1,"ts":"100.5","dur":50,"args":{"External id":6,"Input Dims":[[4,8],[16,8],[16]],"Input type":["c10::Half","c10::Half","c10::Half"]}},
            {"ph":"X","cat":"cpu_op","name":"aten::addmm","pid":1,"tid":1,"ts":110,"dur":30,"args":{"External id":7,"Input Dims":[[16],[4,8],[8,16]],"Input type":["c10::Half","c10::Half","c10::Half"]}},
            {"ph":"X","cat":"kernel","name":"gemm","pid":0,"tid":7,"ts":200,"dur":10,"args":{"External id":7,"correlation":1,"stream":7}},
            {"ph":"X","cat":"kernel","name":"bias","pid":0,"tid":7,"ts":212,"dur":2.5,"args":{"External id":7,"correlation":2,"stream":7}},
            {"ph":"X","cat":"kernel","name":"mystery","pid":0,"tid":7,"ts":220,"dur":1,"args":{"External id":99,"correlation":3,"stream":7}}
            """)
        #expect(document.trace.device == "NVIDIA A100-SXM4-80GB")
        #expect(document.trace.events.map(\.durationMicroseconds) == [12.5, 1])
        #expect(document.trace.events[0].shape == .matrixMultiply(MatrixMultiply(m: 4, n: 16, k: 8, scheme: .uniform(.fp16), hasBias: true)))
        #expect(document.trace.events[1].shape == nil)
        let summary = try #require(document.importSummary)
        #expect(summary.hasKernels)
        #expect(summary.unknown == [ImportSummary.Entry(name: "mystery", count: 1, microseconds: 1)])
        #expect(abs((summary.understoodShare ?? 0) - 12.5 / 13.5) < 1e-12)
    }

    @Test func unknownOperatorsAreCountedWithTheirTime() throws {
        let document = try Self.kineto("""
            {"ph":"X","cat":"cpu_op","name":"aten::fancy","pid":1,"tid":1,"ts":0,"dur":3,"args":{"Input Dims":[[4]],"Input type":["float"]}},
            {"ph":"X","cat":"cpu_op","name":"aten::fancy","pid":1,"tid":1,"ts":4,"dur":4,"args":{"Input Dims":[[4]],"Input type":["float"]}},
            {"ph":"X","cat":"cpu_op","name":"aten::mm","pid":1,"tid":1,"ts":9,"dur":1}
            """)
        let summary = try #require(document.importSummary)
        #expect(summary.understood == 0)
        // The product has no shapes: recorded without record_shapes.
        #expect(summary.unknown == [
            ImportSummary.Entry(name: "aten::fancy", count: 2, microseconds: 7), ImportSummary.Entry(name: "aten::mm", count: 1, microseconds: 1),
        ])
    }

    /// Name, dimensions, types, arithmetic.
    private static let calls: [(String, String, String, Double)] = [
        ("aten::bmm", "[[6,2,4],[6,4,8]]", "[\"float\",\"float\"]", 768),
        ("aten::matmul", "[[2,3,4],[4,5]]", "[\"float\",\"float\"]", 240),
        ("aten::matmul", "[[2,6,3,4],[2,6,4,5]]", "[\"float\",\"float\"]", 1440),
        ("aten::add", "[[2,3],[2,3],[]]", "[\"float\",\"float\",\"Scalar\"]", 6.0),
        ("aten::mul_", "[[2,3],[]]", "[\"float\",\"double\"]", 6.0),
        ("aten::gelu", "[[2,3],[]]", "[\"c10::BFloat16\",\"\"]", 48.0),
        ("aten::_softmax", "[[2,3,5],[],[]]", "[\"float\",\"Scalar\",\"Scalar\"]", 150.0),
        ("aten::embedding", "[[100,8],[2,3],[],[],[]]", "[\"float\",\"long int\",\"Scalar\",\"Scalar\",\"Scalar\"]", 0.0),
    ]

    /// Products count 2 m n k a batch, additions 1 an element, GELU 8, softmax 5 (the conventions of `Operator.operations`).
    @Test(arguments: calls)
    func frameworkCallsBecomeOperatorsOfTheirArithmetic(name: String, dimensions: String, types: String, operations: Double) throws {
        let document = try Self.kineto(
            "{\"ph\":\"X\",\"cat\":\"cpu_op\",\"name\":\"\(name)\",\"pid\":1,\"tid\":1,\"ts\":0,\"dur\":1,\"args\":{\"Input Dims\":\(dimensions),\"Input type\":\(types)}}")
        let shape = try #require(document.trace.events.first?.shape)
        #expect(shape.operations.value == operations)
    }

    @Test func aBareArrayOfEventsIsLegal() throws {
        #expect(try TraceReader.read(bytes: Array("[]".utf8), path: "t.json").trace.events.isEmpty)
    }
}
