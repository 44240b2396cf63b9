import Hardware
import Quantities
import Simulator
import Workload

/// A published figure with its projection.
public struct ValidatedFigure: Hashable, Sendable {
    /// Index into the figures of the measured data.
    public var index: Int
    /// Index into the series of the measured data.
    public var series: Int
    /// The projected number, in the row's unit.
    public var projected: Double
    /// Projected over published time: above 1 where the projection is too slow, whatever the unit.
    public var factor: Double
    /// Where the projected time goes.
    public var breakdown: TimeBreakdown
    /// Whether the workload fits the device's memory; nil for kernels, and where as many devices take part as hold it.
    public var fits: Bool?
}

extension Validator {
    /// Projects published figures.
    ///
    /// - Throws: when a software stack that a protocol names is missing or a file of the library is wrong. Rows that leave open what ran are
    ///   counted with the reason.
    func validateFigures(of data: MeasuredData, into result: inout ValidationResult) throws(ArchitectureLibraryError) {
        guard !data.figures.isEmpty else { return }
        let plans = try PairingPlans(data, validator: self)
        let models = protocols.protocols.filter { $0.matches.families == [.published] }.flatMap(\.wholeModels.models)
        let outcomes = Parallel.map(count: data.figures.count, threads: threads) { range in
            range.map { index in
                Result { () throws(FigureRefusal) in
                    let figure = data.figures[index]
                    return try project(figure, index: index, dtype: data.series[figure.series].dtype, models: models, on: plans)
                }
            }
        }
        for (figure, outcome) in zip(data.figures, outcomes.joined()) {
            switch outcome {
            case .success(let validated): result.figures.append(validated)
            case .failure(let refused):
                let series = data.series[figure.series]
                result.skipped.add(series.family, device: series.device, reason: refused.reason)
            }
        }
    }

    private func project(
        _ figure: PublishedFigure, index: Int, dtype: String, models: [PassProtocol.SourceModel], on plans: PairingPlans
    ) throws(FigureRefusal) -> ValidatedFigure {
        let metric = try PublishedMetric(figure)
        let plan: PairingPlans.Plan
        switch plans.series[figure.series] {
        case .success(let value): plan = value
        case .failure(let refused): throw FigureRefusal(reason: refused.reason)
        }
        let model: any DeviceModel
        switch plans.models[plan.model] {
        case .success(let value): model = value
        case .failure(let error): throw FigureRefusal(reason: error.description)
        }
        var architecture = plans.machines[plan.model].architecture
        let stack = plans.machines[plan.model].stack
        var conditions = ExecutionConditions(
            launch: plan.circumstances.launch, isSustained: plan.circumstances.isSustained, unitsInUse: plan.circumstances.unitsInUse)
        if figure.kind == .matrixMultiply || figure.kind == .attention {
            let kernel = try PublishedKernel(figure, format: try PublishedFormat(dtype))
            return try project(kernel, of: figure, index: index, metric: metric, model: model, under: plan)
        }
        let machine = PublishedMachine(
            units: architecture.compute.units.value, isTorus: architecture.interconnect?.topology.hasPrefix("torus") ?? false,
            nodeDevices: server(architecture.id)?.devices)
        let run = try PublishedRun(figure, dtype: dtype, under: plan.circumstances.wholeModels, models: models, on: machine)
        // A model in series streams nothing from the memory behind the devices.
        if run.isInSeries { architecture.backingMemory = nil }
        if run.copiesPerDevice > 1 { conditions.unitsInUse = 1 }
        let projection: WorkloadProjection
        do throws(ProjectionError) {
            var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: model, conditions: conditions)
            projection = try projector.project(run.workload)
        } catch {
            throw FigureRefusal(reason: error.description)
        }
        let peak = Self.statedPeak(figure.unit) ?? projection.peak.value * 1e-12
        let value = try metric.value(of: run, total: projection.time.microseconds, step: projection.timePerOutputToken?.microseconds, peak: peak)
        let validated = try validated(figure, index: index, value: value, metric: metric, breakdown: projection.breakdown, fits: run.isInSeries ? nil : projection.memory.fits)
        let published = projection.time.microseconds / validated.factor
        if let floor = DataSheetFloor(run.workload, on: architecture)?.microseconds, published < Self.beyondDataSheet * floor {
            throw FigureRefusal(reason: "faster than the device's data sheet allows: something ran that the row does not say")
        }
        return validated
    }

    /// Share of the data sheet's least time below which a figure is not believed; clocks and bandwidths are printed with two digits.
    private static let beyondDataSheet = 0.95

    private func project(
        _ kernel: PublishedKernel, of figure: PublishedFigure, index: Int, metric: PublishedMetric, model: any DeviceModel, under plan: PairingPlans.Plan
    ) throws(FigureRefusal) -> ValidatedFigure {
        var breakdown = TimeBreakdown()
        for shape in kernel.operators {
            do throws(ProjectionError) {
                let adjusted = plan.circumstances.adjusted(shape)
                let projection = try model.project(adjusted, under: plan.circumstances.conditions(for: adjusted, cacheCapacity: plan.cacheCapacity))
                for part in projection.breakdown.parts { breakdown[part.owner] += part.time.microseconds }
            } catch {
                throw FigureRefusal(reason: error.description)
            }
        }
        let total = breakdown.total.microseconds
        let value = metric.isRate ? kernel.teraOperations / (total * 1e-6) : total / metric.microseconds
        return try validated(figure, index: index, value: value, metric: metric, breakdown: breakdown, fits: nil)
    }

    private func validated(
        _ figure: PublishedFigure, index: Int, value: Double, metric: PublishedMetric, breakdown: TimeBreakdown, fits: Bool?
    ) throws(FigureRefusal) -> ValidatedFigure {
        guard value > 0, value.isFinite else { throw FigureRefusal(reason: "the model answers no positive number") }
        return ValidatedFigure(
            index: index, series: figure.series, projected: value, factor: metric.isRate ? figure.value / value : value / figure.value, breakdown: breakdown,
            fits: fits)
    }

    /// The peak that a utilisation refers to, where its unit says: `% of 312 TFLOP/s`.
    private static func statedPeak(_ unit: String) -> Double? {
        let words = unit.split(separator: " ")
        return words.firstIndex(of: "of").flatMap { $0 + 1 < words.count ? Double(words[$0 + 1]) : nil }
    }
}
