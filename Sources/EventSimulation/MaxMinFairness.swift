/// Rates of concurrent activities that share resources by max-min fairness.
///
/// What is shared fairly is the dominant share of each activity, the part of the resource that it uses most (Ghodsi et al., Dominant
/// Resource Fairness, NSDI 2011), by progressive filling (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2): all shares grow
/// together until an activity has all it can use or a resource is full; those concerned stop, the others go on. Nobody can have more
/// without somebody who has less losing. On one resource this is the fair sharing of a link by flows of different size.
enum MaxMinFairness {
    /// One activity as the sharing sees it.
    struct Load {
        /// Amount per unit of time drawn from each resource at rate 1, in ascending order of resource.
        var draws: [(resource: Int, amount: Double)]

        /// Largest part of any resource's capacity that it uses at rate 1.
        func dominantShare(_ capacities: [Double]) -> Double { draws.reduce(0) { max($0, $1.amount / capacities[$1.resource]) } }
    }

    /// Rates from 0 to 1 of each load, and the resource that limits it (nil at rate 1).
    ///
    /// - Complexity: O(n (d + r)) for n loads, d draws in all and r resources.
    static func rates(_ loads: [Load], capacities: [Double]) -> [(rate: Double, limit: Int?)] {
        var result = [(rate: Double, limit: Int?)](repeating: (1, nil), count: loads.count)
        let dominant = loads.map { $0.dominantShare(capacities) }
        var growing = loads.indices.filter { dominant[$0] > 0 }
        var free = capacities
        var slope = [Double](repeating: 0, count: capacities.count)
        var share = 0.0
        while !growing.isEmpty {
            for resource in slope.indices { slope[resource] = 0 }
            for index in growing { for draw in loads[index].draws { slope[draw.resource] += draw.amount / dominant[index] } }
            // How far shares can grow before a resource is full (ties to the first), or an activity has all it can use.
            var step = growing.reduce(Double.infinity) { min($0, dominant[$1] - share) }
            var full: Int?
            for resource in slope.indices where slope[resource] > 0 {
                let room = max(0, free[resource]) / slope[resource]
                if room < step {
                    step = room
                    full = resource
                }
            }
            share += step
            for resource in slope.indices { free[resource] -= step * slope[resource] }
            growing.removeAll { index in
                if let full {
                    guard loads[index].draws.contains(where: { $0.resource == full }) else { return false }
                    result[index] = (min(1, share / dominant[index]), full)
                    return true
                }
                return dominant[index] <= share * (1 + 1e-12)
            }
        }
        return result
    }
}
