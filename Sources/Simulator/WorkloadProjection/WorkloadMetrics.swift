import Hardware
import Quantities
import Workload

/// The field's figures of merit, derived from a projection; a figure that the workload does not define is absent.
extension WorkloadProjection {
    private func phases(of kinds: Set<WorkloadPhase.Kind>) -> [PhaseProjection] { phases.filter { kinds.contains($0.kind) } }

    /// Time to first token: the prefill (or encoder) pass; no queue is modelled.
    public var timeToFirstToken: Seconds? {
        let first = phases(of: [.prefill, .encode])
        return first.isEmpty ? nil : first.reduce(.zero) { $0 + $1.totalTime }
    }

    /// Time per output token after the first: the mean decode step.
    public var timePerOutputToken: Seconds? {
        let decode = phases(of: [.decode])
        let steps = decode.reduce(0) { $0 + $1.repetitions }
        return steps == 0 ? nil : decode.reduce(.zero) { $0 + $1.totalTime } / Double(steps)
    }

    /// New tokens processed per second over all phases: prompt and output for generation, samples' tokens for training.
    public var tokensPerSecond: Double {
        Double(phases.reduce(0) { $0 + $1.tokens * $1.repetitions }) / time.value
    }

    /// Output tokens per second over the whole request, prefill included.
    public var outputTokensPerSecond: Double? {
        let decode = phases(of: [.decode])
        guard !decode.isEmpty else { return nil }
        return Double(decode.reduce(0) { $0 + $1.tokens * $1.repetitions }) / time.value
    }

    /// Share of the devices that work at any time: 1 / stages where the stages of a pipeline take turns.
    private var shareAtWork: Double { Double(devicesAtWork) / Double(max(1, devices)) }

    /// Model FLOPs utilisation of all devices: arithmetic asked for over time x dense peak of its main format. Masked-out scores are not
    /// credited.
    public var modelFLOPsUtilisation: Double { operations / (peak * time.value).asOperations * shareAtWork }

    /// Memory bandwidth utilisation of all devices in the decode phase: bytes moved over time x datasheet bandwidth.
    public var memoryBandwidthUtilisation: Double? {
        let decode = phases(of: [.decode])
        guard !decode.isEmpty else { return nil }
        let traffic = decode.reduce(Bytes.zero) { $0 + $1.memoryTraffic * Double($1.repetitions) }
        let time = decode.reduce(Seconds.zero) { $0 + $1.totalTime }
        return traffic / (memoryBandwidth * time) * shareAtWork
    }

    /// Energy per token processed of all devices at work; what pipeline stages draw while they wait is not counted, because a server gives
    /// them other requests.
    public var joulesPerToken: Double? {
        guard let energy else { return nil }
        let tokens = phases.reduce(0) { $0 + $1.tokens * $1.repetitions }
        return tokens == 0 ? nil : energy.value * Double(devicesAtWork) / Double(tokens)
    }

    /// Devices that have to be paid for: those of the request, as often as it takes to hold a workload that exceeds their memory.
    public var devicesHeld: Int { devices * placement.devicesInSeries }

    /// Dollars for a million tokens processed, at the known device-hour price, all devices held paid for; absent without a price.
    public var dollarsPerMillionTokens: Double? {
        // A replayed trace without phases does not say how many tokens it stands for.
        guard let price, tokensPerSecond > 0 else { return nil }
        return price.dollarsPerHour.value.value * Double(devicesHeld) / (tokensPerSecond * 3600) * 1e6
    }

    /// Grams of CO2 equivalent for a million tokens: energy x power usage effectiveness x grid intensity. Manufacture is not included.
    ///
    /// - Parameters:
    ///   - powerUsageEffectiveness: facility power over device power (1.2 is typical of large data centres).
    ///   - gramsPerKilowattHour: intensity of the grid.
    public func gramsOfCarbonPerMillionTokens(powerUsageEffectiveness: Double = 1.2, gramsPerKilowattHour: Double = 400) -> Double? {
        joulesPerToken.map { $0 * 1e6 / 3.6e6 * powerUsageEffectiveness * gramsPerKilowattHour }
    }
}

extension OperationsPerSecond {
    /// This rate over one second.
    fileprivate var asOperations: Operations { Operations(value) }
}
