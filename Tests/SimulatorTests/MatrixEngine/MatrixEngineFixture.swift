import Hardware
import Quantities
import Workload

@testable import Simulator

/// A matrix engine whose numbers make hand calculations short: one array of 128 x 128 at 1 GHz (16,384 multiply-adds a cycle in bf16, twice as
/// many in int8), 1,000 vector operations a cycle, 1 TB/s, a floor of 1 µs, perfect overlap.
struct SampleEngine {
    var deviceClass = Architecture.DeviceClass.systolicArray
    var units = 1
    var rows = 128
    var columns = 128
    var arraysPerUnit = 1
    var dataflow = MatrixArray.Dataflow.weightStationary
    var paddingRows: Int?
    var gigahertz = 1.0
    var memoryGigabytesPerSecond = 1000.0
    var memoryBytes = 16e9
    var onChipBytes = 64 * 1_048_576.0
    var backing: (bytes: Double, gigabytesPerSecond: Double)?
    var linkLatencyMicroseconds: Double?
    var constants: [(String, Double)] = []

    func architecture() -> Architecture {
        let source = Source(.estimated, "made up for tests")
        func sourced<Value>(_ value: Value) -> Sourced<Value> { Sourced(value, source: source) }
        let multiplyAdds = Double(rows * columns * arraysPerUnit)
        let compute = Compute(
            unitName: "core", units: sourced(units), boostClock: sourced(Hertz(gigahertz * 1e9)),
            rates: [
                ComputeRate(.matrix, .bf16, operationsPerClock: sourced(2 * multiplyAdds)),
                ComputeRate(.matrix, .int8, operationsPerClock: sourced(4 * multiplyAdds)),
                ComputeRate(.vector, .fp32, operationsPerClock: sourced(1000)),
            ])
        var device = Architecture(
            id: "sample", name: "Sample", vendor: "none", deviceClass: deviceClass, generation: "sample", compute: compute,
            memory: Memory(
                technology: "HBM", capacity: sourced(Bytes(memoryBytes)), bandwidth: sourced(BytesPerSecond(memoryGigabytesPerSecond * 1e9))))
        device.matrixArray = MatrixArray(
            rows: sourced(rows), columns: sourced(columns), arraysPerUnit: sourced(arraysPerUnit), dataflow: dataflow)
        device.matrixArray?.paddingRows = paddingRows.map { sourced($0) }
        device.caches = [Cache(name: "SRAM", scope: .device, capacity: sourced(Bytes(onChipBytes)))]
        device.backingMemory = backing.map {
            Memory(technology: "DDR", capacity: sourced(Bytes($0.bytes)), bandwidth: sourced(BytesPerSecond($0.gigabytesPerSecond * 1e9)))
        }
        device.host = HostLink(technology: "PCIe", bandwidthPerDirection: sourced(BytesPerSecond(10e9)))
        var interconnect = Interconnect(technology: "link", bandwidthPerDirection: sourced(BytesPerSecond(100e9)), topology: "switched")
        interconnect.latency = linkLatencyMicroseconds.map { sourced(Seconds(microseconds: $0)) }
        interconnect.programSends = linkLatencyMicroseconds != nil
        device.interconnect = interconnect
        device.power = Power(thermalDesign: sourced(Watts(100)))
        let all = [
            ("kernel_floor_us", 1.0), ("issue_efficiency", 1.0), ("bandwidth_share", 1.0), ("overlap_exponent", 1e6),
        ].filter { given in !constants.contains { $0.0 == given.0 } } + constants
        device.constants = [ConstantGroup(name: "engine", constants: all.map { NamedConstant(name: $0.0, number: sourced($0.1)) })]
        return device
    }

    func model() throws -> MatrixEngineModel { try MatrixEngineModel(architecture: architecture(), stack: GPUFixture.stack()) }

    func project(_ shape: Operator, _ conditions: ExecutionConditions = .init()) throws -> OperatorProjection {
        try model().project(shape, under: conditions)
    }

    func product(
        batch: Int = 1, _ m: Int, _ n: Int, _ k: Int, scheme: MatrixMultiplyScheme = .uniform(.bf16), bias: Bool = false,
        _ conditions: ExecutionConditions = .init()
    ) throws -> OperatorProjection {
        try project(.matrixMultiply(MatrixMultiply(batch: batch, m: m, n: n, k: k, scheme: scheme, hasBias: bias)), conditions)
    }
}

/// Whether two numbers agree to a part in a million.
func agree(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-9) }
