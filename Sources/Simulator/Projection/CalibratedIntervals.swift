import Hardware
import Quantities
import Workload

extension DeviceModels {
    /// The model of a device whose P10 to P90 intervals come from calibration residuals; its own where there is no table, and on CPUs, which
    /// are calibrated one by one on the machine itself.
    ///
    /// - Throws: as `model(for:stack:topology:)`.
    public static func model(
        for architecture: Architecture, stack: SoftwareStack, topology: LinkTopology? = nil, intervals: IntervalTable?
    ) throws(ProjectionError) -> any DeviceModel {
        let model = try model(for: architecture, stack: stack, topology: topology)
        guard let intervals, architecture.deviceClass != .cpu else { return model }
        return CalibratedIntervals(model: model, intervals: intervals.intervals(for: architecture))
    }
}

/// A model with the intervals that its residuals on calibration data give.
struct CalibratedIntervals: DeviceModel {
    let model: any DeviceModel
    let intervals: DeviceIntervals

    func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        var projection = try model.project(shape, under: conditions)
        projection.interval = intervals.interval(for: shape, time: projection.time)
        return projection
    }
}
