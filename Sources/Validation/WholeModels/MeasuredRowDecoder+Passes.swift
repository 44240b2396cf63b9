import Quantities
import Workload

extension MeasuredRowDecoder {
    /// A pass of a whole model; `+` in the model's name begins how it was compiled, which becomes part of the operator's name.
    mutating func endToEnd() -> Outcome {
        let parts = name(.model).split(separator: "+", maxSplits: 1).map(String.init)
        let phaseName = name(.phase)
        let dimensions = dimensions()
        let (dtype, batch, sequence) = (name(.dtype), dimension(.batch), dimension(.seq))
        let time = Seconds(microseconds: positive(.latencyMilliseconds) * 1000)
        let op = parts.count > 1 ? "\(phaseName)+\(parts[1])" : phaseName
        let series = series(dtype: dtype, op: op)
        guard let phase = MeasuredPass.Phase(rawValue: phaseName) else {
            return .skipped(device: series.device, reason: unknown("phase", phaseName, MeasuredPass.Phase.allCases.map(\.rawValue)))
        }
        var pass = MeasuredPass(
            series: 0, line: row.line, model: parts.first ?? "", dimensions: dimensions, phase: phase, batch: batch, sequence: sequence,
            parallelism: text(.parallelism), time: time)
        let cache = text(.keyValueFormat)
        if !cache.isEmpty {
            guard let format = MeasuredFormat.tensor(cache) ?? NumberFormat(name: cache) else { return .skipped(device: series.device, reason: MeasuredFormat.unknownTensor(cache)) }
            pass.keyValueFormat = format
        }
        if phase == .generation { pass.generated = dimension(.generated) }
        return .pass(series, pass)
    }

    /// The model's dimensions, nil where the file has no such columns or leaves the first empty.
    private mutating func dimensions() -> MeasuredPass.Dimensions? {
        guard !text(.layers).isEmpty else { return nil }
        let (hidden, heads) = (dimension(.hidden), dimension(.heads))
        let vocabulary = text(.vocabulary) == "0" ? 0 : dimension(.vocabulary, absent: 0)
        return MeasuredPass.Dimensions(
            layers: dimension(.layers), hidden: hidden, heads: heads, keyValueHeads: dimension(.keyValueHeads, absent: heads),
            headDimension: dimension(.headDimension, absent: max(1, hidden / heads)), intermediate: dimension(.intermediate), vocabulary: vocabulary)
    }
}
