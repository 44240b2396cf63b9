import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Simulator
import Testing
import Workload

@testable import Validation

@Suite struct ProtocolTests {
    /// The protocols that ship, read from the checkout.
    static func shipped() throws -> ProtocolLibrary {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Architectures").standardized.path
        return try ProtocolLibrary.read(roots: [root])
    }

    static func series(_ source: String, _ family: MeasuredFamily, device: String = "x", op: String = "linear", kernel: String = "", topology: String = "")
        -> MeasuredSeries
    {
        MeasuredSeries(path: "", family: family, source: source, device: device, dtype: "fp16", op: op, kernel: kernel, topology: topology)
    }

    @Test(arguments: [
        ("neusight", MeasuredFamily.gemm, "", "neusight.gemm"), ("neusight", .rowwise, "", "neusight.rowwise"), ("neusight", .elementwise, "", "neusight.elementwise"),
        ("neusight_trace", .gemm, "", "neusight_trace"), ("vidur", .gemm, "", "vidur.gemm"), ("vidur", .attention, "", "vidur.attention"),
        ("aiconfigurator/trtllm-1.3.0rc20", .gemm, "torch_flow", "aiconfigurator.gemm.graph"),
        ("aiconfigurator/trtllm-1.0.0", .gemm, "torch_flow", "aiconfigurator.gemm.graph.1.0"),
        ("aiconfigurator/trtllm-1.0.0", .gemm, "trt_flow_/smooth_quant_gemm", "aiconfigurator.gemm.plugin"),
        ("aiconfigurator/trtllm-1.2.0rc5", .gemm, "torch_flow", "aiconfigurator.gemm.graph.1.2"),
        ("aiconfigurator/trtllm-1.0.0", .attention, "", "aiconfigurator.attention.1.0"),
        ("aiconfigurator/nccl-2.29.2", .collective, "", "aiconfigurator.collective"), ("llmcompass", .gemm, "", "llmcompass.gemm"),
        ("scalesim_tpu", .elementwise, "", "scalesim_tpu"), ("somebody else", .gemm, "", "neutral"), ("", .gemm, "", "neutral"),
    ])
    func sourcesLeadToTheirProtocol(source: String, family: MeasuredFamily, kernel: String, id: String) throws {
        #expect(try Self.shipped().measurementProtocol(for: Self.series(source, family, kernel: kernel)).id == id)
    }

    @Test func everyShippedProtocolNamesAStackThatShipsAndAnArchitectureThatExists() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Architectures").standardized.path
        let library = try ArchitectureLibrary(roots: [root])
        for entry in try Self.shipped().protocols {
            #expect(throws: Never.self, "\(entry.id)") { try library.softwareStack(entry.stack) }
            if let name = entry.architecture { #expect(throws: Never.self, "\(entry.id)") { try library.architecture(named: name) } }
        }
    }

    /// The values are calibrated and may move; that each machine has its own, and that calls differ, may not.
    @Test func harnessTimesBelongToMachinesAndCalls() throws {
        let entry = try Self.shipped().measurementProtocol(for: Self.series("neusight", .gemm))
        func time(_ device: String, _ op: String = "linear") -> Double {
            entry.harnessTime(for: Self.series("neusight", .gemm, device: device, op: op)).microseconds
        }
        #expect(time("Tesla P100-PCIE-16GB") > time("NVIDIA A100-PCIE-40GB") + 10)
        #expect(time("Tesla P4") != time("Tesla T4"))
        for device in ["Tesla T4", "NVIDIA L4"] { #expect(time(device, "bmm") < time(device)) }
        for harness in entry.harness { #expect(harness.plausibleMicroseconds?.contains(harness.time.value.microseconds) == true) }
    }

    /// 50 MiB of cache and 20 MB of weights: three copies exceed it. 1 MB of weights would need 53, five is the limit. 80 MB needs one.
    @Test(arguments: [(20e6, 3), (1e6, 5), (80e6, 1), (52_428_800, 1), (0, 1)])
    func weightCopiesExceedTheCacheUpToTheLimit(weights: Double, copies: Int) {
        var entry = MeasurementProtocol.neutral
        entry.weightCopies = 5
        #expect(entry.copies(of: Bytes(weights), cacheCapacity: Bytes(50 * 1_048_576)) == copies)
    }

    @Test func residencyFollowsTheRule() {
        let product = MatrixMultiply(m: 64, n: 1000, k: 2000, scheme: .uniform(.fp16))
        let shape = Operator.matrixMultiply(product)
        var entry = MeasurementProtocol.neutral
        entry.inputs = .hot
        entry.weights = .cold
        var conditions = entry.conditions(for: shape, cacheCapacity: Bytes(10e6))
        #expect(conditions.residentInput == product.activationBytes && conditions.residentWeights == .zero)
        #expect(conditions.inputReuseFootprint == nil)
        entry.weights = .replayed
        entry.weightCopies = 5
        conditions = entry.conditions(for: shape, cacheCapacity: Bytes(10e6))
        #expect(conditions.residentWeights == product.weightBytes)
        // A is 64 x 2000, B 1000 x 2000 three times (4 MB into 10 MB), C 64 x 1000, 2 bytes each.
        #expect(conditions.weightReuseFootprint == Bytes(2 * (128_000 + 3 * 2_000_000 + 64_000)))
        entry.inputs = .cold
        #expect(entry.conditions(for: shape, cacheCapacity: Bytes(10e6)).residentInput == .zero)
    }

    @Test func biasAndSharedCachesAreAddedToTheOperator() {
        var entry = MeasurementProtocol.neutral
        entry.hasBias = true
        entry.sharesKeyAndValue = true
        guard case .matrixMultiply(let linear) = entry.adjusted(.matrixMultiply(Fixture.product(4))),
            case .matrixMultiply(let batched) = entry.adjusted(
                .matrixMultiply(MatrixMultiply(m: 4, n: 4, k: 4, scheme: .uniform(.fp16), hasWeights: false))),
            case .attention(let attention) = entry.adjusted(
                .attention(
                    Attention(phase: .decode, batch: 1, queryTokens: 1, keyValueTokens: 2, heads: 1, keyValueHeads: 1, headDimension: 64, query: .fp16)))
        else {
            Issue.record("another operator came out")
            return
        }
        #expect(linear.hasBias && !batched.hasBias && attention.sharesKeyAndValue)
    }

    @Test(arguments: [
        ("*", "anything", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "a", false), ("ab*ba", "aba", false), ("x", "x", true),
        ("x", "xy", false), ("*b*", "abc", true), ("a*b*c", "a1b2c", true), ("a*b*c", "acb", false), ("", "", true), ("a*", "", false),
    ])
    func patternsMatchWholeTexts(pattern: String, text: String, fits: Bool) { #expect(ProtocolPatterns.fits(pattern, text) == fits) }

    static let head = "source: \"documentation: x\"\nprotocols:\n  - id: a\n    match: {sources: [b]}\n    stack: neutral\n"

    @Test(arguments: [
        ("    launch: grph\n", "p.yaml:6:13: found 'grph', allowed are graph, eager, excluded; did you mean 'graph'?"),
        ("    launch: graph\n    inputs: warm\n", "p.yaml:7:13: found 'warm', allowed are cold, hot, replayed"),
        ("    launch: graph\n    weight_copys: 5\n", "p.yaml:7:5: unknown key 'weight_copys'; did you mean 'weight_copies'?"),
        ("    launch: graph\n    weight_copies: 0\n", "p.yaml:7:20: 'weight_copies' is 0, 1 to 64 belongs here"),
        ("    launch: graph\n    harness: [{us: 9, plausible: [1, 5]}]\n", "p.yaml:7:15: 'us' is 9.0, outside its plausible range"),
        ("    launch: graph\n    harness: [{at_least_us: 9, plausible: [1, 5]}]\n", "p.yaml:7:15: 'at_least_us' is 9.0, outside its plausible range"),
        (
            "    launch: graph\n    harness: [{us: 9, at_least_us: 9}]\n",
            "p.yaml:7:15: 'us' and 'at_least_us' exclude each other: time is added, or a lower limit"
        ),
        ("    launch: graph\n    network: {gb_per_second_per_adapter: 0}\n", "p.yaml:7:14: a network rate is not positive"),
        (
            "    launch: graph\n    network: {gb_per_second_per_adapter: 1, devices_per_adapter: 0}\n",
            "p.yaml:7:14: 'devices_per_adapter' is 0, at least 1 belongs here"
        ),
        ("    launch: graph\n    power_limits: [{watts: -1}]\n", "p.yaml:7:20: 'watts' is -1.0, a positive number belongs here"),
        ("    inputs: hot\n", "p.yaml:3:5: 'launch' is missing"),
    ])
    func badProtocolsSayWhere(rest: String, message: String) throws {
        let document = try ConfigurationDocument(text: Self.head + rest, path: "p.yaml")
        let error = #expect(throws: ConfigurationError.self) { try ProtocolLibrary.protocols(in: document) }
        #expect(error?.description == message)
    }

    @Test func factsWithoutASourceAreRefused() throws {
        let document = try ConfigurationDocument(text: "protocols:\n  - {id: a, match: {}, stack: neutral, launch: graph}\n", path: "p.yaml")
        let error = #expect(throws: ConfigurationError.self) { try ProtocolLibrary.protocols(in: document) }
        #expect(error?.description == "p.yaml:2:5: protocol 'a' has no source: say where these facts stand")
    }
}
