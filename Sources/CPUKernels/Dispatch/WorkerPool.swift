import CProcessor
import Foundation
import Synchronization

/// Threads that wait for work together: worker 0 is the calling thread, the others are pinned for the pool's life.
///
/// A dispatch costs about a microsecond while workers spin and some ten when they sleep: they spin for a while after each piece of work (an
/// operator follows within microseconds) and sleep when none comes. One thread at a time may call `run`.
public final class WorkerPool: Sendable {
    /// Threads, the caller included.
    public let threads: Int
    private let shared: Shared

    private final class Shared: Sendable {
        /// Counts pieces of work; workers wait for it to change. A negative value ends them.
        let generation = Atomic<Int>(0)
        let running = Atomic<Int>(0)
        let sleepers = Atomic<Int>(0)
        let condition = NSCondition()
        nonisolated(unsafe) var body: ((Int) -> Void)?
    }

    /// Pauses before a worker sleeps: some 50 to 150 µs, as a `pause` takes 40 to 140 cycles; a few times what waking a sleeper costs on a
    /// virtual machine (27 µs seen).
    private static let patience = 3000

    /// - Parameters:
    ///   - threads: at least 1.
    ///   - prepare: called once on each thread with its number, the caller included: pinning.
    public init(threads: Int, prepare: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.threads = max(1, threads)
        shared = Shared()
        prepare(0)
        for worker in 1..<max(1, self.threads) {
            let shared = shared
            let thread = Thread {
                prepare(worker)
                Self.serve(shared, as: worker)
            }
            thread.name = "ridgeline-worker-\(worker)"
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    deinit {
        shared.generation.store(-1, ordering: .releasing)
        shared.condition.lock()
        shared.condition.broadcast()
        shared.condition.unlock()
    }

    /// Calls body(worker) once on each thread and returns when all have.
    public func run(_ body: (Int) -> Void) {
        guard threads > 1 else {
            body(0)
            return
        }
        withoutActuallyEscaping(body) { body in
            shared.body = body
            shared.running.store(threads - 1, ordering: .relaxed)
            shared.generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
            if shared.sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                shared.condition.lock()
                shared.condition.broadcast()
                shared.condition.unlock()
            }
            body(0)
            var spins = 0
            while shared.running.load(ordering: .acquiring) > 0 {
                spins += 1
                CProcessor_pause()
                // More threads than processors: let the others run.
                if spins > Self.patience { sched_yield() }
            }
            shared.body = nil
        }
    }

    /// Splits `count` items into contiguous ranges whose ends are multiples of `granule`, one a thread; empty ranges are not called.
    public func split(_ count: Int, granule: Int = 1, _ body: (_ worker: Int, _ range: Range<Int>) -> Void) {
        guard count > 0 else { return }
        let chunks = (count + granule - 1) / granule
        guard threads > 1, chunks > 1 else {
            body(0, 0..<count)
            return
        }
        run { worker in
            let first = min(count, chunks * worker / threads * granule)
            let last = min(count, chunks * (worker + 1) / threads * granule)
            if first < last { body(worker, first..<last) }
        }
    }

    private static func serve(_ shared: Shared, as worker: Int) {
        var seen = 0
        while true {
            var spins = 0
            while shared.generation.load(ordering: .acquiring) == seen {
                spins += 1
                CProcessor_pause()
                if spins > patience { sleep(shared, while: seen) }
            }
            let generation = shared.generation.load(ordering: .acquiring)
            if generation < 0 { return }
            seen = generation
            shared.body?(worker)
            shared.running.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        }
    }

    private static func sleep(_ shared: Shared, while seen: Int) {
        shared.condition.lock()
        shared.sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while shared.generation.load(ordering: .sequentiallyConsistent) == seen { shared.condition.wait() }
        shared.sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        shared.condition.unlock()
    }
}
