import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// The fused layer: bounds, monotony, refusals.
@Suite struct MixtureOfExpertsTests {
    static let devices = ["a100-sxm-80gb", "l40s", "h100-sxm", "b200-sxm", "v100-sxm2-16gb", "mi300x", "h200-sxm"]

    static func layers(_ scheme: MatrixMultiplyScheme) -> [MixtureOfExperts] {
        var random = GPURandom(state: 5)
        return (0..<60).map { number in
            let experts = 1 << (3 + Int(random.next() * 6))
            return MixtureOfExperts(
                tokens: 1 + Int(random.next() * Double(1 << Int(random.next() * 14))), hidden: 1024 * (1 + Int(random.next() * 7)),
                intermediate: 512 * (1 + Int(random.next() * 16)), topK: 1 + Int(random.next() * 8), experts: experts,
                tensorParallel: 1 << Int(random.next() * 3), expertParallel: 1 << Int(random.next() * 4), isGated: number % 4 != 0,
                routing: number % 3 == 0 ? .balanced : .powerLaw(exponent: number % 3 == 1 ? 1.01 : 1.2), scheme: scheme)
        }
    }

    private func scheme(_ device: Architecture) -> MatrixMultiplyScheme { .uniform(device.peak(.matrix, .bf16) == nil ? .fp16 : .bf16) }

    @Test(arguments: devices) func partsOfTheTimeAddUpToIt(_ id: String) throws {
        let device = try ModelFixture.device(id)
        let model = try MixtureOfExpertsModel(architecture: device, stack: ModelFixture.stack())
        let schemes = [scheme(device)] + (device.peak(.matrix, .fp8e4m3) == nil ? [] : [.fp8Dynamic, .fp8Block])
        for layer in schemes.flatMap(Self.layers) {
            let projection = try model.project(layer, under: ModelFixture.cold)
            let time = projection.time.value
            #expect(time > 0 && time.isFinite)
            #expect(abs(projection.breakdown.total.value - time) <= 1e-9 * time, "\(layer)")
            #expect(TimeOwner.allCases.allSatisfy { projection.breakdown[$0] >= -1e-9 && projection.breakdown[$0].isFinite }, "\(layer)")
        }
    }

    /// 256 tokens x 4 choices over 128 experts are 8 pairs each; a library that only knows its own 16 expects 64.
    @Test func aLibraryThatSeesItsOwnExpertsExpectsAllTokensThere() throws {
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("b200-sxm"), stack: ModelFixture.stack())
        func kernel(expertParallel: Int) throws -> String {
            let layer = MixtureOfExperts(
                tokens: 256, hidden: 4096, intermediate: 2048, topK: 4, experts: 128, tensorParallel: 1, expertParallel: expertParallel,
                isGated: true, routing: .balanced, scheme: .mxfp4mxfp8)
            return try model.project(layer, under: ModelFixture.cold).kernels[0].name
        }
        #expect(try kernel(expertParallel: 1).contains("8x128"))
        #expect(try kernel(expertParallel: 8).contains("64x128"))
    }

    @Test(arguments: devices) func neverFasterThanItsArithmeticOrItsTraffic(_ id: String) throws {
        let device = try ModelFixture.device(id)
        let model = try MixtureOfExpertsModel(architecture: device, stack: ModelFixture.stack())
        let peak = try #require(device.peak(scheme(device).compute))
        for layer in Self.layers(scheme(device)) {
            let projection = try model.project(layer, under: ModelFixture.kernelOnly)
            #expect(projection.time.value >= (projection.operations / peak).value, "\(layer)")
            #expect(projection.time.value >= (projection.memoryTraffic / device.memory.bandwidth.value).value, "\(layer)")
        }
    }

    @Test(arguments: devices) func moreBandwidthOrClockIsNeverSlower(_ id: String) throws {
        let device = try ModelFixture.device(id)
        var better = device
        better.memory.bandwidth.value = device.memory.bandwidth.value * 1.5
        better.compute.boostClock.value = device.compute.boostClock.value * 1.2
        if let clock = device.compute.matrixClock { better.compute.matrixClock?.value = clock.value * 1.2 }
        let model = try MixtureOfExpertsModel(architecture: device, stack: ModelFixture.stack())
        let faster = try MixtureOfExpertsModel(architecture: better, stack: ModelFixture.stack())
        for layer in Self.layers(scheme(device)) {
            let before = try model.project(layer, under: ModelFixture.kernelOnly).time
            #expect(try faster.project(layer, under: ModelFixture.kernelOnly).time.value <= before.value * (1 + 1e-9), "\(layer)")
        }
    }

    @Test func oneTokenReadsTheWeightsOfItsExpertsOnly() throws {
        // Mixtral 8x7B, one token, two experts of three 4096 x 14336 matrices in bf16: 2 * 3 * 4096 * 14336 * 2 B = 704.6 MB.
        let layer = MixtureOfExperts(tokens: 1, hidden: 4096, intermediate: 14336, topK: 2, experts: 8, scheme: .uniform(.bf16))
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let projection = try model.project(layer, under: ModelFixture.cold)
        #expect(abs(projection.memoryTraffic.value / 704.6e6 - 1) < 0.01)
        #expect(projection.bound == .memoryBandwidth)
        // 2 tokens x 2 experts x 6 x 4096 x 14336: two pairs.
        #expect(projection.operations.value == 2 * 2 * 3 * 4096 * 14336)
    }

    @Test func aSkewedRoutingIsSlowerThanABalancedOneOnTheFullestDevice() throws {
        var layer = MixtureOfExperts(
            tokens: 4096, hidden: 7168, intermediate: 2048, topK: 8, experts: 256, expertParallel: 16, scheme: .fp8Block)
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let balanced = try model.project(layer, under: ModelFixture.cold)
        layer.routing = .powerLaw(exponent: 1.2)
        #expect(try model.project(layer, under: ModelFixture.cold).time > balanced.time)
    }

    @Test func residentWeightsAreNeverSlower() throws {
        let layer = MixtureOfExperts(
            tokens: 16, hidden: 2048, intermediate: 768, topK: 8, experts: 128, tensorParallel: 4, expertParallel: 8, scheme: .uniform(.bf16))
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("l40s"), stack: ModelFixture.stack())
        var hot = ModelFixture.kernelOnly
        hot.residentWeights = Bytes(1e9)
        #expect(try model.project(layer, under: hot).time < model.project(layer, under: ModelFixture.kernelOnly).time)
    }

    static let badLayers: [MixtureOfExperts] = [
        MixtureOfExperts(tokens: 0, hidden: 4096, intermediate: 4096, topK: 2, experts: 8, scheme: .uniform(.bf16)),
        MixtureOfExperts(tokens: 1, hidden: -1, intermediate: 4096, topK: 2, experts: 8, scheme: .uniform(.bf16)),
        MixtureOfExperts(tokens: 1, hidden: 4096, intermediate: 0, topK: 2, experts: 8, scheme: .uniform(.bf16)),
        MixtureOfExperts(tokens: 1, hidden: 4096, intermediate: 4096, topK: 0, experts: 8, scheme: .uniform(.bf16)),
        MixtureOfExperts(tokens: 1, hidden: 4096, intermediate: 4096, topK: 9, experts: 8, scheme: .uniform(.bf16)),
        MixtureOfExperts(tokens: 1, hidden: 4096, intermediate: 4096, topK: 2, experts: 8, tensorParallel: 0, scheme: .uniform(.bf16)),
    ]

    @Test(arguments: badLayers) func impossibleLayersAreRefused(_ layer: MixtureOfExperts) throws {
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let error = try #require(throws: ProjectionError.self) { try model.project(layer, under: ModelFixture.cold) }
        #expect(error.code == .invalidShape)
    }

    @Test func fp8ExpertsOnAmpereAreRefusedWithTheNearestFormat() throws {
        let layer = MixtureOfExperts(tokens: 8, hidden: 4096, intermediate: 4096, topK: 2, experts: 8, scheme: .fp8Dynamic)
        let model = try MixtureOfExpertsModel(architecture: try ModelFixture.device("a100-sxm-80gb"), stack: ModelFixture.stack())
        let error = try #require(throws: ProjectionError.self) { try model.project(layer, under: ModelFixture.cold) }
        #expect(error.code == .unsupportedFormat)
        #expect(error.description.contains("bf16 works"))
    }
}
