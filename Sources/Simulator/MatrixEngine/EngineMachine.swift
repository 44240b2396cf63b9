import Hardware
import Quantities
import Workload

/// The numbers of a matrix-engine device (systolic array, vector-matrix engine, streaming or spatial processor, overlay) that its kernels
/// are timed with: read once from the architecture, rates in units of a microsecond.
struct EngineMachine: Sendable {
    let id: String
    let deviceClass: Architecture.DeviceClass
    /// Compute units (cores) of the device.
    let units: Double
    /// Rows and columns of one multiply array, arrays of the whole device.
    let rows: Double
    let columns: Double
    let arrays: Double
    let dataflow: MatrixArray.Dataflow
    /// Granularity to which rows of activations are padded.
    let paddingRows: Double
    /// Cycles per microsecond of the matrix engine and of the vector units.
    let matrixClock: Double
    let vectorClock: Double
    /// Multiply-adds per cycle of the whole device by format, widest first.
    let multiplyAdds: [(format: NumberFormat, perCycle: Double)]
    /// Vector operations per cycle of the whole device.
    let vectorOperationsPerCycle: Double
    /// Transcendental results per cycle of the whole device.
    let specialFunctionsPerCycle: Double
    /// Microseconds of the dependent passes of a row-wise program of its own, and cycles in which one unit turns a row's partial sums into
    /// its results; zero where a compiler joins such programs with their neighbours.
    let rowPassMicroseconds: Double
    let rowReductionCycles: Double
    /// Main-memory bytes per microsecond that a stream reaches.
    let memoryBandwidth: Double
    /// Datasheet main-memory bytes per microsecond.
    let pinBandwidth: Double
    /// On-chip bytes for operands, and bytes per microsecond between them and the engines; the latter is infinite where no file states it.
    let onChipBytes: Double
    let onChipBandwidth: Double
    /// Bytes per microsecond of the link to the host, and of that to slower memory behind the main one; nil where there is none.
    let hostBandwidth: Double?
    let backingBandwidth: Double?
    /// Fixed time of one compiled operator on the device, in microseconds.
    let floorMicroseconds: Double
    /// Time until a compiled graph that the host has handed over starts, in microseconds: once for a graph, not for each of its operators.
    let dispatchMicroseconds: Double
    /// Cycles in which a new stationary tile is loaded behind the current one, in the format of the geometry.
    let loadCycles: Double
    /// Bits of the format in which each cell of an array does one multiply-add a cycle.
    let geometryBits: Double
    /// Whether a compiler lays successive operators side by side and streams results from one to the next without main memory.
    let chainsOperators: Bool
    /// Cycles to fill and drain the arrays once per dependent operator.
    let fillCycles: Double
    /// Share of cycles in which a full array accepts operands.
    let issueEfficiency: Double
    /// Exponent of the norm that joins resources which overlap imperfectly; infinite would be perfect overlap.
    let overlapExponent: Double
    /// Whether communication among cores is a phase of its own (bulk-synchronous), never overlapped.
    let isBulkSynchronous: Bool
    /// Hops across the mesh of cores times the latency of a hop, in microseconds; zero where there is no mesh.
    let meshCrossing: Double
    /// Watts under load, nil where unknown.
    let power: Double?

    init(_ architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let constants = DeviceConstants(architecture: architecture, stack: stack)
        let defaults = EngineDefaults(architecture.deviceClass)
        id = architecture.id
        deviceClass = architecture.deviceClass
        units = Double(architecture.compute.units.value)
        matrixClock = architecture.clock(of: .matrix).cyclesPerMicrosecond
        vectorClock = architecture.clock(of: .vector).cyclesPerMicrosecond
        let units = self.units
        multiplyAdds = architecture.compute.rates.filter { $0.engine == .matrix }
            .map { (format: $0.format, perCycle: $0.operationsPerClock.value * units / 2) }
            .sorted { $0.format < $1.format }
        guard let base = multiplyAdds.first(where: { [.bf16, .fp16, .int8].contains($0.format) }) ?? multiplyAdds.first else {
            throw ProjectionError(.missingNumber, "\(architecture.id) states no rate of a matrix engine")
        }
        if let array = architecture.matrixArray {
            rows = Double(array.rows.value)
            columns = Double(array.columns.value)
            arrays = Double(array.arraysPerUnit.value) * units
            dataflow = array.dataflow
            paddingRows = Double(array.paddingRows?.value ?? 1)
        } else {
            // No geometry is public: one dot-product block of the class's usual side a core.
            rows = defaults.side
            columns = defaults.side
            arrays = max(1, base.perCycle / (defaults.side * defaults.side))
            dataflow = .dotProduct
            paddingRows = 1
        }
        let cells = arrays * rows * columns
        geometryBits = Double(multiplyAdds.min { abs($0.perCycle / cells - 1) < abs($1.perCycle / cells - 1) }?.format.bitsPerElement ?? 16)
        chainsOperators = architecture.deviceClass == .spatialDataflow || architecture.deviceClass == .tensorStreaming
        let vector = architecture.compute.rates.filter { $0.engine == .vector }.map(\.operationsPerClock.value).max()
        // A vector unit nobody describes: one operation for each 32 multiply-adds of the matrix engine, the ratio of TPU v4 (4.3 of 275 TF).
        vectorOperationsPerCycle = vector.map { $0 * units } ?? base.perCycle / 32
        specialFunctionsPerCycle = architecture.compute.specialFunctionsPerClockPerUnit.map { $0.value * units } ?? vectorOperationsPerCycle / 8
        rowPassMicroseconds = constants.value("engine", "row_pass_us") ?? 0
        rowReductionCycles = constants.value("engine", "row_reduction_cycles") ?? 0
        pinBandwidth = architecture.memory.bandwidth.value.bytesPerMicrosecond
        memoryBandwidth = pinBandwidth * min(1, constants.value("engine", "bandwidth_share") ?? defaults.bandwidthShare)
        let onChip = architecture.caches.last
        let scale = onChip?.scope == .unit ? units : 1
        onChipBytes = (onChip?.capacity.value.value ?? 0) * scale
        onChipBandwidth = onChip?.bandwidth.map { $0.value.bytesPerMicrosecond * scale }
            ?? onChip?.bytesPerClock.map { $0.value * scale * architecture.clock(of: .matrix).cyclesPerMicrosecond } ?? .infinity
        hostBandwidth = architecture.host?.bandwidthPerDirection.value.bytesPerMicrosecond
        backingBandwidth = architecture.backingMemory?.bandwidth.value.bytesPerMicrosecond
        dispatchMicroseconds = constants.value("engine", "dispatch_us") ?? 0
        floorMicroseconds = constants.value("engine", "kernel_floor_us") ?? defaults.floorMicroseconds
        loadCycles = constants.value("engine", "tile_load_cycles") ?? defaults.loadCycles(rows: rows)
        fillCycles = constants.value("engine", "fill_cycles") ?? (rows + columns)
        issueEfficiency = min(1, constants.value("engine", "issue_efficiency") ?? defaults.issueEfficiency)
        overlapExponent = max(1, constants.value("engine", "overlap_exponent") ?? 3)
        isBulkSynchronous = constants.value("engine", "is_bulk_synchronous").map { $0 != 0 } ?? false
        meshCrossing = constants.value("engine", "mesh_crossing_us") ?? 0
        power = architecture.power?.thermalDesign.value.value
    }

    /// Multiply-adds per cycle in a format.
    ///
    /// - Throws: when the engine lacks it, naming the formats it has.
    func multiplyAddsPerCycle(_ format: NumberFormat) throws(ProjectionError) -> Double {
        if let rate = multiplyAdds.first(where: { $0.format == format }) { return rate.perCycle }
        let known = multiplyAdds.map(\.format.rawValue).joined(separator: ", ")
        let nearest = multiplyAdds.first { $0.format.bitsPerElement >= format.bitsPerElement && $0.format.bitsPerElement <= 16 } ?? multiplyAdds.first
        let advice = nearest.map { "; nearest that works: \($0.format.rawValue)" } ?? ""
        throw ProjectionError(.unsupportedFormat, "\(id) has no \(format.rawValue) matrix arithmetic (it has \(known))\(advice)")
    }
}

/// What a class of engines does where no file says otherwise; each a property of the design style, not of a device.
struct EngineDefaults {
    private let deviceClass: Architecture.DeviceClass

    init(_ deviceClass: Architecture.DeviceClass) { self.deviceClass = deviceClass }

    /// Side of a multiply block: 16 for grids of small cores, 320 for Groq's planes (Abts et al., ISCA 2020), else 128.
    var side: Double {
        switch deviceClass {
        case .spatialDataflow, .fpgaOverlay: 16
        case .tensorStreaming: 320
        default: 128
        }
    }

    /// Sustained share of the pin bandwidth: 1 for on-chip SRAM under a static schedule, 0.8 for DRAM streams (Llama-2-70B decode on
    /// Trainium1 and JetStream on TPU v5e reach 0.4 to 0.8 end to end).
    var bandwidthShare: Double {
        switch deviceClass {
        case .tensorStreaming, .spatialDataflow: 0.9
        default: 0.8
        }
    }

    /// Kernel floor: 1 µs on TPU v4 (measured, SCALE-Sim TPU, arXiv 2603.22535), 2.5 µs of dependent pipeline on Brainwave (Fowers et al.,
    /// ISCA 2018, GRU table), tens of nanoseconds on a statically scheduled stream.
    var floorMicroseconds: Double {
        switch deviceClass {
        case .tensorStreaming: 0.2
        case .fpgaOverlay: 2.5
        case .spatialDataflow: 1.5
        case .vectorMatrixEngine: 3
        default: 1
        }
    }

    /// A stationary tile loads one row a cycle; on Groq a full set installs in 40 cycles (Abts et al., ISCA 2020).
    func loadCycles(rows: Double) -> Double { deviceClass == .tensorStreaming ? 40 : rows }

    /// Slots lost to control and conflicts in a full array.
    var issueEfficiency: Double {
        switch deviceClass {
        case .tensorStreaming: 1
        case .spatialDataflow: 0.75
        case .fpgaOverlay: 0.75
        case .vectorMatrixEngine: 0.9
        default: 0.95
        }
    }
}
