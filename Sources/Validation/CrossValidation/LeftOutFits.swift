import Hardware
import Quantities
import Simulator
import Workload

/// The fits of one family behind a cross-validation.
struct LeftOutFits {
    let problem: FitProblem
    let family: MeasuredFamily
    let options: CrossValidation.Options

    init(_ problem: FitProblem, family: MeasuredFamily, options: CrossValidation.Options) {
        self.problem = problem
        self.family = family
        self.options = options
    }

    /// Generations that have rows, sorted.
    var generations: [String] { Set(problem.rows.map { architecture($0).generation }).sorted() }

    /// Projections of a generation's rows, each with constants fitted to the other folds of shapes, by row of the measured data.
    func shapesLeftOut(_ generation: String) -> [Int: MeasuredPair] {
        let rows = problem.rows.indices.filter { architecture(problem.rows[$0]).generation == generation }
        let variables = variables(for: rows)
        let folds = UInt64(max(2, options.folds))
        var pairs: [Int: MeasuredPair] = [:]
        for fold in 0..<folds {
            let inside = rows.filter { problem.rows[$0].fold % folds == fold }
            let outside = rows.filter { problem.rows[$0].fold % folds != fold }
            guard !inside.isEmpty, !outside.isEmpty else { continue }
            let fit = Constants(variables, values: fitted(variables, on: outside))
            pairs.merge(project(inside, with: fit, from: outside, knowsHarness: true)) { $1 }
        }
        return pairs
    }

    /// Projections of a device's rows with constants fitted to other devices, and those devices; nil where nothing was measured beside it.
    ///
    /// Of each format, siblings of the generation teach where they were measured, otherwise the vendor's other generations.
    func deviceLeftOut(_ device: String) -> (pairs: [Int: MeasuredPair], from: [String])? {
        let own = problem.rows.indices.filter { architecture(problem.rows[$0]).id == device }
        guard let first = own.first else { return nil }
        let target = architecture(problem.rows[first])
        let formats = Set(own.map { problem.rows[$0].shape.formatLabel })
        let others = problem.rows.indices.filter {
            let row = problem.rows[$0]
            return architecture(row).id != device && architecture(row).vendor == target.vendor && formats.contains(row.shape.formatLabel)
        }
        let taughtBySiblings = Set(others.lazy.filter { architecture(problem.rows[$0]).generation == target.generation }.map { problem.rows[$0].shape.formatLabel })
        let teachers = others.filter {
            let row = problem.rows[$0]
            return architecture(row).generation == target.generation || !taughtBySiblings.contains(row.shape.formatLabel)
        }
        let taught = Set(teachers.map { problem.rows[$0].shape.formatLabel })
        let answered = own.filter { taught.contains(problem.rows[$0].shape.formatLabel) }
        guard !answered.isEmpty else { return nil }
        let variables = variables(for: own)
        let fit = Constants(variables, values: fitted(variables, on: teachers))
        let from = Set(teachers.map { architecture(problem.rows[$0]).id }).sorted()
        // What stands around the kernels of a device that nobody measured is not known: what the protocol states must do.
        return (project(answered, with: fit, from: teachers, knowsHarness: false), from)
    }

    /// Constants with fitted values.
    private struct Constants {
        let variables: [FitVariable]
        let values: [Double]

        init(_ variables: [FitVariable], values: [Double]) {
            self.variables = variables
            self.values = values
        }
    }

    private func architecture(_ row: FitProblem.Row) -> Architecture { problem.machines[row.machine].architecture }

    /// The constants of the family that move the rows' machines, of the generation and of their stacks, from the middle of their ranges.
    private func variables(for rows: [Int]) -> [FitVariable] {
        var variables: [FitVariable] = []
        for machine in Set(rows.map { problem.rows[$0].machine }).sorted() {
            let (architecture, stack) = problem.machines[machine]
            let generation = stack.generationConstants.filter { $0.generation == architecture.generation }.flatMap(\.constants)
            let found = FitVariable.variables(of: generation, family: family, patterns: [], stack: stack.id)
                + FitVariable.variables(of: stack.constants, family: family, patterns: [], stack: stack.id)
                + FitVariable.variables(of: architecture.constants, family: family, patterns: [])
            for variable in found where !variables.contains(where: { $0.group == variable.group && $0.name == variable.name && $0.stack == variable.stack }) {
                variables.append(variable.fromTheMiddle)
            }
        }
        return variables
    }

    private func fitted(_ variables: [FitVariable], on rows: [Int]) -> [Double] {
        let rows = rows.filter { problem.sampled[$0] }
        let search = RobustLeastSquares(pull: options.pull, maximumEvaluations: options.evaluations)
        let fit = search.minimize(from: variables.map { $0.position(of: $0.start) }) { point in
            let kernels = problem.kernelTimes(variables, zip(variables, point).map { $0.value(at: $1) }, rows: rows)
            return problem.residuals(kernels: kernels, harness: problem.harnessTimes(kernels: kernels, rows: rows), rows: rows)
        }
        return zip(variables, fit.point).map { $0.value(at: $1) }
    }

    /// Projects rows with intervals from the residuals of the rows that taught the constants.
    private func project(_ rows: [Int], with fit: Constants, from teachers: [Int], knowsHarness: Bool) -> [Int: MeasuredPair] {
        let taught = problem.kernelTimes(fit.variables, fit.values, rows: teachers)
        let harness = problem.harnessTimes(kernels: knowsHarness ? taught : [], rows: knowsHarness ? teachers : [])
        let taughtHarness = problem.harnessTimes(kernels: taught, rows: teachers)
        let samples = zip(teachers, taught).compactMap { position, kernel in
            IntervalCalibration.Sample(problem.rows[position], kernel: kernel, harness: time(taughtHarness, problem.rows[position], beyond: kernel))
        }
        let table = IntervalCalibration.table(samples, problem.machines.map(\.architecture))
        var resolved: [Int: DeviceIntervals] = [:]
        var pairs: [Int: MeasuredPair] = [:]
        for (position, kernel) in zip(rows, problem.kernelTimes(fit.variables, fit.values, rows: rows)) where kernel.isFinite {
            let row = problem.rows[position]
            let intervals = resolved[row.machine] ?? table.intervals(for: problem.machines[row.machine].architecture)
            resolved[row.machine] = intervals
            let around = time(harness, row, beyond: kernel)
            let interval = intervals.interval(for: row.shape, time: Seconds(microseconds: kernel))
            pairs[row.index] = MeasuredPair(
                measured: row.measured, projected: kernel + around,
                low: interval.p10.microseconds + around * (1 - ValidatedRow.harnessSpread),
                high: interval.p90.microseconds + around * (1 + ValidatedRow.harnessSpread))
        }
        return pairs
    }

    /// Microseconds that a measurement shows beyond the kernel: added, or what is missing to a period of issue.
    private func time(_ harness: [Double], _ row: FitProblem.Row, beyond kernel: Double) -> Double {
        max(0, problem.measuredTime(kernel: kernel, row: row, harness: harness) - kernel)
    }
}

extension IntervalCalibration.Sample {
    /// The residual of a fitted row; nil where the time is mostly not the kernel's.
    init?(_ row: FitProblem.Row, kernel: Double, harness: Double) {
        guard kernel.isFinite, kernel > 0, harness <= 0.3 * row.measured else { return nil }
        self.init(
            family: row.shape.family, architecture: row.machine, format: row.shape.formatLabel,
            regime: row.shape.regime(time: Seconds(microseconds: kernel)), shape: row.shape, ratio: (row.measured - harness) / kernel,
            projected: kernel, fold: row.fold)
    }
}
