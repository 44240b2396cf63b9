import Foundation
import Hardware
import Quantities
import Simulator
import Workload

@testable import Validation

/// Architectures, stacks and a model small enough to compute by hand.
enum Fixture {
    static let source = Source(.estimated, "test")

    /// 100 TFLOP/s fp16, 1 TB/s, 10 MB of L2.
    static func architecture(_ id: String = "alpha", generation: String = "one", bandwidthTimes scale: Double = 1) -> Architecture {
        let compute = Compute(
            unitName: "SM", units: Sourced(100, source: source), boostClock: Sourced(Hertz(1e9), source: source),
            rates: [ComputeRate(.matrix, .fp16, operationsPerClock: Sourced(1000, source: source))])
        let memory = Memory(
            technology: "HBM", capacity: Sourced(Bytes(16e9), source: source), bandwidth: Sourced(BytesPerSecond(1e12 * scale), source: source))
        var architecture = Architecture(
            id: id, name: id, vendor: "Test", deviceClass: .simtGPU, generation: generation, compute: compute, memory: memory)
        architecture.caches = [Cache(name: "L2", scope: .device, capacity: Sourced(Bytes(10e6), source: source))]
        architecture.constants = [
            ConstantGroup(name: "gemm", constants: [
                constant("launch_us", 3, 1...10), constant("compute_share", 0.9, 0.3...1), constant("bandwidth_share", 0.9, 0.3...1),
            ])
        ]
        return architecture
    }

    static func constant(_ name: String, _ value: Double, _ plausible: ClosedRange<Double>) -> NamedConstant {
        NamedConstant(name: name, number: Sourced(value, source: source), plausible: plausible)
    }

    static func stack(_ id: String = "neutral") -> SoftwareStack {
        SoftwareStack(
            id: id, name: id, kernelLibrary: "standard", graphLaunch: Sourced(.zero, source: source), eagerLaunch: Sourced(.zero, source: source))
    }

    /// Devices called alpha and beta (one generation) and gamma (another); anything else is unknown.
    static func validator(protocols: [MeasurementProtocol] = []) -> Validator {
        Validator(
            architecture: { name throws(ArchitectureLibraryError) in
                switch name {
                case "alpha": return architecture()
                case "beta": return architecture("beta", bandwidthTimes: 2)
                case "gamma": return architecture("gamma", generation: "two")
                case "pair of alphas", "pair of deltas":
                    var board = architecture("pair", bandwidthTimes: 2)
                    board.softwareDevice = name == "pair of alphas" ? "alpha" : "delta"
                    return board
                default: throw ArchitectureLibraryError(.unknownName, "no accelerator is called '\(name)'")
                }
            },
            stack: { id throws(ArchitectureLibraryError) in stack(id) },
            model: { architecture, stack throws(ProjectionError) in try LaunchPlusRoofline(architecture, stack: stack) },
            protocols: ProtocolLibrary(protocols))
    }

    /// Rows of one series of products on a device.
    static func data(device: String = "alpha", source: String = "test", rows: [(MatrixMultiply, Double)]) -> MeasuredData {
        var data = MeasuredData()
        data.append(device: device, source: source, rows: rows)
        return data
    }

    static func product(_ m: Int, _ n: Int = 1024, _ k: Int = 1024) -> MatrixMultiply {
        MatrixMultiply(m: m, n: n, k: k, scheme: .uniform(.fp16))
    }

    /// Shared measured data, nil where this machine has none.
    static var shared: String? {
        let environment = ProcessInfo.processInfo.environment["RIDGELINE_SHARED"]
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared").standardized.path
        return [environment, beside].compactMap { $0 }.first { FileManager.default.fileExists(atPath: "\($0)/measured/gemm.csv") }
    }

    /// A folder of its own, removed by the caller's test at the end of the process.
    static func folder() throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

extension MeasuredData {
    mutating func append(device: String, source: String = "test", dtype: String = "fp16", rows: [(MatrixMultiply, Double)]) {
        let index = series.count
        series.append(
            MeasuredSeries(
                path: "gemm.csv", family: .gemm, source: source, device: device, dtype: dtype, op: "linear", kernel: "", topology: ""))
        for (line, row) in rows.enumerated() {
            self.rows.append(
                MeasuredRow(series: index, line: line + 2, shape: .matrixMultiply(row.0), time: Seconds(microseconds: row.1)))
        }
    }
}

/// launch + max(compute, traffic) with two efficiencies: three constants of the group `gemm`.
struct LaunchPlusRoofline: DeviceModel {
    var launch: Double
    var peak: Double
    var bandwidth: Double

    init(_ architecture: Architecture, stack: SoftwareStack) throws(ProjectionError) {
        let constants = DeviceConstants(architecture: architecture, stack: stack)
        launch = constants.value("gemm", "launch_us") ?? 0
        peak = 100e6 * (constants.value("gemm", "compute_share") ?? 1)
        bandwidth = architecture.memory.bandwidth.value.bytesPerMicrosecond * (constants.value("gemm", "bandwidth_share") ?? 1)
    }

    func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        guard case .matrixMultiply(let product) = shape else { throw ProjectionError(.unsupportedOperator, "only products") }
        guard product.scheme.compute == .fp16 else { throw ProjectionError(.unsupportedFormat, "only fp16") }
        let cold = max(0, shape.bytesRead.value - conditions.residentWeights.value) + shape.bytesWritten.value
        var breakdown = TimeBreakdown()
        breakdown[.launch] = launch
        let (compute, traffic) = (shape.operations.value / peak, cold / bandwidth)
        breakdown[compute > traffic ? .matrixPipe : .memoryBandwidth] = max(compute, traffic)
        let time = breakdown.total
        return OperatorProjection(
            time: time, breakdown: breakdown, interval: TimeInterval(p10: time * 0.9, p90: time * 1.1), kernels: [],
            operations: shape.operations, memoryTraffic: Bytes(cold))
    }
}
