import ConfigurationFiles
import Quantities

extension MeasuredRowDecoder {
    /// A published figure; rows of another kind (costs) are counted.
    mutating func published() -> Outcome {
        let kindName = name(.kind)
        let (metric, value, unit) = (name(.metric), positive(.value), text(.unit))
        let series = MeasuredSeries(
            path: path, family: family, source: text(.source), device: name(.device), dtype: text(.dtype), op: metric, kernel: text(.software), topology: "")
        let devices = text(.devices).isEmpty ? nil : dimension(.devices)
        guard let kind = PublishedFigure.Kind(rawValue: kindName) else {
            let reason = kindName == "cost" ? "a price is no projection" : unknown("kind", kindName, PublishedFigure.Kind.allCases.map(\.rawValue))
            return .skipped(device: series.device, reason: reason)
        }
        let figure = PublishedFigure(
            series: 0, line: row.line, id: text(.id), kind: kind, model: text(.model), devices: devices, batch: text(.batch),
            inputLength: text(.inputLength), outputLength: text(.outputLength), parallelism: text(.parallelism), software: series.kernel, metric: metric, unit: unit, value: value,
            date: text(.date), notes: text(.notes))
        return .figure(series, figure)
    }
}
