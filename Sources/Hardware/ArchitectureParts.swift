import Quantities

/// Limits of one SIMT multiprocessor (SM, CU).
public struct Multiprocessor: Hashable, Sendable {
    /// How operands reach shared memory and the tensor cores.
    public enum OperandPath: String, Hashable, Sendable, CaseIterable {
        /// Through registers (before Ampere; AMD).
        case registers
        /// cp.async into shared memory (Ampere, Ada).
        case asynchronousCopy = "async-copy"
        /// Bulk tensor copies, operands read from shared memory by warpgroup instructions (Hopper).
        case bulkTensorCopy = "bulk-tensor-copy"
        /// As Hopper, with accumulators in tensor memory and CTA pairs (Blackwell).
        case tensorMemory = "tensor-memory"
    }

    public var threadsPerWarp: Sourced<Int>
    public var maximumThreads: Sourced<Int>
    public var maximumCTAs: Sourced<Int>
    public var registerFile: Sourced<Bytes>
    /// Shared memory a multiprocessor can give to its CTAs together.
    public var sharedMemory: Sourced<Bytes>
    public var sharedMemoryBytesPerClock: Sourced<Double>
    public var operandPath: OperandPath
    /// The most shared memory one CTA can have.
    public var sharedMemoryPerCTA: Sourced<Bytes>?
    /// Load-to-use latency of shared memory in clocks.
    public var sharedMemoryLatencyCycles: Sourced<Double>?
    /// The matrix instruction that libraries use, with its shape, for example `mma.sync m16n8k16`.
    public var matrixInstruction: String?
    /// Clocks between two such instructions, as the instruction's issuer (sub-core or multiprocessor) sees it.
    public var matrixIssueCycles: Sourced<Double>?

    public init(
        threadsPerWarp: Sourced<Int>, maximumThreads: Sourced<Int>, maximumCTAs: Sourced<Int>, registerFile: Sourced<Bytes>,
        sharedMemory: Sourced<Bytes>, sharedMemoryBytesPerClock: Sourced<Double>, operandPath: OperandPath
    ) {
        self.threadsPerWarp = threadsPerWarp
        self.maximumThreads = maximumThreads
        self.maximumCTAs = maximumCTAs
        self.registerFile = registerFile
        self.sharedMemory = sharedMemory
        self.sharedMemoryBytesPerClock = sharedMemoryBytesPerClock
        self.operandPath = operandPath
    }
}

/// The multiply array of a systolic or other matrix engine.
public struct MatrixArray: Hashable, Sendable {
    public enum Dataflow: String, Hashable, Sendable, CaseIterable {
        case weightStationary = "weight-stationary"
        case outputStationary = "output-stationary"
        case dotProduct = "dot-product"
    }

    public var rows: Sourced<Int>
    public var columns: Sourced<Int>
    /// Arrays in one compute unit.
    public var arraysPerUnit: Sourced<Int>
    public var dataflow: Dataflow
    /// Granularities to which the two inner dimensions of a tensor are padded, for example (8, 128) on TPUs.
    public var paddingRows: Sourced<Int>?
    public var paddingColumns: Sourced<Int>?

    public init(
        rows: Sourced<Int>, columns: Sourced<Int>, arraysPerUnit: Sourced<Int>, dataflow: Dataflow
    ) {
        self.rows = rows
        self.columns = columns
        self.arraysPerUnit = arraysPerUnit
        self.dataflow = dataflow
    }
}

/// What is particular to a CPU.
public struct Processor: Hashable, Sendable {
    /// Bits of one vector register used.
    public var vectorBits: Sourced<Int>
    /// Fused multiply-adds of full vector width per clock and core.
    public var vectorPorts: Sourced<Int>
    public var sockets: Sourced<Int>?
    /// Time from posting work to all pinned workers until all have answered, in seconds.
    public var dispatchLatency: Sourced<Seconds>?
    /// Main-memory bandwidth that one core reaches alone.
    public var bandwidthPerCore: Sourced<BytesPerSecond>?

    public init(vectorBits: Sourced<Int>, vectorPorts: Sourced<Int>) {
        self.vectorBits = vectorBits
        self.vectorPorts = vectorPorts
    }
}

/// Links to devices of the same kind.
public struct Interconnect: Hashable, Sendable {
    /// For example `NVLink 4`, `xGMI`, `ICI`, `PCIe 4.0 x16`.
    public var technology: String
    /// Sum over all links of a device, one direction.
    public var bandwidthPerDirection: Sourced<BytesPerSecond>
    public var links: Sourced<Int>?
    /// `nvswitch`, `nvlink-mesh`, `pcie-tree`, `torus-2d`, `torus-3d`, `ring`, `fully-connected`, …
    public var topology: String
    /// One hop: a few bytes to a neighbour, or over one switch where the topology has switches; the file's own or that of `link`.
    public var latency: Sourced<Seconds>?
    /// What is known of all links of this technology; nil where no file of the library describes it.
    public var link: LinkTechnology?
    /// Whether a compiled program sends by itself, without a library: a property of the technology, and assumed where a file states the
    /// latency of a technology that the library does not know.
    public var programSends: Bool

    public init(technology: String, bandwidthPerDirection: Sourced<BytesPerSecond>, topology: String) {
        self.technology = technology
        self.bandwidthPerDirection = bandwidthPerDirection
        self.topology = topology
        programSends = false
    }
}

/// The link to the host.
public struct HostLink: Hashable, Sendable {
    /// For example `PCIe 5.0 x16`.
    public var technology: String
    public var bandwidthPerDirection: Sourced<BytesPerSecond>
    /// A few bytes from the device to the host's memory or back.
    public var latency: Sourced<Seconds>?
    /// What is known of all links of this technology; nil where no file of the library describes it.
    public var link: LinkTechnology?

    public init(technology: String, bandwidthPerDirection: Sourced<BytesPerSecond>) {
        self.technology = technology
        self.bandwidthPerDirection = bandwidthPerDirection
    }
}

/// Power of the device or board.
public struct Power: Hashable, Sendable {
    public var thermalDesign: Sourced<Watts>
    public var idle: Sourced<Watts>?

    public init(thermalDesign: Sourced<Watts>) { self.thermalDesign = thermalDesign }
}

/// What one device costs for an hour.
public struct Price: Hashable, Sendable {
    public var dollarsPerHour: Sourced<Dollars>
    public var provider: String
    /// Date of the quote, as precise as known (`2024-05`).
    public var date: String

    public init(dollarsPerHour: Sourced<Dollars>, provider: String, date: String) {
        self.dollarsPerHour = dollarsPerHour
        self.provider = provider
        self.date = date
    }
}

/// A dense peak as the vendor prints it.
public struct PublishedPeak: Hashable, Sendable {
    public var engine: ComputeEngine
    public var format: NumberFormat
    public var rate: Sourced<OperationsPerSecond>
    /// Why it differs from units x rate x clock, where it does.
    public var reason: String?

    public init(_ engine: ComputeEngine, _ format: NumberFormat, rate: Sourced<OperationsPerSecond>, reason: String? = nil) {
        self.engine = engine
        self.format = format
        self.rate = rate
        self.reason = reason
    }
}

/// Constants of one mechanism of the simulator, in the order of the file.
public struct ConstantGroup: Hashable, Sendable {
    /// For example `gemm`, `gemm.fp8_block`, `attention.decode`, `collective`.
    public var name: String
    public var constants: [NamedConstant]

    public init(name: String, constants: [NamedConstant]) {
        self.name = name
        self.constants = constants
    }
}

/// A physical constant of the simulator with unit in its name, source, and the range a fit may move it in.
public struct NamedConstant: Hashable, Sendable {
    public var name: String
    public var number: Sourced<Double>
    public var plausible: ClosedRange<Double>?

    public init(name: String, number: Sourced<Double>, plausible: ClosedRange<Double>? = nil) {
        self.name = name
        self.number = number
        self.plausible = plausible
    }
}

extension Architecture {
    /// The value of a simulator constant, nil where the files state none.
    ///
    /// - Complexity: linear in the number of constants; models read each once, when they are made.
    public func constant(_ group: String, _ name: String) -> Double? {
        constants.first { $0.name == group }?.constants.first { $0.name == name }?.number.value
    }

    /// The clock of an engine: matrix clock where stated, else boost.
    public func clock(of engine: ComputeEngine) -> Hertz {
        engine == .matrix ? (compute.matrixClock ?? compute.boostClock).value : compute.boostClock.value
    }

    /// Dense peak of an engine in a format (units x operations per clock x clock), nil where the engine lacks the format.
    public func peak(_ engine: ComputeEngine, _ format: NumberFormat) -> OperationsPerSecond? {
        guard let rate = compute.rates.first(where: { $0.engine == engine && $0.format == format }) else { return nil }
        return OperationsPerSecond(Double(compute.units.value) * rate.operationsPerClock.value * clock(of: engine).value)
    }

    /// The higher of matrix and vector peak in a format, nil where neither engine has it.
    public func peak(_ format: NumberFormat) -> OperationsPerSecond? {
        ComputeEngine.allCases.compactMap { peak($0, format) }.max()
    }
}
