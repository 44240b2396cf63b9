import Hardware
import Quantities

/// Devices for tests, made from datasheet numbers, without files.
enum GPUFixture {
    private static func sourced<Value>(_ value: Value) -> Sourced<Value> { Sourced(value, source: Source(.datasheet, "test fixture")) }

    struct Numbers {
        var id: String
        var vendor = "nvidia"
        var generation: String
        var path: Multiprocessor.OperandPath
        var units: Int
        var boost: Double
        var matrixClock: Double?
        /// Operations per clock and unit.
        var vector: [NumberFormat: Double]
        var matrix: [NumberFormat: Double]
        var memory: Double
        var cacheMiB: Double
        var cacheBytesPerClock: Double?
        var sharedKiB: Double
        var sharedBytesPerClock = 128.0
        var threads = 2048
        var ctas = 32
        var warp = 32
        var registersKiB = 256.0
        var watts: Double
    }

    static func architecture(_ n: Numbers) -> Architecture {
        var rates: [ComputeRate] = []
        for format in NumberFormat.allCases {
            if let rate = n.vector[format] { rates.append(ComputeRate(.vector, format, operationsPerClock: sourced(rate))) }
            if let rate = n.matrix[format] { rates.append(ComputeRate(.matrix, format, operationsPerClock: sourced(rate))) }
        }
        var compute = Compute(
            unitName: n.vendor == "amd" ? "CU" : "SM", units: sourced(n.units), boostClock: sourced(Hertz(megahertz: n.boost)), rates: rates)
        compute.matrixClock = n.matrixClock.map { sourced(Hertz(megahertz: $0)) }
        compute.specialFunctionsPerClockPerUnit = sourced(16)
        let memory = Memory(technology: "HBM", capacity: sourced(Bytes(80e9)), bandwidth: sourced(BytesPerSecond(n.memory * 1e9)))
        var device = Architecture(
            id: n.id, name: n.id, vendor: n.vendor, deviceClass: .simtGPU, generation: n.generation, compute: compute, memory: memory)
        var cache = Cache(name: "L2", scope: .device, capacity: sourced(Bytes(n.cacheMiB * 1_048_576)))
        cache.bytesPerClock = n.cacheBytesPerClock.map { sourced($0) }
        device.caches = [cache]
        device.multiprocessor = Multiprocessor(
            threadsPerWarp: sourced(n.warp), maximumThreads: sourced(n.threads), maximumCTAs: sourced(n.ctas),
            registerFile: sourced(Bytes(n.registersKiB * 1024)), sharedMemory: sourced(Bytes(n.sharedKiB * 1024)),
            sharedMemoryBytesPerClock: sourced(n.sharedBytesPerClock), operandPath: n.path)
        device.power = Power(thermalDesign: sourced(Watts(n.watts)))
        device.host = HostLink(technology: "PCIe 4.0 x16", bandwidthPerDirection: sourced(BytesPerSecond(32e9)))
        return device
    }

    static func stack() -> SoftwareStack {
        SoftwareStack(
            id: "test", name: "Test", kernelLibrary: "standard", graphLaunch: sourced(Seconds(microseconds: 1)),
            eagerLaunch: sourced(Seconds(microseconds: 6)))
    }

    static let p4 = Numbers(
        id: "p4", generation: "pascal", path: .registers, units: 20, boost: 1063, vector: [.fp32: 256], matrix: [.int8: 1024], memory: 192,
        cacheMiB: 2, cacheBytesPerClock: 921, sharedKiB: 96, watts: 75)
    static let p100 = Numbers(
        id: "p100-pcie", generation: "pascal-gp100", path: .registers, units: 56, boost: 1303, vector: [.fp32: 128, .fp16: 256], matrix: [:],
        memory: 732, cacheMiB: 4, cacheBytesPerClock: 1246, sharedKiB: 64, watts: 250)
    static let v100 = Numbers(
        id: "v100-pcie", generation: "volta", path: .registers, units: 80, boost: 1380, vector: [.fp32: 128, .fp16: 256, .fp64: 64],
        matrix: [.fp16: 1024], memory: 900, cacheMiB: 6, cacheBytesPerClock: 2048, sharedKiB: 96, watts: 250)
    static let t4 = Numbers(
        id: "t4", generation: "turing", path: .registers, units: 40, boost: 1590, vector: [.fp32: 128, .fp16: 256],
        matrix: [.fp16: 1024, .int8: 2048], memory: 320, cacheMiB: 4, cacheBytesPerClock: 799, sharedKiB: 64, sharedBytesPerClock: 64,
        threads: 1024, ctas: 16, watts: 70)
    static let a100PCIe = Numbers(
        id: "a100-pcie-40gb", generation: "ampere", path: .asynchronousCopy, units: 108, boost: 1410, vector: [.fp32: 128, .fp16: 512, .fp64: 64],
        matrix: [.fp16: 2048, .bf16: 2048, .tf32: 1024, .int8: 4096], memory: 1555, cacheMiB: 40, cacheBytesPerClock: 5120, sharedKiB: 164,
        watts: 250)
    static let a100 = Numbers(
        id: "a100-sxm-80gb", generation: "ampere", path: .asynchronousCopy, units: 108, boost: 1410, vector: [.fp32: 128, .fp16: 512, .fp64: 64],
        matrix: [.fp16: 2048, .bf16: 2048, .tf32: 1024, .int8: 4096], memory: 2039, cacheMiB: 40, cacheBytesPerClock: 5120, sharedKiB: 164,
        watts: 400)
    static let l40s = Numbers(
        id: "l40s", generation: "ada", path: .asynchronousCopy, units: 142, boost: 2520, vector: [.fp32: 256, .fp16: 256],
        matrix: [.fp16: 1024, .bf16: 1024, .tf32: 512, .fp8e4m3: 2048, .int8: 2048], memory: 864, cacheMiB: 96, sharedKiB: 100,
        threads: 1536, ctas: 24, watts: 350)
    static let h100 = Numbers(
        id: "h100-sxm", generation: "hopper", path: .bulkTensorCopy, units: 132, boost: 1980, matrixClock: 1830,
        vector: [.fp32: 256, .fp16: 512, .fp64: 128],
        matrix: [.fp16: 4096, .bf16: 4096, .tf32: 2048, .fp8e4m3: 8192, .int8: 8192], memory: 3352, cacheMiB: 50, cacheBytesPerClock: 5120,
        sharedKiB: 228, watts: 700)
    static let b200 = Numbers(
        id: "b200-sxm", generation: "blackwell", path: .tensorMemory, units: 148, boost: 1965, matrixClock: 1965,
        vector: [.fp32: 256, .fp16: 512],
        matrix: [.fp16: 8192, .bf16: 8192, .tf32: 4096, .fp8e4m3: 16384, .nvfp4: 32768], memory: 8000, cacheMiB: 126,
        sharedKiB: 228, watts: 1000)
    static let mi100 = Numbers(
        id: "mi100", vendor: "amd", generation: "cdna1", path: .registers, units: 120, boost: 1502, vector: [.fp32: 128],
        matrix: [.fp32: 256, .fp16: 1024, .bf16: 512, .int8: 1024], memory: 1228.8, cacheMiB: 8, cacheBytesPerClock: 1800, sharedKiB: 64,
        threads: 2560, ctas: 40, warp: 64, registersKiB: 512, watts: 300)
    static let mi210 = Numbers(
        id: "mi210", vendor: "amd", generation: "cdna2", path: .registers, units: 104, boost: 1700, vector: [.fp32: 128, .fp64: 128],
        matrix: [.fp32: 256, .fp64: 256, .fp16: 1024, .bf16: 1024, .int8: 1024], memory: 1638.4, cacheMiB: 8, cacheBytesPerClock: 2940,
        sharedKiB: 64, threads: 2048, ctas: 32, warp: 64, registersKiB: 512, watts: 300)

    static let all = [p4, p100, v100, t4, a100PCIe, a100, l40s, h100, b200, mi100, mi210]
}
