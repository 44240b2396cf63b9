import Foundation
import Testing

@Suite struct RankCommandTests {
    private static func rank(_ arguments: [String]) throws -> [[String: Any]] {
        let run = try ProcessRun(["rank", "--model", "llama-2-7b", "--format", "json"] + arguments)
        try #require(run.status == 0, "\(run.errors)")
        let document = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
        return try #require(document?["ranking"] as? [[String: Any]])
    }

    private static func scenario(_ row: [String: Any], _ index: Int) throws -> [String: Any] {
        let scenarios = try #require(row["scenarios"] as? [[String: Any]])
        return try #require(scenarios.indices.contains(index) ? scenarios[index] : nil)
    }

    @Test(arguments: [("prefill", 0), ("decode", 1), ("batch", 2)]) func rowsAreSorted(key: String, column: Int) throws {
        let rows = try Self.rank(["--on", "v100-sxm2-16gb,h100-sxm,tpu-v5e,gaudi-2,epyc-9654", "--sort", key])
        let times = try rows.map { try #require(Self.scenario($0, column)["layer_us"] as? Double) }
        #expect(times.count == 5)
        #expect(times == times.sorted())
    }

    /// Bow streams from DDR4 alone; in series its 897 MiB hold 1/16 of 13.5 GB of weights and 1 GB of cache.
    @Test func aDeviceThatStreamsIsListedInSeriesToo() throws {
        let rows = try Self.rank(["--on", "bow", "--batch", "1"])
        #expect(rows.compactMap { $0["device"] as? String } == ["bow in series", "bow"])
        #expect(try Self.scenario(rows[0], 1)["devices"] as? Int == 16)
        #expect(try Self.scenario(rows[1], 1)["devices"] as? Int == 1)
        let share = try #require(Self.scenario(rows[1], 1)["streamed_share"] as? Double)
        #expect(share > 0.9 && share < 1)
    }

    /// V100 has no bf16, H100 has: each takes the first format of the list that it multiplies in.
    @Test func theFirstFormatThatWorksIsTaken() throws {
        let rows = try Self.rank(["--on", "v100-sxm2-16gb,h100-sxm", "--batch", "1", "--dtype", "bf16,fp16"])
        #expect(rows.compactMap { $0["dtype"] as? String } == ["bf16", "fp16"])
    }

    @Test func equalRunsGiveEqualBytes() throws {
        let arguments = ["rank", "--model", "llama-2-7b", "--on", "bow,h100-sxm,groq-tsp,athena", "--format", "markdown"]
        let first = try ProcessRun(arguments)
        #expect(first.status == 0)
        #expect(first.output.contains("--context 2048 --batch 1,64 --dtype bf16,fp16 --on bow,h100-sxm,groq-tsp,athena"))
        #expect(first.output.contains("- athena: "))
        #expect(try ProcessRun(arguments).output == first.output)
    }

    @Test(arguments: [
        (["--on", "h100-sxm", "--batch", "0"], Int32(64), "'0' is none, allowed are whole numbers of at least 1"),
        (["--on", "h100-sxm", "--batch", "1,x"], 64, "'x' is none"),
        (["--on", "h100-sxm", "--dtype", "fp7"], 64, "'fp7' is none, allowed are fp64, "),
        (["--on", "h100-sxm", "--context", "1"], 64, "--context 1"),
        (["--on", "warboy"], 64, "warboy has no bf16 matrix arithmetic"),
        (["--on", "h1000"], 65, "h1000"),
    ]) func mistakesAreExplained(arguments: [String], status: Int32, message: String) throws {
        let run = try ProcessRun(["rank", "--model", "llama-2-7b"] + arguments)
        #expect(run.status == status)
        #expect(run.errors.contains(message), "\(run.errors)")
        #expect(run.output.isEmpty)
    }
}
