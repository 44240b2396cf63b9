import Foundation
import Hardware
import Quantities
import Workload

/// The times that an operator would take if one resource of the data sheet were its only limit, in microseconds.
struct RooflineTimes: Hashable, Sendable {
    var compute: Double
    var traffic: Double

    /// Nil where the architecture states no peak for the operator's format or no link for its collective.
    init?(_ shape: Operator, on architecture: Architecture) {
        if case .collective(let collective) = shape {
            guard let link = architecture.interconnect?.bandwidthPerDirection.value else { return nil }
            compute = 0
            traffic = collective.wireBytesPerRank / link.bytesPerMicrosecond
            return
        }
        if let format = shape.computeFormat {
            guard let peak = architecture.peak(format) else { return nil }
            compute = shape.operations.value / peak.operationsPerMicrosecond
        } else {
            compute = 0
        }
        traffic = (shape.bytesRead + shape.bytesWritten).value / architecture.memory.bandwidth.value.bytesPerMicrosecond
    }

    /// The data-sheet roofline: no launch, no efficiency.
    var datasheet: Double { max(compute, traffic) }

    /// Whole nodes of shapes fall into one fold, so that a fold never holds a shape that the others were fitted on.
    static func fold(of shape: Operator, folds: Int) -> Int { Int(StableHash.value(of: shape) % UInt64(max(1, folds))) }
}

/// The strongest simple baseline: a launch constant and two efficiencies, with a soft maximum, fitted to measured rows.
///
/// A mechanism that does not beat it for its family does not earn its place.
struct ThreeConstantRoofline: Hashable, Sendable {
    var launch: Double
    var computeEfficiency: Double
    var trafficEfficiency: Double

    func time(_ times: RooflineTimes) -> Double {
        let compute = times.compute / computeEfficiency
        let traffic = times.traffic / trafficEfficiency
        let squares = (compute * compute) * (compute * compute) + (traffic * traffic) * (traffic * traffic)
        return launch + squares.squareRoot().squareRoot()
    }

    /// Fits the constants to rows by the mean of capped logarithmic errors; at most `sample` rows are used, evenly spread.
    static func fit(_ rows: [(times: RooflineTimes, measured: Double)], sample: Int = 240) -> ThreeConstantRoofline {
        let stride = max(1, rows.count / sample)
        let used = Swift.stride(from: 0, to: rows.count, by: stride).map { rows[$0] }
        let shortest = used.map(\.measured).min() ?? 1
        func constants(_ point: [Double]) -> ThreeConstantRoofline {
            ThreeConstantRoofline(launch: point[0] * shortest, computeEfficiency: 0.02 * pow(60, point[1]), trafficEfficiency: 0.02 * pow(60, point[2]))
        }
        func loss(_ point: [Double]) -> Double {
            let model = constants(point)
            var sum = 0.0
            for row in used { sum += min(0.6, abs(log(model.time(row.times) / row.measured))) }
            return sum / Double(max(1, used.count))
        }
        let search = NelderMead(step: 0.25, maximumEvaluations: 160, tolerance: 1e-5)
        let first = search.minimize(from: [0.5, 0.8, 0.8], loss)
        return constants(NelderMead(step: 0.1, maximumEvaluations: 80, tolerance: 1e-5).minimize(from: first.point, loss).point)
    }
}

/// Errors of the two baselines on one group of rows.
public struct BaselineErrors: Hashable, Sendable {
    /// Of the data-sheet roofline.
    public var datasheet: ErrorStatistics
    /// Of the three-constant roofline on rows left out of its fit (five folds by shape).
    public var threeConstants: ErrorStatistics
    /// The pairs behind the statistics.
    var datasheetPairs: [MeasuredPair]
    var threeConstantPairs: [MeasuredPair]
}

extension ValidationResult {
    /// Errors of the baselines on a group; nil where the data sheet lacks a number that they need.
    public func baselines(of group: ErrorGroup) -> BaselineErrors? {
        var rows: [(times: RooflineTimes, measured: Double)] = []
        var folds: [Int] = []
        rows.reserveCapacity(group.rows.count)
        for position in group.rows {
            let row = self.rows[position]
            let shape = data.rows[row.index].shape
            guard let architecture = architecture(of: row), let times = RooflineTimes(shape, on: architecture) else { return nil }
            rows.append((times, row.pair.measured))
            folds.append(RooflineTimes.fold(of: shape, folds: 5))
        }
        let plain = rows.map { pair($0.measured, $0.times.datasheet) }
        guard let datasheet = ErrorStatistics(plain) else { return nil }
        var fitted: [MeasuredPair] = []
        for fold in 0..<5 {
            let inside = rows.indices.filter { folds[$0] == fold }
            let outside = rows.indices.filter { folds[$0] != fold }
            guard !inside.isEmpty else { continue }
            // A group of one shape has nothing to fit on but itself.
            let model = ThreeConstantRoofline.fit((outside.isEmpty ? inside : outside).map { rows[$0] })
            fitted += inside.map { pair(rows[$0].measured, model.time(rows[$0].times)) }
        }
        guard let threeConstants = ErrorStatistics(fitted) else { return nil }
        return BaselineErrors(datasheet: datasheet, threeConstants: threeConstants, datasheetPairs: plain, threeConstantPairs: fitted)
    }

    private func pair(_ measured: Double, _ projected: Double) -> MeasuredPair {
        MeasuredPair(measured: measured, projected: projected, low: projected, high: projected)
    }
}

/// A hash that is the same in every run and on every machine (FNV-1a), for splits of data.
enum StableHash {
    static func value(of shape: Operator) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ numbers: Int...) {
            for number in numbers {
                var rest = UInt64(bitPattern: Int64(number))
                for _ in 0..<8 {
                    hash = (hash ^ (rest & 0xFF)) &* 0x100_0000_01b3
                    rest >>= 8
                }
            }
        }
        func add(_ name: String) { for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        // Formats are left out: one shape in two formats is one shape.
        switch shape {
        case .matrixMultiply(let s): add(1, s.batch, s.m, s.n, s.k)
        case .attention(let s):
            add(2, s.phase == .prefill ? 0 : 1, s.batch, s.queryTokens, s.keyValueTokens, s.heads, s.keyValueHeads, s.headDimension)
        case .rowwise(let s):
            add(3, s.rows, s.columns)
            add(s.function.rawValue)
        case .elementwise(let s):
            add(4, s.elements, s.inputs)
            add(s.function.rawValue)
        case .rotary(let s): add(5, s.tokens, s.heads, s.dimension)
        case .gather(let s): add(6, s.rows, s.columns)
        case .sampling(let s): add(7, s.rows, s.vocabulary)
        case .mixtureOfExperts(let s):
            add(8, s.tokens, s.hidden, s.intermediate, s.topK, s.experts, s.tensorParallel, s.expertParallel)
        case .collective(let s):
            add(9, s.devices, s.devicesPerNode, s.bytes)
            add(s.pattern.rawValue)
        case .copy(let s): add(10, s.bytes)
        }
        return mixed(hash)
    }

    /// Format, device and software are left out, as for operators.
    static func value(of pass: MeasuredPass) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(pass.model) \(pass.phase.rawValue) \(pass.batch) \(pass.sequence) \(pass.generated)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return mixed(hash)
    }

    /// FNV's low bits follow the last bytes closely; a final mix spreads them.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var hash = value
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        return hash ^ (hash >> 29)
    }
}
