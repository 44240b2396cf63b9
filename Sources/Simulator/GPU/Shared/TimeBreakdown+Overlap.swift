import Foundation
import Quantities

extension TimeBreakdown {
    /// Adds resources that work at the same time: together they take the p-norm of their times, of which the longest owns its own
    /// time and `contention` the rest, so the parts still add up.
    ///
    /// - Parameters:
    ///   - resources: microseconds of each resource if it worked alone.
    ///   - exponent: overlap quality p: 1 is no overlap, infinity perfect overlap.
    /// - Returns: microseconds added.
    @discardableResult
    mutating func addOverlapped<let count: Int>(_ resources: [count of (owner: TimeOwner, time: Double)], exponent: Double) -> Double {
        var longest = 0
        for index in resources.indices where resources[index].time > resources[longest].time { longest = index }
        let most = resources[longest].time
        guard most > 0 else { return 0 }
        var sum = 0.0
        for index in resources.indices { sum += pow(max(resources[index].time, 0) / most, exponent) }
        let total = most * pow(sum, 1 / exponent)
        self[resources[longest].owner] += most
        self[.contention] += total - most
        return total
    }
}
