import Quantities

/// How a published number follows from times.
struct PublishedMetric {
    /// What the number is.
    enum Meaning: Hashable {
        /// All phases, in the unit.
        case time
        /// The mean decode step.
        case timePerToken
        /// All phases over batch and output tokens.
        case timePerGeneratedToken
        case promptTokensPerSecond
        case outputTokensPerSecond
        case decodeTokensPerSecond
        case decodeTokensPerSecondOfOneUser
        /// Tokens of a training step.
        case trainedTokensPerSecond
        case sequencesPerSecond
        /// Operations of the model over time, with `times` for what a source counts beside it (recomputation).
        case teraOperationsPerSecond(times: Double)
        /// The same over the peak.
        case utilisation
    }

    var meaning: Meaning
    /// Whether the number is of one device.
    var isPerDevice: Bool
    /// Microseconds of the unit, for times.
    var microseconds: Double

    /// Whether more is faster.
    var isRate: Bool {
        switch meaning {
        case .time, .timePerToken, .timePerGeneratedToken: false
        default: true
        }
    }

    /// - Throws: for metrics that are no figure of speed and for those that hide what ran.
    init(_ figure: PublishedFigure) throws(FigureRefusal) {
        let unit = figure.unit
        isPerDevice = ["/GPU", "/chip", "/device", "/HPU"].contains { unit.contains($0) } || figure.metric.hasSuffix("_per_device")
        microseconds = unit.hasPrefix("ms") ? 1000 : unit.hasPrefix("us") ? 1 : unit.hasPrefix("minutes") ? 60e6 : 1e6
        switch figure.metric {
        case "ttft", "ttft_p50", "forward_latency", "iteration_latency", "train_step_time", "e2e_batch_latency", "gemm_latency": meaning = .time
        case "tpot_mean", "tpot_p50": meaning = .timePerToken
        case "ms_per_generated_token": meaning = .timePerGeneratedToken
        case "prefill_tokens_per_s": meaning = .promptTokensPerSecond
        case "sequences_per_s", "train_sequences_per_s", "train_samples_per_s": meaning = .sequencesPerSecond
        case "decode_tokens_per_s": meaning = .decodeTokensPerSecond
        case "decode_tokens_per_s_per_user": meaning = .decodeTokensPerSecondOfOneUser
        case "output_throughput_total", "output_throughput_per_device", "generation_throughput":
            meaning = figure.kind == .decode ? .decodeTokensPerSecond : .outputTokensPerSecond
        case "throughput_per_device", "throughput_total": meaning = .trainedTokensPerSecond
        case "model_tflops_per_device", "gemm_tflops", "attention_tflops": meaning = .teraOperationsPerSecond(times: 1)
        // Narayanan et al. (2021) count the forward pass that full recomputation repeats: 96 for 72.
        case "hw_tflops_per_device": meaning = .teraOperationsPerSecond(times: 4.0 / 3)
        case "mfu": meaning = .utilisation
        case "mlperf_time_to_train": throw FigureRefusal(reason: "time to a target quality: the samples it took are not stated")
        case let name where name.hasPrefix("mlperf_server"): throw FigureRefusal(reason: "rate under a latency limit: no scheduler is modelled")
        case let name where name.hasPrefix("mlperf_offline"): throw FigureRefusal(reason: "batch not stated (MLPerf Offline)")
        default: throw FigureRefusal(reason: "'\(figure.metric)' is no figure of speed that is projected")
        }
        if unit.contains("up to") { throw FigureRefusal(reason: "an upper bound ('up to'), no measurement of one run") }
    }

    /// The projected number, in the row's unit.
    ///
    /// - Parameters:
    ///   - total: microseconds of everything that ran.
    ///   - step: microseconds of the mean decode step, nil without one.
    ///   - peak: dense peak in 10^12 operations per second, for utilisations.
    func value(of run: PublishedRun, total: Double, step: Double?, peak: Double) throws(FigureRefusal) -> Double {
        let (batch, seconds) = (Double(run.batch), total * 1e-6)
        let devices = Double(run.devices)
        let copies = Double(run.copiesPerDevice) * (run.copiesPerDevice > 1 ? devices : 1)
        let share = isPerDevice ? 1 / devices : 1
        func decodeStep() throws(FigureRefusal) -> Double {
            guard let step, step > 0 else { throw FigureRefusal(reason: "the workload has no decode step") }
            return step
        }
        func output() throws(FigureRefusal) -> Double {
            guard let output = run.outputLength, output > 0 else { throw FigureRefusal(reason: "output length not stated") }
            return Double(output)
        }
        switch meaning {
        case .time: return total / microseconds
        case .timePerToken: return try decodeStep() / microseconds
        case .timePerGeneratedToken: return try total / microseconds / (batch * output())
        case .promptTokensPerSecond, .trainedTokensPerSecond: return batch * Double(run.inputLength) / seconds * share
        case .sequencesPerSecond: return copies * batch / seconds * share
        case .outputTokensPerSecond: return try batch * output() / seconds * share
        case .decodeTokensPerSecond: return try batch * 1e6 / decodeStep() * share
        case .decodeTokensPerSecondOfOneUser: return try 1e6 / decodeStep()
        case .teraOperationsPerSecond(let times): return run.modelTeraOperations * times / seconds / devices
        case .utilisation: return 100 * run.modelTeraOperations / seconds / devices / peak
        }
    }
}
