import Hardware
import Quantities
import Testing
import Workload

@testable import Simulator

/// What on-chip capacity, residency and slower memories cost, by hand.
@Suite struct MatrixEngineMemoryTests {
    private static let mebibyte = 1_048_576.0

    /// 1024 x 1024 x 1024 in bf16: three matrices of 2 MiB. With 8 MiB on chip, half of it holds one operand, and each byte moves once.
    @Test func anOperandThatFitsIsReadOnce() throws {
        let result = try SampleEngine(onChipBytes: 8 * Self.mebibyte).product(1024, 1024, 1024)
        #expect(agree(result.memoryTraffic.value, 6 * Self.mebibyte))
    }

    /// With 2 MiB, half of it holds 512 rows of A, and B is read for both halves: 2 MiB more (a tile of C, 512 x 512 sums, would cost 4).
    @Test func operandsBeyondTheChipAreReadAgain() throws {
        let result = try SampleEngine(onChipBytes: 2 * Self.mebibyte).product(1024, 1024, 1024)
        #expect(agree(result.memoryTraffic.value, 8 * Self.mebibyte))
    }

    /// With 64 KiB, a panel of 16 rows would read B 64 times; a tile of C of 90 x 90 sums (8100 x 4 B of 32 KiB) reads each operand 12 times.
    @Test func aTileOfTheResultIsKeptWhereNoPanelHelps() throws {
        let result = try SampleEngine(onChipBytes: Self.mebibyte / 16).product(1024, 1024, 1024)
        #expect(agree(result.memoryTraffic.value, (6 + 2 * 11 * 2) * Self.mebibyte))
    }

    /// 2048 x 2048 weights of 8 MiB on chip already, and an input of 8 KiB just written.
    @Test func residentOperandsAreNotRead() throws {
        let conditions = ExecutionConditions(residentInput: Bytes(8192), residentWeights: Bytes(8 * Self.mebibyte))
        let result = try SampleEngine().product(2, 2048, 2048, conditions)
        #expect(agree(result.memoryTraffic.value, 8192))
    }

    /// One row of 4096 x 4096: 33,554,432 bytes of weights, half of them behind a link of 10 GB/s: 1677.7 µs against 33.6 at main memory.
    @Test func streamedWeightsTakeTheLinkToBackingMemory() throws {
        let engine = SampleEngine(backing: (bytes: 1e12, gigabytesPerSecond: 10))
        var conditions = ExecutionConditions()
        conditions.streamedShare = 0.5
        let result = try engine.product(1, 4096, 4096, conditions)
        #expect(agree(result.time.microseconds, 1.256 + 33_554_432 * 0.5 / 1e4))
        #expect(result.bound == .linkBandwidth)
    }

    /// 1 MB to the host over 10 GB/s takes 100 µs; within memory it is read and written at 1 TB/s, 2 µs.
    @Test func copiesToTheHostPassItsLink() throws {
        let engine = SampleEngine()
        #expect(agree(try engine.project(.copy(MemoryCopy(.deviceToHost, bytes: 1_000_000))).time.microseconds, 1 + 100))
        #expect(agree(try engine.project(.copy(MemoryCopy(.deviceToDevice, bytes: 1_000_000))).time.microseconds, 1 + 2))
    }

    /// A graph is dispatched once, by its first operator; a lone or eager operator pays; device time leaves it out.
    @Test func theHostIsPaidOncePerGraph() throws {
        let engine = SampleEngine(constants: [("dispatch_us", 230)])
        func time(_ launch: ExecutionConditions.Launch, first: Bool) throws -> Double {
            var conditions = ExecutionConditions(launch: launch)
            conditions.startsPass = first
            return try engine.product(128, 128, 128, conditions).time.microseconds
        }
        #expect(agree(try time(.graph, first: true), 231.384))
        #expect(agree(try time(.graph, first: false), 1.384))
        #expect(agree(try time(.eager, first: false), 231.384))
        #expect(agree(try time(.excluded, first: true), 1.384))
    }

    /// A neighbour over 100 GB/s and 2 µs: 1 MB takes 12 µs, without the rendezvous of a collective library.
    @Test func aCompiledHandOverCostsLatencyAndBytes() throws {
        let send = Operator.collective(Collective(.sendReceive, devices: 2, bytes: 1_000_000, format: .bf16))
        let result = try SampleEngine(linkLatencyMicroseconds: 2).project(send)
        #expect(agree(result.time.microseconds, 12))
        #expect(try SampleEngine().project(send).time > result.time)
    }
}
