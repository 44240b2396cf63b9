import Testing
import Workload

@testable import Validation

@Suite struct PublishedLayoutTests {
    static func layout(_ text: String, _ devices: Int?, units: Int = 1, trains: Bool = true) throws -> PublishedLayout {
        try PublishedLayout(text, devices: devices, units: units, trains: trains)
    }

    /// Text, devices, and what is expected of tensor, pipeline, data.
    @Test(arguments: [
        ("TP4 PP8", 512, 4, 8, 16), ("TP8 PP2 DP48", 768, 8, 2, 48), ("TP=32 DP=4 PP=8", 1024, 32, 8, 4), ("FSDP32 TP8 async TP, full AC", 256, 8, 1, 32),
        ("model-parallel 16 (TP<=8 x PP), DP 32", 512, 8, 2, 32), ("FSDP FULL_SHARD; microbatch 8; grad-accum 1", 64, 1, 1, 64), ("tp4", 4, 4, 1, 1),
        ("pp4_1", 4, 1, 4, 1), ("layer split", 4, 1, 4, 1), ("2x v5e-256 FSDP TP16", 512, 16, 1, 32),
    ] as [(String, Int, Int, Int, Int)])
    func degreesAreRead(text: String, devices: Int, tensor: Int, pipeline: Int, data: Int) throws {
        let parallelism = try Self.layout(text, devices).parallelism
        #expect(parallelism.tensor == tensor && parallelism.pipeline == pipeline && parallelism.data == data)
    }

    @Test func coresOfADeviceAreFoldedIntoIt() throws {
        let layout = try Self.layout("TP24 NeuronCores (Inf2.48xlarge)", 12, units: 2, trains: false)
        #expect(layout.parallelism.tensor == 12 && layout.unitsPerShard == 2)
        let copies = try Self.layout("Data Parallel Inf2.xlarge", 1, units: 2, trains: false)
        #expect(copies.isOneCopyPerUnit)
    }

    @Test(arguments: [
        ("FSDP; act-ckpt True", TrainingOptions.Recomputation.full), ("FSDP; act-ckpt False", .none), ("FSDP8, selective AC", .selective),
        ("FSDP, full recompute", .full), ("FSDP8, full AC", .full),
    ] as [(String, TrainingOptions.Recomputation)])
    func recomputationIsRead(text: String, expected: TrainingOptions.Recomputation) throws {
        #expect(try Self.layout(text, 8).recomputation == expected)
    }

    @Test func sharingIsReadFromFSDP() throws {
        #expect(try Self.layout("FSDP FULL_SHARD", 8).parallelism.zero == .parameters)
        #expect(try Self.layout("FSDP SHARD_GRAD_OP", 8).parallelism.zero == .gradients)
        #expect(try Self.layout("DP8", 8).parallelism.zero == .none)
    }

    /// 64 sequences of a replica: 8 at a time; one at a time where only the pipeline is stated; all at once without one.
    @Test func microBatchesFollowTheWords() throws {
        #expect(try Self.layout("FSDP; microbatch 8", 8).microBatches(sequences: 64) == 8)
        #expect(try Self.layout("TP8 PP2", 16).microBatches(sequences: 64) == 64)
        #expect(try Self.layout("DP8", 8).microBatches(sequences: 64) == 1)
        #expect(try Self.layout("pp4_1", 4).microBatches(sequences: 64) == 1)
        #expect(throws: FigureRefusal.self) { try Self.layout("FSDP; microbatch 7", 8).microBatches(sequences: 64) }
    }

    @Test func slicesAreGroupsOfTheirOwn() throws {
        #expect(try Self.layout("4x v5e-256 FSDP", 1024).slices == 4)
        #expect(try Self.layout("2x-v6e-256 FSDP", 512).slices == 2)
        #expect(try Self.layout("v6e-8 FSDP", 8).slices == 1)
    }

    @Test func aModelInSeriesNeedsNoCount() throws {
        let layout = try Self.layout("TP8 in series", nil, trains: false)
        #expect(layout.isInSeries && layout.parallelism.tensor == 8)
    }

    @Test(arguments: [
        ("", 8, true, "how 8 devices share the model is not stated"), ("TP4", 8, false, "'TP4' accounts for 4 devices, the row has 8"),
        ("TP8 PP8 CP2", 128, true, "context parallelism is not modelled ('TP8 PP8 CP2')"),
        ("CPU offload", 1, false, "offloading to host or disk is not modelled ('CPU offload')"),
        ("multi-GPU split mode not stated", 2, false, "a split that is not stated is not modelled ('multi-GPU split mode not stated')"),
    ] as [(String, Int, Bool, String)])
    func whatDoesNotAddUpIsRefused(text: String, devices: Int, trains: Bool, reason: String) {
        #expect(throws: FigureRefusal(reason: reason)) { try Self.layout(text, devices, trains: trains) }
    }

    @Test func devicesMustBeStatedSomewhere() {
        #expect(throws: FigureRefusal(reason: "number of devices not stated")) { try Self.layout("", nil) }
    }
}
