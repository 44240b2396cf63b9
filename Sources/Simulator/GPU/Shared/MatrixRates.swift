import Hardware
import Quantities

/// Dense operations per clock of one multiprocessor by format, flattened from an architecture once.
struct MatrixRates: Sendable {
    struct Rate: Sendable {
        var engine: ComputeEngine
        /// Operations per clock of one multiprocessor; a multiply-add counts as two.
        var operationsPerClock: Double
        /// Clock of the engine, cycles per microsecond.
        var clock: Double
    }

    private var rates: [(format: NumberFormat, rate: Rate)]
    private let device: String

    init(_ architecture: Architecture) {
        device = architecture.id
        rates = []
        for engine in ComputeEngine.allCases {
            for entry in architecture.compute.rates where entry.engine == engine && entry.operationsPerClock.value > 0 {
                guard !rates.contains(where: { $0.format == entry.format }) else { continue }
                let clock = architecture.clock(of: engine).cyclesPerMicrosecond
                rates.append((entry.format, Rate(engine: engine, operationsPerClock: entry.operationsPerClock.value, clock: clock)))
            }
        }
    }

    /// The rate of a format, matrix engine first; nil where no engine has it.
    subscript(format: NumberFormat) -> Rate? {
        for entry in rates where entry.format == format { return entry.rate }
        return nil
    }

    /// The rate of a format that the operator needs.
    ///
    /// - Throws: `unsupportedFormat`, naming the closest format that works.
    func required(_ format: NumberFormat, for purpose: String) throws(ProjectionError) -> Rate {
        if let rate = self[format] { return rate }
        let nearest = Self.substitutes(for: format).first { self[$0] != nil }
        let advice = nearest.map { "; \($0.rawValue) works" } ?? ""
        throw ProjectionError(.unsupportedFormat, "\(device) cannot multiply \(format.rawValue), which \(purpose) needs\(advice)")
    }

    /// Formats that serve instead, closest first.
    private static func substitutes(for format: NumberFormat) -> [NumberFormat] {
        switch format {
        case .fp8e4m3, .fp8e5m2, .mxfp8: [.bf16, .fp16, .fp32]
        case .nvfp4, .mxfp4, .fp4, .fp6, .nf4: [.fp8e4m3, .bf16, .fp16, .fp32]
        case .bf16: [.fp16, .fp32]
        case .fp16: [.bf16, .fp32]
        case .int8, .int4: [.fp16, .bf16, .fp32]
        default: [.fp32, .fp16]
        }
    }
}
