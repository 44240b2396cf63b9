import Quantities
import Validation
import Workload

/// How often measurements lie inside their P10 to P90 interval, where 80 % is right.
public struct IntervalCoverageTable {
    private let coverage: [IntervalCalibration.Coverage]

    public init(_ coverage: [IntervalCalibration.Coverage]) { self.coverage = coverage }

    public var table: TextTable {
        var table = TextTable(columns: [
            .text("family"), .number("rows"), .number("inside, shapes left out %"), .number("inside, devices left out %"),
        ])
        for entry in coverage {
            table.rows.append([
                entry.family.rawValue, "\(entry.rows)", FixedPoint.format(entry.shapesLeftOut * 100, fractionDigits: 1),
                entry.devicesLeftOut.map { FixedPoint.format($0 * 100, fractionDigits: 1) } ?? "one device only",
            ])
        }
        return table
    }
}
