import Foundation
import Hardware
import Quantities
import Simulator
import Workload

/// A measured pass of a whole model with its projection.
public struct ValidatedPass: Hashable, Sendable {
    /// Index into the passes of the measured data.
    public var index: Int
    /// Index into the series of the measured data.
    public var series: Int
    public var pair: MeasuredPair
    public var breakdown: TimeBreakdown
    /// Sum of the operators' data-sheet rooflines, microseconds; nil where the data sheet lacks a number that one of them needs.
    public var roofline: Double?
}

extension Validator {
    /// Projects the passes of whole models.
    ///
    /// - Throws: when a software stack that a protocol names is missing or a file of the library is wrong.
    func validatePasses(of data: MeasuredData, into result: inout ValidationResult) throws(ArchitectureLibraryError) {
        guard !data.passes.isEmpty else { return }
        let plans = try PairingPlans(data, validator: self)
        for (index, pass) in data.passes.enumerated() {
            let series = data.series[pass.series]
            do throws(PassRefusal) {
                result.passes.append(try project(pass, index: index, dtype: series.dtype, on: plans))
            } catch {
                result.skipped.add(series.family, device: series.device, reason: error.reason)
            }
        }
    }

    private func project(_ pass: MeasuredPass, index: Int, dtype: String, on plans: PairingPlans) throws(PassRefusal) -> ValidatedPass {
        let plan: PairingPlans.Plan
        switch plans.series[pass.series] {
        case .success(let value): plan = value
        case .failure(let refused): throw PassRefusal(reason: refused.reason)
        }
        let (architecture, stack) = plans.machines[plan.model]
        let half: NumberFormat = architecture.peak(.bf16) == nil && architecture.peak(.fp16) != nil ? .fp16 : .bf16
        let workload = try pass.workload(dtype: dtype, under: plan.circumstances.wholeModels, half: half)
        let conditions = ExecutionConditions(
            launch: plan.circumstances.launch, isSustained: plan.circumstances.isSustained, unitsInUse: plan.circumstances.unitsInUse)
        do throws(ProjectionError) {
            var projector = WorkloadProjector(architecture: architecture, stack: stack.id, model: try plans.models[plan.model].get(), conditions: conditions)
            let projection = try projector.project(workload)
            guard projection.time.value.isFinite, projection.time > .zero else { throw ProjectionError(.missingNumber, "the model of \(architecture.id) answers no positive time") }
            let interval = projection.interval
            return ValidatedPass(
                index: index, series: pass.series,
                pair: MeasuredPair(
                    measured: pass.time.microseconds, projected: projection.time.microseconds, low: interval.p10.microseconds, high: interval.p90.microseconds),
                breakdown: projection.breakdown, roofline: Self.roofline(of: workload, on: architecture))
        } catch {
            throw PassRefusal(reason: error.description)
        }
    }

    private static func roofline(of workload: Workload, on architecture: Architecture) -> Double? {
        var sum = 0.0
        for phase in workload.phases {
            for placed in phase.operators {
                guard let times = RooflineTimes(placed.shape, on: architecture) else { return nil }
                sum += times.datasheet * Double(placed.count * phase.repetitions)
            }
        }
        return sum
    }
}

/// Errors of whole models of one kind on one device.
public struct PassGroup: Sendable {
    public var key: ErrorGroupKey
    public var statistics: ErrorStatistics
    public var roofline: ErrorStatistics?
    /// Projected over measured time: geometric mean, smallest and largest.
    public var factor: (mean: Double, smallest: Double, largest: Double)
    /// Positions in `ValidationResult.passes`.
    public var passes: [Int]
}

extension ValidationResult {
    /// Errors of whole models per source, device, dtype and phase, sorted.
    public func passGroups() -> [PassGroup] {
        var members: [ErrorGroupKey: [Int]] = [:]
        for (position, pass) in passes.enumerated() {
            let series = data.series[pass.series]
            let key = ErrorGroupKey(
                family: series.family, source: series.source, device: series.device,
                architecture: plans[pass.series].architecture.map { architectures[$0].id } ?? "", dtype: series.dtype, op: series.op)
            members[key, default: []].append(position)
        }
        return members.sorted { $0.key < $1.key }.compactMap { key, positions in
            guard let statistics = ErrorStatistics(positions.map { passes[$0].pair }) else { return nil }
            let factors = positions.map { passes[$0].pair.projected / passes[$0].pair.measured }
            let mean = exp(factors.reduce(0) { $0 + log($1) } / Double(factors.count))
            return PassGroup(
                key: key, statistics: statistics, roofline: roofline(of: positions), factor: (mean, factors.min() ?? mean, factors.max() ?? mean), passes: positions)
        }
    }

    /// Errors of the summed data-sheet rooflines of passes.
    public func roofline(of positions: [Int]) -> ErrorStatistics? {
        ErrorStatistics(positions.compactMap { position in
            let pass = passes[position]
            return pass.roofline.map { MeasuredPair(measured: pass.pair.measured, projected: $0, low: $0, high: $0) }
        })
    }
}
