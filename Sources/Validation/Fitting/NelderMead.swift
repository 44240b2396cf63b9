/// The downhill simplex method in a unit box (Nelder and Mead, "A simplex method for function minimization", 1965), deterministic.
///
/// Coordinates stay in 0...1: a point outside is moved to the nearest point inside. The first simplex is explicit, so that a coordinate
/// that starts at zero moves as far as any other.
struct NelderMead {
    /// Edge of the first simplex.
    var step = 0.15
    /// Evaluations after which the search ends.
    var maximumEvaluations = 400
    /// The search ends when the values at the corners differ by less than this.
    var tolerance = 1e-7

    struct Minimum {
        var point: [Double]
        var value: Double
        var evaluations: Int
    }

    /// Searches from `start` for a point with a smaller value.
    ///
    /// - Parameter function: must be finite in the box.
    func minimize(from start: [Double], _ function: ([Double]) -> Double) -> Minimum {
        let dimensions = start.count
        var evaluations = 0
        func evaluate(_ point: [Double]) -> Corner {
            let inside = point.map { min(max($0, 0), 1) }
            evaluations += 1
            return Corner(point: inside, value: function(inside))
        }
        var simplex = [evaluate(start)]
        guard dimensions > 0 else { return Minimum(point: start, value: simplex[0].value, evaluations: evaluations) }
        for axis in 0..<dimensions {
            var corner = start
            corner[axis] += start[axis] + step <= 1 ? step : -step
            simplex.append(evaluate(corner))
        }
        while evaluations < maximumEvaluations {
            // Stable order: equal values keep their place, so runs are equal.
            simplex = simplex.enumerated().sorted { ($0.element.value, $0.offset) < ($1.element.value, $1.offset) }.map(\.element)
            let best = simplex[0]
            let worst = simplex[dimensions]
            if worst.value - best.value < tolerance { break }
            let center = (0..<dimensions).map { axis in simplex[0..<dimensions].reduce(0) { $0 + $1.point[axis] } / Double(dimensions) }
            func along(_ factor: Double) -> [Double] { (0..<dimensions).map { center[$0] + factor * (worst.point[$0] - center[$0]) } }
            let reflected = evaluate(along(-1))
            if reflected.value < best.value {
                let expanded = evaluate(along(-2))
                simplex[dimensions] = expanded.value < reflected.value ? expanded : reflected
            } else if reflected.value < simplex[dimensions - 1].value {
                simplex[dimensions] = reflected
            } else {
                let contracted = evaluate(along(reflected.value < worst.value ? -0.5 : 0.5))
                if contracted.value < min(reflected.value, worst.value) {
                    simplex[dimensions] = contracted
                } else {
                    for index in 1...dimensions {
                        simplex[index] = evaluate((0..<dimensions).map { 0.5 * (best.point[$0] + simplex[index].point[$0]) })
                    }
                }
            }
        }
        let best = simplex.min { $0.value < $1.value } ?? simplex[0]
        return Minimum(point: best.point, value: best.value, evaluations: evaluations)
    }

    private struct Corner {
        var point: [Double]
        var value: Double
    }
}
