import Foundation
import Hardware
import Quantities
import Workload

/// How far measurements lie from projections, by family, generation, format and regime: quantiles of measured over projected time.
///
/// The quantiles come from residuals on calibration data and are data themselves (`Architectures/software/intervals/standard.yaml`). Where a device,
/// generation or vendor was not calibrated, the nearest entry is widened.
public struct IntervalTable: Hashable, Sendable {
    /// Quantiles of one population of residuals.
    public struct Entry: Hashable, Sendable {
        public var family: OperatorFamily
        public var vendor: String
        public var generation: String
        /// As `Operator.formatLabel` prints it; empty for the pool of all formats.
        public var format: String
        /// As `Operator.regime` names it; empty for the pool of all regimes.
        public var regime: String
        /// P10 of measured over projected.
        public var low: Double
        /// P90 of measured over projected.
        public var high: Double
        /// Residuals behind the quantiles.
        public var rows: Int
        /// Ids of the architectures they were measured on.
        public var devices: [String]

        public init(
            family: OperatorFamily, vendor: String, generation: String, format: String = "", regime: String = "", low: Double, high: Double,
            rows: Int, devices: [String]
        ) {
            self.family = family
            self.vendor = vendor
            self.generation = generation
            self.format = format
            self.regime = regime
            self.low = low
            self.high = high
            self.rows = rows
            self.devices = devices
        }
    }

    public var entries: [Entry]

    public init(_ entries: [Entry]) { self.entries = entries }

    /// Factors on the logarithm of the quantiles that restored 80 % coverage on rows and devices left out of the calibration
    /// (docs/model.md, intervals).
    public enum Kinship: Double, Hashable, Sendable, CaseIterable {
        case calibratedDevice = 1
        case sameGeneration = 1.3
        case sameVendor = 2
        case otherVendor = 3.5
    }

    /// Fewest residuals that an entry must rest on before other generations borrow it: a widened tail of a few dozen odd rows (measured 6.6
    /// times the projection on one card, squared for its siblings) would drown what thousands of rows say.
    static let fewestToBorrow = 100

    /// Where nothing is known of a family: measured 0.5 to 2 times the projection. Wide on purpose.
    static let unknown = (low: 0.5, high: 2.0)

    /// The quantiles for one architecture, resolved so that a projection looks nothing up by name.
    public func intervals(for architecture: Architecture) -> DeviceIntervals {
        DeviceIntervals(table: self, architecture: architecture)
    }

    /// The quantiles for one population on one architecture: the most alike device first, then the most alike population.
    func quantiles(
        family: OperatorFamily, format: String, regime: String, architecture: Architecture
    ) -> (low: Double, high: Double, kinship: Kinship)? {
        let own = entries.filter { $0.family == family }
        let tiers: [(Kinship, (Entry) -> Bool)] = [
            (.calibratedDevice, { $0.devices.contains(architecture.id) }),
            (.sameGeneration, { $0.generation == architecture.generation }),
            (.sameVendor, { $0.vendor == architecture.vendor }),
            (.otherVendor, { _ in true }),
        ]
        for (kinship, isKin) in tiers {
            var kin = own.filter(isKin)
            guard !kin.isEmpty else { continue }
            if kinship == .sameVendor || kinship == .otherVendor {
                let firm = kin.filter { $0.rows >= Self.fewestToBorrow }
                if !firm.isEmpty { kin = firm }
            }
            let population =
                [(format, regime), (format, ""), ("", regime), ("", "")].lazy
                .map { wanted in kin.filter { $0.format == wanted.0 && $0.regime == wanted.1 } }
                .first { !$0.isEmpty } ?? kin
            // Several generations of one vendor: the widest of them, since we do not know which is nearest.
            let low = population.map(\.low).min() ?? Self.unknown.low
            let high = population.map(\.high).max() ?? Self.unknown.high
            return (pow(min(low, 1), kinship.rawValue) * max(low, 1), pow(max(high, 1), kinship.rawValue) * min(high, 1), kinship)
        }
        return nil
    }
}

/// The intervals of one device: a short flat table per family.
public struct DeviceIntervals: Sendable {
    private struct Key: Hashable {
        var family: OperatorFamily
        var format: FormatKey
        var regime: Operator.Regime
    }
    private let known: [Key: (low: Double, high: Double)]
    private let pooled: [OperatorFamily: (low: Double, high: Double)]

    init(table: IntervalTable, architecture: Architecture) {
        var known: [Key: (low: Double, high: Double)] = [:]
        var pooled: [OperatorFamily: (low: Double, high: Double)] = [:]
        for family in OperatorFamily.allCases {
            guard let pool = table.quantiles(family: family, format: "", regime: "", architecture: architecture) else { continue }
            pooled[family] = (pool.low, pool.high)
            for format in FormatKey.all(of: family) {
                for regime in Operator.Regime.allCases where regime.belongs(to: family) {
                    guard let found = table.quantiles(
                        family: family, format: format.label, regime: regime.rawValue, architecture: architecture)
                    else { continue }
                    known[Key(family: family, format: format, regime: regime)] = (found.low, found.high)
                }
            }
        }
        self.known = known
        self.pooled = pooled
    }

    /// P10 to P90 of what a measurement of the operator would show, given its projected time.
    public func interval(for shape: Operator, time: Seconds) -> TimeInterval {
        let key = Key(family: shape.family, format: FormatKey(shape), regime: shape.regime(time: time))
        let quantiles = known[key] ?? pooled[shape.family] ?? IntervalTable.unknown
        return TimeInterval(p10: time * quantiles.low, p90: time * quantiles.high)
    }
}

extension Operator {
    /// Ranges of size in which a model errs alike.
    public enum Regime: String, Hashable, Sendable, CaseIterable {
        case fewTokens = "m <= 16"
        case someTokens = "m <= 512"
        case manyTokens = "m > 512"
        case prefillShort = "prefill < 40 us"
        case prefillLong = "prefill >= 40 us"
        case decodeShort = "decode < 40 us"
        case decodeLong = "decode >= 40 us"
        case short = "< 40 us"
        case long = ">= 40 us"
        case smallBatch = "tokens <= 64"
        case largeBatch = "tokens > 64"

        func belongs(to family: OperatorFamily) -> Bool {
            switch self {
            case .fewTokens, .someTokens, .manyTokens: family == .matrixMultiply
            case .prefillShort, .prefillLong, .decodeShort, .decodeLong: family == .attention
            case .smallBatch, .largeBatch: family == .mixtureOfExperts
            case .short, .long: [.rowwise, .elementwise, .sampling, .collective].contains(family)
            }
        }
    }

    /// The regime of the operator, given its projected time.
    public func regime(time: Seconds) -> Regime {
        let isShort = time.microseconds < 40
        switch self {
        case .matrixMultiply(let product):
            let tokens = product.m * product.batch
            return tokens <= 16 ? .fewTokens : tokens <= 512 ? .someTokens : .manyTokens
        case .attention(let attention):
            return attention.phase == .prefill ? (isShort ? .prefillShort : .prefillLong) : (isShort ? .decodeShort : .decodeLong)
        case .mixtureOfExperts(let layer): return layer.tokens <= 64 ? .smallBatch : .largeBatch
        default: return isShort ? .short : .long
        }
    }

    /// The formats of the operator as tables of intervals and errors name them.
    public var formatLabel: String { FormatKey(self).label }
}

/// The formats by which residuals are kept apart, comparable without text.
enum FormatKey: Hashable, Sendable {
    case scheme(MatrixMultiplyScheme)
    case cache(query: NumberFormat, keyValue: NumberFormat)
    case tensor(NumberFormat)
    case none

    init(_ shape: Operator) {
        self = switch shape {
        case .matrixMultiply(let product): .scheme(product.scheme)
        case .mixtureOfExperts(let layer): .scheme(layer.scheme)
        case .attention(let attention): .cache(query: attention.query, keyValue: attention.keyValue)
        case .rowwise(let shape): .tensor(shape.format)
        case .elementwise(let shape): .tensor(shape.format)
        case .rotary(let shape): .tensor(shape.format)
        case .gather(let shape): .tensor(shape.format)
        case .sampling(let shape): .tensor(shape.format)
        case .collective, .copy: .none
        }
    }

    private static let schemes: [(MatrixMultiplyScheme, String)] = [
        (.fp8Dynamic, "fp8"), (.fp8Static, "fp8_static"), (.fp8Block, "fp8_block"), (.fp8Plain, "fp8_plain"), (.int8, "int8"),
        (.weightOnlyInt8, "w8a16"), (.weightOnlyInt4, "w4a16"), (.nvfp4, "nvfp4"), (.mxfp4WeightOnly, "mxfp4a16"),
        (.mxfp4mxfp8, "w4a8_mxfp4_mxfp8"),
    ] + [NumberFormat.fp64, .fp32, .tf32, .fp16, .bf16].map { (.uniform($0), $0.rawValue) }

    /// The keys that a family's tables may hold.
    static func all(of family: OperatorFamily) -> [FormatKey] {
        let tensors: [NumberFormat] = [.fp32, .fp16, .bf16]
        return switch family {
        case .matrixMultiply, .mixtureOfExperts: schemes.map { .scheme($0.0) }
        case .attention:
            [NumberFormat.fp32, .fp16, .bf16, .fp8e4m3].flatMap { query in
                [query, .fp8e4m3, .int8].map { FormatKey.cache(query: query, keyValue: $0) }
            }
        case .rowwise, .elementwise, .sampling: tensors.map { .tensor($0) }
        case .collective: [.none]
        }
    }

    var label: String {
        switch self {
        case .scheme(let scheme):
            Self.schemes.first { $0.0 == scheme }?.1
                ?? "\(scheme.weight.rawValue)x\(scheme.activation.rawValue)-\(scheme.compute.rawValue)"
        case .cache(let query, let keyValue): "\(query.rawValue)/kv-\(keyValue.rawValue)"
        case .tensor(let format): format.rawValue
        case .none: ""
        }
    }
}
