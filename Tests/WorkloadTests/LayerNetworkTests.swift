import Quantities
import Testing
import Workload

@Suite struct LayerNetworkTests {
    /// AlexNet with its two groups (Krizhevsky et al., 2012: "60 million"), VGG of torchvision, and the LSTM of Sutskever et al. ("384M
    /// parameters of which 64M are pure recurrent connections").
    @Test(arguments: [("alexnet", 60_965_224), ("vgg16", 138_357_544), ("vgg19", 143_667_240)])
    func parametersAreExact(id: String, expected: Int) throws {
        #expect(try #require(LayerNetwork.named(id)).parameters == expected)
    }

    @Test func recurrentNetworkHasItsPapersParameters() throws {
        let network = try #require(LayerNetwork.named("lstm"))
        #expect(abs(Double(network.parameters) / 384e6 - 1) < 0.001)
        let recurrent = network.layers.filter { if case .recurrent = $0 { true } else { false } }.reduce(0) { $0 + $1.parameters }
        #expect(abs(Double(recurrent) / 64e6 - 1) < 0.001)
    }

    @Test func convolutionIsAProductOfPixelsAndChannels() throws {
        let phase = try #require(LayerNetwork.named("vgg16")).workload(for: WorkloadRequest(batch: 2, format: .fp32)).phases[0]
        // conv1_1: 2 x 224 x 224 pixels, 3 channels of 3 x 3, 64 filters.
        #expect(phase.operators(named: "conv1_1").first?.shape == .matrixMultiply(MatrixMultiply(
            m: 100_352, n: 64, k: 27, scheme: .uniform(.fp32), hasBias: true)))
        // 15.47 GMAC an image (torchvision's count for VGG-16).
        #expect(abs(phase.matrixOperations / 2 / 30.94e9 - 1) < 0.005)
    }

    @Test func groupsSplitChannels() throws {
        let phase = try #require(LayerNetwork.named("alexnet")).workload(for: WorkloadRequest(batch: 1, format: .fp32)).phases[0]
        #expect(phase.operators(named: "conv2").first?.shape == .matrixMultiply(MatrixMultiply(
            batch: 2, m: 729, n: 128, k: 1200, scheme: .uniform(.fp32), hasBias: true)))
    }

    @Test func recurrenceRunsAStepForEachTokenAndLayer() throws {
        let phase = try #require(LayerNetwork.named("lstm")).workload(for: WorkloadRequest(batch: 4, promptTokens: 10)).phases[0]
        #expect(phase.operators(named: "encoder.gates").map(\.count) == [40])
    }

    @Test func trainingAndRefusalsWorkAsForTransformers() throws {
        let network = try #require(LayerNetwork.named("alexnet"))
        let workload = try network.workload(for: WorkloadRequest(batch: 8, training: TrainingOptions(), parallelism: Parallelism(data: 2)))
        #expect(workload.phases.map(\.kind) == [.forward, .backward, .optimizer] && workload.devices == 2)
        #expect(throws: WorkloadError.self) { try network.workload(for: WorkloadRequest(parallelism: Parallelism(tensor: 2))) }
        #expect(throws: WorkloadError.self) { try network.workload(for: WorkloadRequest(batch: 0)) }
    }
}
