import Foundation
import Hardware
import Quantities
import Workload

/// One fused mixture-of-experts layer on a SIMT GPU: permutation, grouped product, activation, grouped product, weighted sum.
///
/// The projection is for the fullest device of the expert-parallel group. Its pairs per expert come from a seeded draw of the routing
/// (averaged over `draws`); tiles of the grouped products, active weights and pass bytes follow from them (docs/model.md, mixture of experts).
public struct MixtureOfExpertsModel: Sendable {
    private let machine: GPUMachine
    private let rates: MatrixRates
    private let launch: LaunchModel
    private let power: PowerLimit
    private let constants: [MixtureOfExpertsConstants]
    private let intervals: [ProjectionIntervals]

    /// Draws of an uneven routing that a projection averages.
    static let draws: UInt64 = 4

    /// - Throws: `missingNumber` when the architecture lacks what every GPU model needs.
    public init(architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let machine = try GPUMachine(architecture)
        let read = ConstantReader(DeviceConstants(architecture: architecture, stack: stack))
        self.machine = machine
        rates = MatrixRates(architecture)
        launch = LaunchModel(stack: stack, read: read)
        power = PowerLimit(machine, read)
        let kinds = MixtureOfExpertsConstants.Kind.allCases
        constants = kinds.map { MixtureOfExpertsConstants(read, group: $0.group, path: machine.operandPath) }
        intervals = kinds.map { ProjectionIntervals(read, group: $0.group) }
    }

    /// Projects one layer.
    ///
    /// - Throws: `invalidShape` for a dimension below one or more choices than experts; `unsupportedFormat` when the device cannot multiply
    ///   the scheme's format.
    public func project(_ layer: MixtureOfExperts, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        try Self.validate(layer)
        let rate = try rates.required(layer.scheme.compute, for: "a mixture of experts")
        let kind = MixtureOfExpertsConstants.Kind(layer.scheme).rawValue
        let estimate = estimate(layer, rate: rate, constants: constants[kind], conditions: conditions)
        var breakdown = estimate.breakdown
        breakdown[.launch] += launch.time(.other, kernels: Int(constants[kind].kernels), conditions.launch)
        let time = breakdown.total
        let energy = estimate.operations * constants[kind].picojoulesPerOperation + estimate.traffic * power.memoryPicojoulesPerByte
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: intervals[kind].interval(microseconds: time.microseconds),
            kernels: estimate.kernels, operations: Operations(estimate.operations), memoryTraffic: Bytes(estimate.traffic),
            energy: power.budget == nil ? nil : Joules((power.idle * time.microseconds + energy) * 1e-12))
    }

    private static func validate(_ layer: MixtureOfExperts) throws(ProjectionError) {
        let dimensions = [
            ("tokens", layer.tokens), ("hidden", layer.hidden), ("intermediate", layer.intermediate), ("top-k", layer.topK),
            ("experts", layer.experts), ("tensor parallel", layer.tensorParallel), ("expert parallel", layer.expertParallel),
        ]
        for (name, value) in dimensions where value < 1 {
            throw ProjectionError(.invalidShape, "mixture of experts with \(name) \(value); at least 1 is needed")
        }
        guard layer.topK <= layer.experts else {
            throw ProjectionError(.invalidShape, "mixture of experts with top-k \(layer.topK) of \(layer.experts) experts")
        }
    }

    private struct Estimate {
        var breakdown = TimeBreakdown()
        var kernels: [KernelProjection] = []
        var operations = 0.0
        var traffic = 0.0
    }

    private func estimate(
        _ layer: MixtureOfExperts, rate: MatrixRates.Rate, constants: MixtureOfExpertsConstants, conditions: ExecutionConditions
    ) -> Estimate {
        let work = GroupedWork(layer, draws: layer.routing == .balanced ? 1 : Self.draws, largestTileRows: constants.largestTileRows)
        let hidden = Double(layer.hidden)
        let width = Double(layer.localIntermediate)
        let up = layer.isGated ? 2.0 : 1.0
        let weight = layer.scheme.weight.bytesPerElement
        let weightBytes = work.active * weight * hidden * width * (up + 1)
        let residency = CacheResidency(
            effectiveCapacity: constants.cacheShare * machine.cacheCapacity, sharpness: constants.residencySharpness)
        let reuse = conditions.weightReuseFootprint == nil ? nil : weightBytes as Double?
        let resident = conditions.residentWeights > .zero
            ? residency.residentShare(operand: weightBytes, resident: min(weightBytes, conditions.residentWeights.value), reuseFootprint: reuse)
            : 0
        var result = Estimate()
        result.breakdown[.fill] += constants.chainLatency
        let products = [("up", up * width, hidden), ("down", hidden, width)]
        for (name, columns, depth) in products {
            let product = GroupedProduct(columns: columns, depth: depth)
            add(product, name: name, layer: layer, work: work, rate: rate, constants: constants, resident: resident, to: &result)
        }
        // Permutation (read 16 bit, write operands), activation (read up, write operands), weighted sum (read, write).
        let operand = Self.operandBytes(layer.scheme)
        let passBytes =
            work.pairs * (hidden * (2 + operand) + width * (up * 2 + operand) + hidden * 2) + Double(layer.tokens) * hidden * 4
        let hot = residency.hitShare(footprint: passBytes)
        result.traffic += passBytes * (1 - hot)
        result.breakdown[.extraPasses] +=
            passBytes * (hot * constants.passCacheFactor + 1 - hot) / (machine.memoryBandwidth * constants.passBandwidthShare)
            + constants.nanosecondsPerPair * 1e-3 * Double(layer.tokens) * Double(layer.topK)
        return result
    }

    private struct GroupedProduct {
        var columns: Double
        var depth: Double
    }

    private func add(
        _ product: GroupedProduct, name: String, layer: MixtureOfExperts, work: GroupedWork, rate: MatrixRates.Rate,
        constants: MixtureOfExpertsConstants, resident: Double, to result: inout Estimate
    ) {
        let operand = Self.operandBytes(layer.scheme)
        let weight = layer.scheme.weight.bytesPerElement
        let slab = 128 / max(operand, weight)
        let steps = (product.depth / slab).rounded(.up)
        let rowsFromMean = constants.takesTileFromMean ? GroupedWork.tileRows(covering: work.expectedPairs, atMost: constants.largestTileRows) : nil
        var best = GroupedTile(time: .infinity, idle: 0, isMatrixBound: true, ctas: 0, rows: 0, columns: 0)
        for (index, rows) in GroupedWork.tileRows.enumerated() where rows <= constants.largestTileRows && rows == rowsFromMean ?? rows {
            for columns in constants.emptyCTA == nil ? [64, 128, 256] : [128] where rows * columns <= 32768 {
                let tiles = work.tiles[index] * (product.columns / Double(columns)).rounded(.up)
                let waves = max(1, tiles / machine.units)
                let paid = waves + constants.waveQuantisation * (waves.rounded(.up) - waves)
                let matrix =
                    max(Double(rows), constants.minimumRows) * Double(columns) * 2 * slab / rate.operationsPerClock / constants.issueShare
                let load = constants.slabCycles * (1 + constants.slabRowGrowth * Double(rows) / 128) / min(waves, 2)
                let ends = constants.epilogueCycles * (0.2 + 0.8 * Double(rows * columns) / 16384)
                let time = paid * (steps * max(matrix, load) + ends) / rate.clock
                guard time < best.time else { continue }
                best = GroupedTile(
                    time: time, idle: 1 - waves / paid, isMatrixBound: matrix >= load, ctas: tiles, rows: rows, columns: columns)
            }
        }
        let activations = work.pairs * (product.depth * operand + product.columns * 2)
        let weights = work.active * product.depth * product.columns * weight
        let traffic = weights * (1 - resident) + (resident > 0.99 ? 0 : activations)
        let memory = traffic / (machine.memoryBandwidth * constants.bandwidthShare)
        let owner: TimeOwner = !best.isMatrixBound ? .memoryLatency : rate.engine == .matrix ? .matrixPipe : .vectorPipe
        var time = result.breakdown.addOverlapped([(owner, best.time), (.memoryBandwidth, memory)], exponent: constants.overlapExponent)
        if best.time >= memory {
            result.breakdown[owner] -= best.time * best.idle
            result.breakdown[.tail] += best.time * best.idle
        }
        if let empty = constants.emptyCTA {
            // The host does not know the load: the grid covers the worst case, and CTAs without work still start and exit.
            let pairs = Double(layer.tokens) * Double(layer.topK)
            let filled = min(Double(layer.experts), pairs)
            let launched = filled + (pairs - filled) / Double(best.rows)
            let idle = max(0, launched - work.active) * (product.columns / 128).rounded(.up) / machine.units * empty
            result.breakdown[.launch] += idle
            time += idle
        }
        result.operations += 2 * work.pairs * product.depth * product.columns
        result.traffic += traffic
        result.kernels.append(
            KernelProjection(
                name: "grouped \(name) \(best.rows)x\(best.columns)", time: Seconds(microseconds: time), gridSize: Int(best.ctas),
                waves: best.ctas / machine.units))
    }

    private struct GroupedTile {
        /// Microseconds.
        var time: Double
        /// Share of the time in which units wait for the last wave.
        var idle: Double
        var isMatrixBound: Bool
        var ctas: Double
        var rows: Int
        var columns: Int
    }

    /// Bytes of an activation as the product reads it.
    private static func operandBytes(_ scheme: MatrixMultiplyScheme) -> Double {
        scheme.quantisation == .none ? scheme.activation.bytesPerElement : scheme.compute.bytesPerElement.rounded(.down)
    }
}

/// Loads of the fullest device, averaged over draws.
struct GroupedWork: Sendable {
    static let tileRows = [8, 16, 32, 64, 128, 256]

    /// Experts with work.
    var active = 0.0
    /// (Token, expert) pairs.
    var pairs = 0.0
    /// Tiles of each of `tileRows` rows, summed over experts.
    var tiles = [Double](repeating: 0, count: tileRows.count)
    /// Pairs per expert as a library expects them that knows its own experts but not how many tokens go elsewhere: those of all tokens
    /// over the local experts.
    var expectedPairs: Double

    init(_ layer: MixtureOfExperts, draws: UInt64, largestTileRows: Int) {
        expectedPairs = Double(layer.tokens) * Double(layer.topK) / Double(layer.localExperts)
        for draw in 0..<draws {
            let loads = ExpertLoads(layer, draw: draw)
            active += Double(loads.active) / Double(draws)
            pairs += Double(loads.total) / Double(draws)
            for (index, rows) in Self.tileRows.enumerated() where rows <= largestTileRows {
                tiles[index] += Double(loads.tiles(rows: rows)) / Double(draws)
            }
        }
    }

    /// The smallest power of two from 8 that covers a load.
    static func tileRows(covering load: Double, atMost largest: Int) -> Int {
        var rows = 8
        while Double(rows) < load, rows < largest { rows *= 2 }
        return rows
    }
}
