import Hardware
import Quantities
import Simulator
import Testing
import Workload

/// Properties of attention on any device, calibrated or from datasheet numbers alone.
@Suite struct AttentionInvariantTests {
    static let calibrated = ["a100-sxm-80gb", "l40s", "h100-sxm", "b200-sxm"]
    static let uncalibrated = ["v100-sxm2-16gb", "t4", "mi210", "mi300x", "a10", "h200-sxm", "l4", "p100-pcie"]

    private static func formats(_ device: Architecture) -> [(NumberFormat, NumberFormat)] {
        var pairs: [(NumberFormat, NumberFormat)] = [(.fp16, .fp16), (.fp16, .int8)]
        if device.peak(.matrix, .bf16) != nil { pairs.append((.bf16, .bf16)) }
        if device.peak(.matrix, .fp8e4m3) != nil { pairs += [(.bf16, .fp8e4m3), (.fp8e4m3, .fp8e4m3)] }
        return pairs
    }

    @Test(arguments: calibrated + uncalibrated) func partsOfTheTimeAddUpToIt(_ id: String) throws {
        let device = try ModelFixture.device(id)
        let model = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        for (query, keyValue) in Self.formats(device) {
            for shape in ModelFixture.attentions(query: query, keyValue: keyValue) {
                let projection = try model.project(shape, under: ModelFixture.cold)
                let time = projection.time.value
                #expect(time > 0 && time.isFinite, "\(shape)")
                #expect(abs(projection.breakdown.total.value - time) <= 1e-9 * time, "\(shape)")
                #expect(TimeOwner.allCases.allSatisfy { projection.breakdown[$0] >= -1e-9 && projection.breakdown[$0].isFinite }, "\(shape)")
                #expect(projection.interval.p10 <= projection.time && projection.time <= projection.interval.p90)
                #expect((projection.energy?.value ?? 1) > 0)
            }
        }
    }

    @Test(arguments: calibrated + uncalibrated) func neverFasterThanMatrixPeakOrColdCache(_ id: String) throws {
        let device = try ModelFixture.device(id)
        let model = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        for (query, keyValue) in Self.formats(device) {
            let peak = try #require(device.peak(query))
            for shape in ModelFixture.attentions(query: query, keyValue: keyValue) {
                let time = try model.project(shape, under: ModelFixture.kernelOnly).time
                #expect(time.value >= (shape.operations / peak).value, "\(shape)")
                if shape.phase == .decode {
                    #expect(time.value >= (shape.keyValueBytes / device.memory.bandwidth.value).value, "\(shape)")
                }
            }
        }
    }

    @Test(arguments: calibrated + uncalibrated) func moreBandwidthIsNeverSlower(_ id: String) throws {
        let device = try ModelFixture.device(id)
        var wider = device
        wider.memory.bandwidth.value = device.memory.bandwidth.value * 1.5
        let model = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        let faster = try AttentionModel(architecture: wider, stack: ModelFixture.stack())
        for shape in ModelFixture.attentions(query: .fp16, keyValue: .fp16) {
            let before = try model.project(shape, under: ModelFixture.kernelOnly).time
            let after = try faster.project(shape, under: ModelFixture.kernelOnly).time
            #expect(after.value <= before.value * (1 + 1e-9), "\(shape)")
        }
    }

    @Test(arguments: calibrated + uncalibrated) func aHigherClockIsNeverSlower(_ id: String) throws {
        let device = try ModelFixture.device(id)
        var quicker = device
        quicker.compute.boostClock.value = device.compute.boostClock.value * 1.2
        if let clock = device.compute.matrixClock { quicker.compute.matrixClock?.value = clock.value * 1.2 }
        let model = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        let faster = try AttentionModel(architecture: quicker, stack: ModelFixture.stack())
        for shape in ModelFixture.attentions(query: .fp16, keyValue: .fp16) {
            let before = try model.project(shape, under: ModelFixture.kernelOnly).time
            #expect(try faster.project(shape, under: ModelFixture.kernelOnly).time.value <= before.value * (1 + 1e-9), "\(shape)")
        }
    }

    @Test(arguments: calibrated + uncalibrated) func moreTokensAreNeverFaster(_ id: String) throws {
        let model = try AttentionModel(architecture: try ModelFixture.device(id), stack: ModelFixture.stack())
        for heads in [8, 32, 64] {
            for batch in [1, 16, 256] {
                var prefillBefore = Seconds.zero
                var decodeBefore: [String: Seconds] = [:]
                for exponent in 7...16 {
                    let tokens = 1 << exponent
                    let prefill = try model.project(
                        ModelFixture.prefill(batch: batch, tokens: tokens, heads: heads), under: ModelFixture.kernelOnly)
                    #expect(prefill.time >= prefillBefore, "prefill of \(tokens) x \(batch) x \(heads)")
                    prefillBefore = prefill.time
                    let decode = try model.project(ModelFixture.decode(batch: batch, tokens: tokens, heads: heads), under: ModelFixture.kernelOnly)
                    // A library may switch from the single-head to the grouped kernel at more tokens and gain; within a kernel it cannot.
                    let kernel = String(decode.kernels[0].name.prefix { $0 != "," })
                    #expect(decode.time >= decodeBefore[kernel] ?? .zero, "decode of \(tokens) x \(batch) x \(heads), \(kernel)")
                    decodeBefore[kernel] = decode.time
                }
            }
        }
    }

    @Test func aResidentCacheIsFasterThanAColdOneAndNeverSlower() throws {
        let model = try AttentionModel(architecture: try ModelFixture.device("h100-sxm"), stack: ModelFixture.stack())
        let shape = ModelFixture.decode(batch: 32, tokens: 512)  // 16.8 MB of keys and values, an H100 keeps some 25 MB
        var hot = ModelFixture.kernelOnly
        hot.residentInput = shape.bytesRead
        let cold = try model.project(shape, under: ModelFixture.kernelOnly)
        #expect(try model.project(shape, under: hot).time < cold.time)
        #expect(try model.project(shape, under: hot).memoryTraffic < cold.memoryTraffic)
        // Repetitions over far more than the cache leave nothing.
        var flooded = hot
        flooded.inputReuseFootprint = Bytes(1e12)
        #expect(abs(try model.project(shape, under: flooded).time / cold.time - 1) < 1e-6)
    }

    @Test func equalInputsGiveEqualProjections() throws {
        let device = try ModelFixture.device("b200-sxm")
        let first = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        let second = try AttentionModel(architecture: device, stack: ModelFixture.stack())
        for shape in ModelFixture.attentions(query: .bf16, keyValue: .bf16) {
            #expect(try first.project(shape, under: ModelFixture.cold) == second.project(shape, under: ModelFixture.cold))
        }
    }
}
