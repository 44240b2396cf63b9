import CPUKernels
import Foundation
import Synchronization

/// Bandwidth over one working set, in bytes per second as the program sees them: a store counts its bytes once.
public struct BandwidthPoint: Hashable, Sendable {
    /// Bytes that each thread walks over.
    public var workingSetBytes: Int
    public var threads: Int
    public var read: Double
    public var write: Double
    /// Two streams read, one written.
    public var triad: Double
}

/// Load-to-use time over one working set.
public struct LatencyPoint: Hashable, Sendable {
    public var workingSetBytes: Int
    public var seconds: Double
}

/// Measures memory at every distance.
struct MemoryProbe {
    let loops: ProbeTable
    let timer: ProbeTimer

    /// Bandwidth of one thread, timed by its CPU time.
    func bandwidth(_ bytes: Int, in memory: borrowing ProbeMemory) -> BandwidthPoint {
        let lanes = Lanes(memory.base, bytes: min(bytes, memory.bytes))
        let read = timer.seconds { lanes.read(loops) }
        let write = timer.seconds { lanes.write(loops) }
        let triad = timer.seconds { lanes.triad(loops) }
        return BandwidthPoint(
            workingSetBytes: bytes, threads: 1, read: Double(lanes.bytes) / read, write: Double(lanes.bytes) / write,
            triad: Double(lanes.triadBytes) / triad)
    }

    /// Bandwidth of all threads of a pool together, each over memory of its own, timed by the wall clock.
    ///
    /// Passes are repeated inside one dispatch, so that waking the threads is not part of it.
    func bandwidth(_ bytes: Int, in memory: borrowing ProbeMemory, pool: WorkerPool) -> BandwidthPoint {
        let stride = memory.bytes / pool.threads / 4096 * 4096
        let lanes = (0..<pool.threads).map { Lanes(memory.base + $0 * stride, bytes: min(bytes, stride)) }
        let passes = max(1, (4 << 20) / max(1, bytes))
        func rate(_ bytesOfOne: Int, _ body: (Lanes) -> Void) -> Double {
            withoutActuallyEscaping(body) { body in
                let seconds = timer.seconds(.wall, sampleSeconds: 2e-3) {
                    pool.run { worker in for _ in 0..<passes { body(lanes[worker]) } }
                }
                return Double(bytesOfOne * passes * pool.threads) / seconds
            }
        }
        return BandwidthPoint(
            workingSetBytes: lanes[0].bytes, threads: pool.threads, read: rate(lanes[0].bytes) { $0.read(loops) },
            write: rate(lanes[0].bytes) { $0.write(loops) }, triad: rate(lanes[0].triadBytes) { $0.triad(loops) })
    }

    /// Time of one load in a chain that visits every line of the working set once a round, in an order that no prefetcher knows.
    func latency(_ bytes: Int, in memory: borrowing ProbeMemory) -> LatencyPoint {
        let lineBytes = 64
        let lines = max(2, min(bytes, memory.bytes) / lineBytes)
        var order = Array(0..<lines)
        // Sattolo's shuffle: one cycle through all lines, whatever the generator draws (Sattolo, 1986). The generator is
        // Marsaglia's xorshift with a fixed seed.
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for index in stride(from: lines - 1, to: 0, by: -1) {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            order.swapAt(index, Int(state % UInt64(index)))
        }
        for index in 0..<lines {
            (memory.base + index * lineBytes).storeBytes(of: UnsafeRawPointer(memory.base + order[index] * lineBytes), as: UnsafeRawPointer.self)
        }
        let steps = min(lines, 1 << 16)
        var position = UnsafeRawPointer(memory.base)
        let seconds = timer.seconds { position = loops.chase(position, steps) }
        return LatencyPoint(workingSetBytes: lines * lineBytes, seconds: seconds / Double(steps))
    }

    /// One thread's part of the memory.
    private struct Lanes: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
        let count: Int

        init(_ base: UnsafeMutableRawPointer, bytes: Int) {
            count = bytes / 4 / 192 * 192
            self.base = base.bindMemory(to: Float.self, capacity: bytes / 4)
        }

        var bytes: Int { count * 4 }
        var triadBytes: Int { count / 192 * 64 * 12 }
        func read(_ loops: ProbeTable) { keep(loops.read(base, count, 1)) }
        func write(_ loops: ProbeTable) { loops.write(base, count, 1, 1) }
        func triad(_ loops: ProbeTable) {
            let third = count / 192 * 64
            loops.triad(base, base + third, base + 2 * third, third, 1, 0.5)
        }
    }
}

/// Takes a result so that nobody can leave its computation out.
@inline(never)
func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }
