import Foundation

/// Fits residuals that are nearly zero for most rows and far off for some: Levenberg-Marquardt steps on reweighted residuals (Marquardt,
/// "An algorithm for least-squares estimation of nonlinear parameters", 1963), then a coordinate search where the model has kinks.
///
/// Points lie in the unit box. Deterministic: equal inputs give equal points.
struct RobustLeastSquares {
    /// Residuals beyond this count by their logarithm, cap (1 + ln(r / cap)): outliers do not own the fit, yet still pull a little.
    var cap = 0.6
    /// Cost of moving a coordinate over its whole range, in units of mean residual.
    var pull = 0.01
    /// Evaluations of the residuals after which the search ends.
    var maximumEvaluations = 400
    /// Step of the difference quotients.
    var difference = 0.015

    struct Fit {
        var point: [Double]
        /// Mean capped residual plus pull.
        var loss: Double
        var evaluations: Int
    }

    /// - Parameter residuals: of a point; those that are not finite count as 10.
    func minimize(from start: [Double], residuals: @escaping ([Double]) -> [Double]) -> Fit {
        var search = Search(settings: self, prior: start, residuals: residuals)
        search.run()
        return Fit(point: search.point, loss: search.loss, evaluations: search.evaluations)
    }

    /// Mean of capped absolute residuals; those that are not finite count as 10, a factor of 22 000.
    func meanCapped(_ residuals: [Double]) -> Double {
        guard !residuals.isEmpty else { return 0 }
        let sum = residuals.reduce(0) { sum, residual in
            let size = residual.isFinite ? abs(residual) : 10
            return sum + (size <= cap ? size : cap * (1 + log(size / cap)))
        }
        return sum / Double(residuals.count)
    }
}

/// The state of one search.
private struct Search {
    let settings: RobustLeastSquares
    let prior: [Double]
    let residuals: ([Double]) -> [Double]
    var point: [Double]
    var current: [Double]
    var loss: Double
    var evaluations = 0
    private var damping = 0.01
    /// Coordinates that some row feels; the others cost nothing.
    private var live: [Int] = []

    init(settings: RobustLeastSquares, prior: [Double], residuals: @escaping ([Double]) -> [Double]) {
        self.settings = settings
        self.prior = prior
        self.residuals = residuals
        point = prior
        current = residuals(prior)
        evaluations = 1
        loss = settings.meanCapped(current)
    }

    private func penalty(_ point: [Double]) -> Double {
        zip(point, prior).reduce(0) { $0 + settings.pull * ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    private var isSpent: Bool { evaluations >= settings.maximumEvaluations }

    mutating func run() {
        for axis in point.indices where isFelt(axis) { live.append(axis) }
        guard !live.isEmpty else { return }
        var stalled = 0
        while !isSpent, stalled < 2 {
            let before = loss
            if !step() { stalled += 1 }
            if before - loss < 1e-4 * before { stalled += 1 } else { stalled = 0 }
        }
        for step in [0.08, 0.03, 0.012, 0.005] where !isSpent { coordinateSearch(step) }
    }

    /// Whether any residual differs between the ends of a coordinate's range, or half way.
    private mutating func isFelt(_ axis: Int) -> Bool {
        [0.0, 1.0, point[axis] < 0.5 ? 0.75 : 0.25].contains { position in
            var moved = point
            moved[axis] = position
            evaluations += 1
            return residuals(moved) != current
        }
    }

    /// Takes the point if it is better.
    private mutating func improves(_ candidate: [Double]) -> Bool {
        let values = residuals(candidate)
        evaluations += 1
        let candidateLoss = settings.meanCapped(values) + penalty(candidate)
        guard candidateLoss < loss else { return false }
        point = candidate
        current = values
        loss = candidateLoss
        return true
    }

    /// One damped Gauss-Newton step on the weighted residuals; false if no damping makes it an improvement.
    private mutating func step() -> Bool {
        let count = live.count
        var jacobian: [[Double]] = []
        for axis in live {
            var shifted = point
            let delta = point[axis] + settings.difference <= 1 ? settings.difference : -settings.difference
            shifted[axis] += delta
            let values = residuals(shifted)
            evaluations += 1
            jacobian.append(zip(values, current).map { ($0 - $1) / delta })
        }
        // Weights that turn squares into capped absolute values; beyond the cap a residual pulls less the further it is.
        let weights = current.map { residual -> Double in
            guard residual.isFinite else { return 0 }
            let size = max(abs(residual), 0.02)
            return size <= settings.cap ? 1 / size : settings.cap / (size * size)
        }
        let rows = Double(max(1, current.count))
        var normal = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        var gradient = [Double](repeating: 0, count: count)
        for row in current.indices where weights[row] > 0 {
            for i in 0..<count {
                let slope = jacobian[i][row]
                guard slope.isFinite else { continue }
                gradient[i] += weights[row] * slope * current[row] / rows
                for j in 0...i where jacobian[j][row].isFinite { normal[i][j] += weights[row] * slope * jacobian[j][row] / rows }
            }
        }
        for i in 0..<count {
            gradient[i] += 2 * settings.pull * (point[live[i]] - prior[live[i]])
            normal[i][i] += 2 * settings.pull
            for j in 0..<i { normal[j][i] = normal[i][j] }
        }
        for _ in 0..<8 where !isSpent {
            let move = boundedStep(normal, gradient)
            var candidate = point
            for (axis, change) in zip(live, move) { candidate[axis] = min(max(point[axis] + change, 0), 1) }
            if improves(candidate) {
                damping = max(damping / 4, 1e-5)
                return true
            }
            damping *= 4
        }
        return false
    }

    /// The step of the live coordinates, with those that would leave the box held at its wall.
    private func boundedStep(_ normal: [[Double]], _ gradient: [Double]) -> [Double] {
        let point = live.map { self.point[$0] }
        var free = point.indices.filter { !(point[$0] <= 0 && gradient[$0] > 0) && !(point[$0] >= 1 && gradient[$0] < 0) }
        var move = [Double](repeating: 0, count: point.count)
        while !free.isEmpty {
            let matrix = free.map { i in free.map { j in normal[i][j] + (i == j ? damping * (normal[i][i] + 1e-3) : 0) } }
            guard let solution = LinearSystem.solve(matrix, free.map { -gradient[$0] }) else { return move }
            move = [Double](repeating: 0, count: point.count)
            for (position, axis) in free.enumerated() { move[axis] = min(max(solution[position], -0.3), 0.3) }
            let leaving = free.filter { point[$0] + move[$0] < -1e-12 || point[$0] + move[$0] > 1 + 1e-12 }
            guard !leaving.isEmpty, leaving.count < free.count else { break }
            // The walls take what they can; the others are solved again without them once.
            for axis in leaving { move[axis] = (move[axis] < 0 ? 0 : 1) - point[axis] }
            let fixed = move
            free.removeAll { leaving.contains($0) }
            guard let rest = LinearSystem.solve(
                free.map { i in free.map { j in normal[i][j] + (i == j ? damping * (normal[i][i] + 1e-3) : 0) } },
                free.map { i in -gradient[i] - leaving.reduce(0) { $0 + normal[i][$1] * fixed[$1] } })
            else { break }
            for (position, axis) in free.enumerated() { move[axis] = min(max(rest[position], -0.3), 0.3) }
            break
        }
        return move
    }

    /// Tries each coordinate both ways, repeating a way that helps.
    private mutating func coordinateSearch(_ step: Double) {
        for axis in live {
            for direction in [step, -step] where !isSpent {
                var moved = false
                while !isSpent {
                    var candidate = point
                    candidate[axis] = min(max(point[axis] + direction, 0), 1)
                    guard candidate[axis] != point[axis], improves(candidate) else { break }
                    moved = true
                }
                if moved { break }
            }
        }
    }
}

/// Small dense linear systems.
enum LinearSystem {
    /// The solution of a symmetric positive definite system by Cholesky's method, nil when it is not one.
    static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
        let count = right.count
        var lower = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for i in 0..<count {
            for j in 0...i {
                var sum = matrix[i][j]
                for k in 0..<j { sum -= lower[i][k] * lower[j][k] }
                if i == j {
                    guard sum > 1e-14, sum.isFinite else { return nil }
                    lower[i][i] = sum.squareRoot()
                } else {
                    lower[i][j] = sum / lower[j][j]
                }
            }
        }
        var forward = right
        for i in 0..<count {
            for k in 0..<i { forward[i] -= lower[i][k] * forward[k] }
            forward[i] /= lower[i][i]
        }
        for i in stride(from: count - 1, through: 0, by: -1) {
            for k in (i + 1)..<max(count, i + 1) { forward[i] -= lower[k][i] * forward[k] }
            forward[i] /= lower[i][i]
        }
        return forward
    }
}
