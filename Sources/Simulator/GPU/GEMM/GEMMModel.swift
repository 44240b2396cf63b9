import Hardware
import Quantities
import Workload

/// Matrix products in every format that a GPU multiplies: one prepared kernel model for each kind of kernel.
struct GEMMModel: Sendable {
    /// One kind of kernel, ready to run.
    struct Kind: Sendable {
        enum Kernels: Sendable {
            case tensorCore(TensorCoreGEMM)
            case sharedTile(SharedTileGEMM)
        }
        var path: KernelPath
        var kernels: Kernels
        /// The matrix-vector kernel beside shared-memory tiles; tensor-core kernels choose among their own.
        var vectorProduct: VectorProductModel?
        var passes: QuantisationPasses
        var intervals: ProjectionIntervals
        var isMatrixEngine: Bool

        /// The estimate of the matrix-vector kernel where the library has one and it is faster than the tile's.
        func vectorEstimate(_ problem: GEMMProblem, unless tile: GEMMEstimate) -> GEMMEstimate {
            guard let vectorProduct, problem.batch == 1, problem.m <= vectorProduct.largestTokens else { return tile }
            let vector = vectorProduct.estimate(problem, hot: true)
            return vector.time < tile.time ? vector : tile
        }
    }

    private let device: String
    private let power: PowerLimit
    private let biasCopy: BiasCopy
    /// By `KernelPath.index`; nil where the hardware lacks the format.
    private let kinds: [Kind?]
    private let formats: [NumberFormat]

    init(_ architecture: Architecture, machine: GPUMachine, catalogue: KernelCatalogue, read: ConstantReader, power: PowerLimit) {
        device = architecture.id
        self.power = power
        biasCopy = BiasCopy(machine: machine, read: read)
        formats = architecture.compute.rates.map(\.format)
        kinds = KernelPath.allCases.map { path in
            Self.kind(path, architecture, machine: machine, catalogue: catalogue, read: read, power: power)
        }
    }

    private static func kind(
        _ path: KernelPath, _ architecture: Architecture, machine: GPUMachine, catalogue: KernelCatalogue, read: ConstantReader,
        power: PowerLimit
    ) -> Kind? {
        func rate(_ engine: ComputeEngine, _ formats: [NumberFormat]) -> Double? {
            architecture.compute.rates.first { $0.engine == engine && formats.contains($0.format) }?.operationsPerClock.value
        }
        let passes = QuantisationPasses(path: path, machine: machine, read: read)
        let intervals = ProjectionIntervals(read, group: path.group)
        let wide = path.multiplied
        // Matrix instructions for the narrow formats; fp32 and fp64 go through classic shared-memory tiles on whichever pipe is faster.
        if path != .single, path != .double, let operations = rate(.matrix, wide),
            let kernels = catalogue.kernels(engine: .matrix, generation: architecture.generation, path: machine.operandPath)
        {
            let model = TensorCoreGEMM(
                machine: machine, path: path, activationBytes: path.loadedActivationBytes, weightBytes: path.loadedWeightBytes,
                operationsPerClock: operations, kernels: kernels, read: read, power: power)
            return Kind(
                path: path, kernels: .tensorCore(model), vectorProduct: nil, passes: passes, intervals: intervals, isMatrixEngine: true)
        }
        guard path == .single || path == .double || path.isSixteenBit else { return nil }
        let matrix = rate(.matrix, wide)
        // Hardware without the format has no kernel of it; what frameworks emulate in fp32 is asked for as fp32.
        guard matrix != nil || rate(.vector, wide) != nil else { return nil }
        // Without tensor cores 16-bit operands are widened and accumulated in fp32; consumer Pascal multiplies fp16 64 times slower.
        let vector = path.isSixteenBit ? [rate(.vector, wide), rate(.vector, [.fp32])].compactMap { $0 }.max() : rate(.vector, wide)
        guard let operations = [matrix, vector].compactMap({ $0 }).max(),
            let kernels = catalogue.kernels(engine: .vector, generation: architecture.generation, path: machine.operandPath)
        else { return nil }
        let onMatrix = operations == matrix
        let model = SharedTileGEMM(
            machine: machine, group: path.isSixteenBit ? "gemm.fp32" : path.group, elementBytes: path.loadedActivationBytes,
            operationsPerClock: operations, laneOperationsPerClock: vector ?? operations,
            clock: onMatrix ? machine.matrixClock : machine.vectorClock, kernels: kernels,
            tuned: path == .single ? catalogue.tuned[architecture.generation] : nil, read: read, power: power)
        // One token in 16 bit: every library has a matrix-vector kernel, tensor cores or not.
        let vectorProduct = path.isSixteenBit && !onMatrix
            ? VectorProductModel(
                machine: machine, path: path, weightBytes: path.loadedWeightBytes,
                constants: TensorCoreConstants(read, group: path.group, path: machine.operandPath), read: read) : nil
        return Kind(
            path: path, kernels: .sharedTile(model), vectorProduct: vectorProduct, passes: passes, intervals: intervals, isMatrixEngine: onMatrix)
    }

    func project(
        _ product: MatrixMultiply, _ conditions: ExecutionConditions, launch: LaunchModel
    ) throws(ProjectionError) -> OperatorProjection {
        guard product.batch > 0, product.m > 0, product.n > 0, product.k > 0 else {
            throw ProjectionError(
                .invalidShape,
                "a matrix product of batch \(product.batch), m \(product.m), n \(product.n), k \(product.k); each must be at least 1")
        }
        let kind = try kind(for: product.scheme)
        let elements = Double(product.batch) * Double(product.m) * Double(product.k)
        var passes = kind.passes.time(elements: elements)
        let problem = problem(product, kind, conditions)
        let copiesBias = product.hasBias && biasCopy.isLaunched
        if copiesBias {
            let copy = biasCopy.time(outputBytes: problem.outputFootprint)
            passes = (passes.time + copy.time, passes.traffic + copy.traffic)
        }
        let estimate: GEMMEstimate =
            switch kind.kernels {
            case .tensorCore(let model): model.estimate(problem)
            case .sharedTile(let model): kind.vectorEstimate(problem, unless: model.estimate(problem))
            }
        let call: LaunchModel.Call = product.batch == 1 ? .linear : .batched
        var breakdown = TimeBreakdown()
        breakdown[.launch] = launch.time(call, kernels: copiesBias ? 2 : 1, conditions.launch)
        breakdown[.extraPasses] = passes.time
        estimate.attribute(to: &breakdown, pipe: kind.isMatrixEngine ? .matrixPipe : .vectorPipe)
        let time = breakdown.total
        let traffic = estimate.memoryTraffic + passes.traffic
        let picojoules =
            power.idle * time.microseconds + estimate.dynamicEnergy + traffic * power.memoryPicojoulesPerByte
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: kind.intervals.interval(microseconds: time.microseconds),
            kernels: kernels(kind, estimate, passes: passes.time), operations: product.operations, memoryTraffic: Bytes(traffic),
            energy: power.budget == nil ? nil : Joules(picojoules * 1e-12))
    }

    private func problem(_ product: MatrixMultiply, _ kind: Kind, _ conditions: ExecutionConditions) -> GEMMProblem {
        let residency: CacheResidency =
            switch kind.kernels {
            case .tensorCore(let model): model.residency
            case .sharedTile(let model): model.residency
            }
        var problem = GEMMProblem(
            batch: Double(product.batch), m: Double(product.m), n: Double(product.n), k: Double(product.k),
            activationBytes: kind.path.storedActivationBytes, weightBytes: product.scheme.weight.bytesPerElement,
            outputBytes: product.scheme.output.bytesPerElement, hotActivations: 0, hotWeights: 0, hotOutput: 0,
            isWeightTransposed: product.isWeightTransposed, hasBias: product.hasBias, isSustained: conditions.isSustained)
        problem.hotActivations = residency.residentShare(
            operand: product.activationBytes.value, resident: conditions.residentInput.value,
            reuseFootprint: conditions.inputReuseFootprint?.value)
        problem.hotWeights = residency.residentShare(
            operand: problem.weightFootprint, resident: conditions.residentWeights.value,
            reuseFootprint: conditions.weightReuseFootprint?.value)
        problem.hotOutput = residency.hitShare(
            footprint: problem.activationFootprint + problem.weightFootprint + problem.outputFootprint)
        return problem
    }

    private func kernels(_ kind: Kind, _ estimate: GEMMEstimate, passes: Double) -> [KernelProjection] {
        let tile = estimate.tile
        let name = "gemm \(kind.path.rawValue) \(tile.features)x\(tile.tokens)" + (estimate.split > 1 ? " split \(estimate.split)" : "")
        let main = KernelProjection(
            name: name, time: Seconds(microseconds: estimate.time), gridSize: Int(estimate.grid), waves: estimate.waves)
        guard passes > 0 else { return [main] }
        return [KernelProjection(name: kind.passes.kernels > 0 ? "quantise" : "bias", time: Seconds(microseconds: passes), gridSize: 0, waves: 0), main]
    }

    private func kind(for scheme: MatrixMultiplyScheme) throws(ProjectionError) -> Kind {
        guard let path = KernelPath(scheme) else {
            throw ProjectionError(
                .unsupportedFormat, "no GPU kernel multiplies \(scheme.compute.rawValue) operands; \(nearest(to: scheme.compute))")
        }
        guard let kind = kinds[path.index] else {
            throw ProjectionError(.unsupportedFormat, "\(device) cannot multiply \(scheme.compute.rawValue); \(nearest(to: scheme.compute))")
        }
        return kind
    }

    /// The format that the device does multiply and that is closest in width, floats for floats.
    private func nearest(to format: NumberFormat) -> String {
        let works = KernelPath.allCases.filter { kinds[$0.index] != nil }.flatMap(\.multiplied).filter(formats.contains)
        let isInteger = format == .int8 || format == .int4
        let best = works.min { left, right in
            func distance(_ candidate: NumberFormat) -> Double {
                let sameKind = (candidate == .int8 || candidate == .int4) == isInteger
                return abs(candidate.bitsPerElement - format.bitsPerElement) + (sameKind ? 0 : 16)
            }
            return (distance(left), left) < (distance(right), right)
        }
        return best.map { "nearest that works: \($0.rawValue)" } ?? "it multiplies no format that is known"
    }
}

extension KernelPath {
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Formats of the multiply units that the kernel can use, the usual one first.
    var multiplied: [NumberFormat] {
        switch self {
        case .half: [.fp16]
        case .bfloat: [.bf16]
        case .weightOnly8, .weightOnly4, .mxfp4WeightOnly: [.fp16, .bf16]
        case .tf32: [.tf32]
        case .fp8Tensor, .fp8Static, .fp8Block, .fp8Plain: [.fp8e4m3]
        case .int8: [.int8]
        case .fp4: [.nvfp4, .fp4, .mxfp4]
        case .mxfp8: [.mxfp8, .fp8e4m3]
        case .single: [.fp32]
        case .double: [.fp64]
        }
    }
    /// Bytes of an activation in the main loop.
    var loadedActivationBytes: Double {
        switch self {
        case .half, .bfloat, .weightOnly8, .weightOnly4, .mxfp4WeightOnly: 2
        case .tf32, .single: 4
        case .double: 8
        case .fp8Tensor, .fp8Static, .fp8Block, .fp8Plain, .int8, .mxfp8: 1
        case .fp4: 0.5625
        }
    }
    /// Bytes of an activation as the kernel finds it in memory, after any quantisation.
    var storedActivationBytes: Double { loadedActivationBytes }
    /// Bytes of a weight in the main loop.
    var loadedWeightBytes: Double {
        switch self {
        case .half, .bfloat: 2
        case .tf32, .single: 4
        case .double: 8
        case .fp8Tensor, .fp8Static, .fp8Block, .fp8Plain, .int8, .weightOnly8: 1
        case .weightOnly4: 0.5
        case .mxfp4WeightOnly: 0.53125
        case .fp4, .mxfp8: 0.5625
        }
    }
}
