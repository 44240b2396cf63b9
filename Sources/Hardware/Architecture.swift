import Quantities

/// One device as an architecture file describes it, generation file merged in, decoded and validated; each number with its source.
public struct Architecture: Hashable, Sendable {
    /// The kind of machine, which decides the simulator's model.
    public enum DeviceClass: String, Hashable, Sendable, CaseIterable {
        case simtGPU = "simt-gpu"
        case systolicArray = "systolic-array"
        case tensorStreaming = "tensor-streaming"
        case spatialDataflow = "spatial-dataflow"
        case vectorMatrixEngine = "vector-matrix-engine"
        case fpgaOverlay = "fpga-overlay"
        case cpu
        /// No hardware or no public numbers: the entry explains and does not project.
        case explained
    }

    /// File name without extension, for example `h100-sxm`.
    public var id: String
    /// Marketing name.
    public var name: String
    public var vendor: String
    /// Other names that people, drivers and measured data use.
    public var aliases: [String]
    public var deviceClass: DeviceClass
    /// Microarchitecture, for example `hopper`; calibrated constants belong to it.
    public var generation: String
    public var launchYear: Int?
    /// Manufacturing process as the vendor calls it, for example `TSMC 4N`.
    public var process: String?
    /// Id of the device that software sees, where a board shows itself as several: a kernel runs on one of them.
    public var softwareDevice: String?
    /// What a user should know; for `.explained` entries, why there is no projection.
    public var notes: String?
    public var compute: Compute
    public var memory: Memory
    /// Slower memory behind the main one (DDR behind SN40L's HBM, streaming memory of an IPU machine); its link is its bandwidth.
    public var backingMemory: Memory?
    public var caches: [Cache]
    /// Present for SIMT GPUs.
    public var multiprocessor: Multiprocessor?
    /// Present for systolic arrays and other matrix engines.
    public var matrixArray: MatrixArray?
    /// Present for CPUs.
    public var processor: Processor?
    public var interconnect: Interconnect?
    public var host: HostLink?
    public var power: Power?
    /// What providers ask for an hour; the first is the one that results count with.
    public var prices: [Price]
    /// Peaks as the vendor publishes them, dense, for `arch check`.
    public var publishedPeaks: [PublishedPeak]
    /// Calibrated and estimated constants of the simulator's mechanisms, by group and name (for example `gemm` / `issue_efficiency`).
    public var constants: [ConstantGroup]

    public init(id: String, name: String, vendor: String, deviceClass: DeviceClass, generation: String, compute: Compute, memory: Memory) {
        self.id = id
        self.name = name
        self.vendor = vendor
        self.aliases = []
        self.deviceClass = deviceClass
        self.generation = generation
        self.compute = compute
        self.memory = memory
        self.caches = []
        self.prices = []
        self.publishedPeaks = []
        self.constants = []
    }
}

/// The arithmetic of a device.
public struct Compute: Hashable, Sendable {
    /// What one unit is called: SM, CU, TensorCore, core.
    public var unitName: String
    /// Units in the device.
    public var units: Sourced<Int>
    /// Highest clock the device runs at under light load.
    public var boostClock: Sourced<Hertz>
    public var baseClock: Sourced<Hertz>?
    /// Clock of the matrix engines where it differs from the boost clock.
    public var matrixClock: Sourced<Hertz>?
    /// Dense operations per clock of one unit, by engine and format.
    public var rates: [ComputeRate]
    /// Transcendental results (exp2, rcp, …) per clock of one unit.
    public var specialFunctionsPerClockPerUnit: Sourced<Double>?

    public init(unitName: String, units: Sourced<Int>, boostClock: Sourced<Hertz>, rates: [ComputeRate]) {
        self.unitName = unitName
        self.units = units
        self.boostClock = boostClock
        self.rates = rates
    }
}

/// What multiplies: dot-product engines (tensor cores, MFMA, systolic arrays, AMX) or the lanes of the general pipeline.
public enum ComputeEngine: String, Hashable, Sendable, CaseIterable { case matrix, vector }

/// Dense operations per clock of one unit in one format; a multiply-add counts as two.
public struct ComputeRate: Hashable, Sendable {
    public var engine: ComputeEngine
    public var format: NumberFormat
    public var operationsPerClock: Sourced<Double>

    public init(_ engine: ComputeEngine, _ format: NumberFormat, operationsPerClock: Sourced<Double>) {
        self.engine = engine
        self.format = format
        self.operationsPerClock = operationsPerClock
    }
}

/// The device's main memory.
public struct Memory: Hashable, Sendable {
    /// For example `HBM3`, `GDDR6`, `DDR5`, `SRAM`.
    public var technology: String
    public var capacity: Sourced<Bytes>
    public var bandwidth: Sourced<BytesPerSecond>
    public var busWidthBits: Sourced<Double>?
    /// Transfer rate of one data pin, in bits per second.
    public var dataRatePerPin: Sourced<Double>?
    /// Load-to-use latency, in seconds.
    public var latency: Sourced<Seconds>?
    /// Bandwidth of a read stream as published microbenchmarks measured it.
    public var achievableBandwidth: Sourced<BytesPerSecond>?

    public init(technology: String, capacity: Sourced<Bytes>, bandwidth: Sourced<BytesPerSecond>) {
        self.technology = technology
        self.capacity = capacity
        self.bandwidth = bandwidth
    }
}

/// A level of on-chip memory between registers and main memory, nearest first in `Architecture.caches`.
public struct Cache: Hashable, Sendable {
    public enum Scope: String, Hashable, Sendable, CaseIterable {
        /// One a compute unit; capacity and rates are per unit.
        case unit
        /// One for the device; capacity and rates are totals.
        case device
    }

    /// `L1`, `L2`, `L3`, `MALL`, `VMEM`, `SBUF`, …
    public var name: String
    public var scope: Scope
    public var capacity: Sourced<Bytes>
    /// Bytes per clock in the scope.
    public var bytesPerClock: Sourced<Double>?
    /// Bandwidth where it is stated in bytes per second, in the scope.
    public var bandwidth: Sourced<BytesPerSecond>?
    /// Read bandwidth that published microbenchmarks reached, in the scope.
    public var achievableBandwidth: Sourced<BytesPerSecond>?
    /// Load-to-use latency in clocks.
    public var latencyCycles: Sourced<Double>?
    public var lineBytes: Sourced<Int>?
    /// Partitions that each hold a copy of far data (2 on A100 and later two-sided L2s).
    public var partitions: Sourced<Int>?
    /// Load-to-use latency in clocks when the data is in another partition.
    public var farLatencyCycles: Sourced<Double>?

    public init(name: String, scope: Scope, capacity: Sourced<Bytes>) {
        self.name = name
        self.scope = scope
        self.capacity = capacity
    }
}
