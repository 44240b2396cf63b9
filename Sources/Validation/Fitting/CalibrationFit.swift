import Foundation
import Hardware
import Quantities

/// Fits the constants of a generation to measured rows and says, by cross-validation, what they are worth elsewhere.
public struct CalibrationFit: Sendable {
    public struct Options: Sendable {
        /// Folds of whole shapes; below 2 none.
        public var folds = 5
        /// Whether each device is also left out in turn, where there are several.
        public var leavesDevicesOut = true
        /// Architectures kept out of the fit and reported apart.
        public var leftOut: [String] = []
        /// Evaluations of all rows per fit.
        public var evaluations = 400
        /// Cost of moving a constant over its whole range, in units of mean relative error.
        public var pull = 0.01

        public init() {}
    }

    /// What the fit found.
    public struct Outcome: Sendable {
        /// The constants that some row feels.
        public var variables: [FitVariable]
        /// Constants that no row feels, as `group/name`: they stay as they were.
        public var unfelt: [String]
        /// Fitted values with four significant digits, in the order of the variables.
        public var values: [Double]
        public var rows: Int
        public var sources: [String]
        public var devices: [String]
        /// Errors on the rows of the fit, with the constants that it started from and with those it found.
        public var before: ErrorStatistics?
        public var after: ErrorStatistics?
        /// Errors on rows whose shape was left out, over all folds; nil without folds.
        public var byShape: ErrorStatistics?
        /// Errors on each device when fitted without it, and with the constants that the fit started from.
        public var byDevice: [(device: String, before: ErrorStatistics, leftOut: ErrorStatistics)]
        /// Time around the kernels per series, stated and as the fit settled it, in microseconds.
        public var harness: [(series: String, stated: Double, fitted: Double)]
        public var evaluations: Int
    }

    let problem: FitProblem
    let variables: [FitVariable]
    let options: Options

    public init(_ problem: FitProblem, variables: [FitVariable], options: Options) {
        self.problem = problem
        self.variables = variables
        self.options = options
    }

    /// Runs the fit, on the sampled rows, and its cross-validation, on all.
    ///
    /// - Parameter progress: told what runs next.
    /// - Complexity: (1 + folds + devices) fits of `evaluations` projections of every row.
    public func run(progress: (String) -> Void = { _ in }) -> Outcome {
        let start = variables.map(\.start)
        let kept = problem.rows.indices.filter { !options.leftOut.contains(device(of: $0)) }
        let devices = Set(kept.map(device)).sorted()
        progress("fitting \(variables.count) constants to \(kept.count { problem.sampled[$0] }) rows of \(devices.joined(separator: ", "))")
        let fit = fitted(on: kept)
        let values = zip(variables, fit.point).map { $0.rounded($0.value(at: $1)) }
        let (before, _) = statistics(start, harnessFrom: kept, on: kept)
        let (after, harness) = statistics(values, harnessFrom: kept, on: kept)
        var outcome = Outcome(
            variables: fit.felt.map { variables[$0] },
            unfelt: variables.indices.filter { !fit.felt.contains($0) }.map { "\(variables[$0].group)/\(variables[$0].name)" },
            values: fit.felt.map { values[$0] }, rows: kept.count { problem.sampled[$0] }, sources: problem.sources, devices: devices, before: before, after: after,
            byShape: nil, byDevice: [], harness: zip(problem.harnesses, harness).map { ($0.label, $0.stated, $1) },
            evaluations: fit.evaluations)
        outcome.byShape = crossValidatedByShape(kept, progress: progress)
        for name in options.leftOut where problem.devices.contains(name) {
            appendDevice(name, values: values, to: &outcome)
        }
        if options.leavesDevicesOut, devices.count > 1 {
            for name in devices {
                progress("leaving out \(name)")
                let point = fitted(on: kept.filter { device(of: $0) != name }).point
                appendDevice(name, values: zip(variables, point).map { $0.value(at: $1) }, to: &outcome)
            }
        }
        return outcome
    }

    private func device(of row: Int) -> String { problem.machines[problem.rows[row].machine].architecture.id }

    private func appendDevice(_ name: String, values: [Double], to outcome: inout Outcome) {
        let own = problem.rows.indices.filter { device(of: $0) == name }
        // The harness of a device that nobody measured is not known: what the protocol states must do.
        guard let before = statistics(variables.map(\.start), harnessFrom: [], on: own).0,
            let after = statistics(values, harnessFrom: [], on: own).0
        else { return }
        outcome.byDevice.append((name, before, after))
    }

    private func fitted(on rows: [Int]) -> RobustLeastSquares.Fit {
        let rows = rows.filter { problem.sampled[$0] }
        let search = RobustLeastSquares(pull: options.pull, maximumEvaluations: options.evaluations)
        return search.minimize(from: variables.map { $0.position(of: $0.start) }) { point in
            let values = zip(variables, point).map { $0.value(at: $1) }
            let kernels = problem.kernelTimes(variables, values, rows: rows)
            return problem.residuals(kernels: kernels, harness: problem.harnessTimes(kernels: kernels, rows: rows), rows: rows)
        }
    }

    private func crossValidatedByShape(_ rows: [Int], progress: (String) -> Void) -> ErrorStatistics? {
        guard options.folds >= 2 else { return nil }
        var pairs: [MeasuredPair] = []
        for fold in 0..<options.folds {
            progress("fold \(fold + 1) of \(options.folds)")
            let inside = rows.filter { problem.rows[$0].fold % UInt64(options.folds) == UInt64(fold) }
            let outside = rows.filter { problem.rows[$0].fold % UInt64(options.folds) != UInt64(fold) }
            guard !inside.isEmpty, !outside.isEmpty else { continue }
            let values = zip(variables, fitted(on: outside).point).map { $0.value(at: $1) }
            pairs += self.pairs(values, harnessFrom: outside, on: inside).pairs
        }
        return ErrorStatistics(pairs)
    }

    private func statistics(_ values: [Double], harnessFrom: [Int], on rows: [Int]) -> (ErrorStatistics?, [Double]) {
        let (pairs, harness) = pairs(values, harnessFrom: harnessFrom, on: rows)
        return (ErrorStatistics(pairs), harness)
    }

    /// Measured and projected times of rows, with harness times settled on `harnessFrom` (as stated where that is empty).
    private func pairs(_ values: [Double], harnessFrom: [Int], on rows: [Int]) -> (pairs: [MeasuredPair], harness: [Double]) {
        let harness = problem.harnessTimes(
            kernels: harnessFrom.isEmpty ? [] : problem.kernelTimes(variables, values, rows: harnessFrom), rows: harnessFrom)
        let kernels = problem.kernelTimes(variables, values, rows: rows)
        let pairs = zip(rows, kernels).compactMap { index, kernel -> MeasuredPair? in
            guard kernel.isFinite else { return nil }
            let row = problem.rows[index]
            let time = problem.measuredTime(kernel: kernel, row: row, harness: harness)
            return MeasuredPair(measured: row.measured, projected: time, low: time, high: time)
        }
        return (pairs, harness)
    }
}
