import Dispatch
import Synchronization

/// Work split over threads, with results in order whatever the threads do.
enum Parallel {
    /// The results of `body` on consecutive ranges that cover `0..<count`, in order.
    ///
    /// - Parameter body: called once per range, several at a time.
    static func map<Element: Sendable>(
        count: Int, threads: Int, _ body: @Sendable (Range<Int>) -> [Element]
    ) -> [[Element]] {
        // Four pieces a thread, so that one slow family does not leave a thread idle.
        let pieces = max(1, min(count, threads <= 1 ? 1 : threads * 4))
        let bounds = (0...pieces).map { $0 * count / pieces }
        guard pieces > 1 else { return [body(0..<count)] }
        let slots = Mutex([[Element]](repeating: [], count: pieces))
        let next = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard piece < pieces else { return }
                let result = body(bounds[piece]..<bounds[piece + 1])
                slots.withLock { $0[piece] = result }
            }
        }
        return slots.withLock { $0 }
    }
}
