import Hardware
import Quantities
import Simulator
import Workload

/// How a source measured: what the time contains beside the kernel, and what the chip held when it started.
///
/// A protocol belongs to the measurement and never to the device. It is data (`Architectures/software/protocols/*.yaml`): the first whose
/// patterns match a row applies, and a row that none matches gets `neutral`, which the output says.
public struct MeasurementProtocol: Hashable, Sendable {
    /// What earlier repetitions left of an operand in the shared cache.
    public enum Residency: String, Hashable, Sendable, CaseIterable {
        /// Every repetition reads it from main memory.
        case cold
        /// The operator before wrote it or read it: the cache holds what fits.
        case hot
        /// The same buffers again each repetition: the cache holds what survives the footprint of one repetition.
        case replayed
    }

    /// Name within its file, for example `aiconfigurator.gemm.graph`.
    public var id: String
    public var notes: String?
    /// Where these facts come from; absent for the neutral protocol, which is an assumption.
    public var source: Source?
    public var matches: ProtocolPatterns
    /// Id of the architecture that was measured, where the device's name alone would lead to another.
    public var architecture: String?
    /// Id of the software stack whose kernels ran.
    public var stack: String
    public var launch: ExecutionConditions.Launch
    /// Whether the device was under load long enough for its power limit to act.
    public var isSustained: Bool
    /// Compute units that the program ran on, where it was not all of them (one core of a two-core chip).
    public var unitsInUse: Int?
    /// Residency of activations (for attention: queries, keys and values).
    public var inputs: Residency
    /// Residency of weights.
    public var weights: Residency
    /// Copies of the weights that take turns, at most; as many as the cache's capacity needs to be exceeded.
    public var weightCopies: Int
    /// Whether linear layers add a bias.
    public var hasBias: Bool
    /// Whether keys and values share one buffer, so that a decode kernel streams half the bytes.
    public var sharesKeyAndValue: Bool
    /// Power limit of the machine that was measured, where it is known to differ from the device's.
    public var powerLimits: [PowerLimitOverride]
    /// Time around the kernel that is neither the device's nor the stack's: host dispatch, events, waiting for late ranks.
    public var harness: [HarnessTime]
    /// Network between the nodes of the machine that was measured; nil where none took part or none is known.
    public var network: MeasuredNetwork?
    /// How whole models ran.
    public var wholeModels = PassProtocol()
    /// Why matching rows are not projected; nil where they are.
    public var refusal: String?

    public init(id: String, stack: String, launch: ExecutionConditions.Launch) {
        self.id = id
        self.stack = stack
        self.launch = launch
        matches = ProtocolPatterns()
        isSustained = true
        inputs = .hot
        weights = .cold
        weightCopies = 1
        hasBias = false
        sharesKeyAndValue = false
        powerLimits = []
        harness = []
    }

    /// The protocol of rows whose source is unknown: kernels of the neutral stack in a captured graph, weights cold, activations hot,
    /// clocks sustained, nothing around the kernel.
    public static let neutral = MeasurementProtocol(id: "neutral", stack: "neutral", launch: .graph)
}

/// Which rows a protocol is for: a row matches when each list is empty or holds a pattern that fits (`*` stands for any text).
public struct ProtocolPatterns: Hashable, Sendable {
    public var sources: [String] = []
    public var families: [MeasuredFamily] = []
    public var devices: [String] = []
    public var dtypes: [String] = []
    public var ops: [String] = []
    public var kernels: [String] = []
    public var topologies: [String] = []

    public init() {}

    public func match(_ series: MeasuredSeries) -> Bool {
        (families.isEmpty || families.contains(series.family)) && Self.any(sources, series.source) && Self.any(devices, series.device)
            && Self.any(dtypes, series.dtype) && Self.any(ops, series.op) && Self.any(kernels, series.kernel)
            && Self.any(topologies, series.topology)
    }

    static func any(_ patterns: [String], _ text: String) -> Bool { patterns.isEmpty || patterns.contains { fits($0, text) } }

    /// Whether a text fits a pattern in which `*` stands for any text; case counts.
    static func fits(_ pattern: String, _ text: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
        guard text.hasPrefix(first), text.utf8.count >= first.utf8.count + last.utf8.count, text.hasSuffix(last) else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}

/// The network between nodes, which belongs to the installation and not to the device.
public struct MeasuredNetwork: Hashable, Sendable {
    /// What one adapter carries, one direction.
    public var adapterBandwidth: BytesPerSecond
    /// Devices that share an adapter.
    public var devicesPerAdapter: Int
    /// What all adapters of a node carry together, one direction; nil where they do not limit one another.
    public var nodeBandwidth: BytesPerSecond?
    public var source: Source
}

/// Time that a measurement contains beside its kernels, for some devices and operators of a protocol.
public struct HarnessTime: Hashable, Sendable {
    /// How the time enters the measurement.
    public enum Rule: Hashable, Sendable {
        /// It comes before or after the kernel: host dispatch, events.
        case added
        /// A rank that is ahead waits inside its kernel until the late rank's host has issued the next call, so that no measured time is
        /// shorter than the period of issue. A kernel that takes longer keeps the queue full and hides it.
        case atLeast
    }

    public var rule = Rule.added
    /// Patterns of device names; empty for all.
    public var devices: [String]
    /// Patterns of operators; empty for all.
    public var ops: [String]
    public var time: Sourced<Seconds>
    /// The range in which a fit may move it, in microseconds.
    public var plausibleMicroseconds: ClosedRange<Double>?

    public init(devices: [String] = [], ops: [String] = [], time: Sourced<Seconds>, plausibleMicroseconds: ClosedRange<Double>? = nil) {
        self.devices = devices
        self.ops = ops
        self.time = time
        self.plausibleMicroseconds = plausibleMicroseconds
    }

    /// Microseconds that a measured call lasts beyond a kernel of the given time.
    func beyond(kernelMicroseconds kernel: Double) -> Double {
        switch rule {
        case .added: time.value.microseconds
        case .atLeast: max(0, time.value.microseconds - kernel)
        }
    }

    func applies(to series: MeasuredSeries) -> Bool {
        ProtocolPatterns.any(devices, series.device) && ProtocolPatterns.any(ops, series.op)
    }
}

/// The power limit under which some devices were measured.
public struct PowerLimitOverride: Hashable, Sendable {
    /// Patterns of device names; empty for all.
    public var devices: [String]
    public var limit: Sourced<Watts>

    public init(devices: [String], limit: Sourced<Watts>) {
        self.devices = devices
        self.limit = limit
    }
}

extension MeasurementProtocol {
    /// The first harness time for a series, zero where none is stated.
    public func harnessTime(for series: MeasuredSeries) -> Seconds { harness(for: series)?.time.value ?? .zero }

    /// The first harness entry for a series, nil where none is stated.
    func harness(for series: MeasuredSeries) -> HarnessTime? { harness.first { $0.applies(to: series) } }

    /// The power limit for a series, nil where the device's own holds.
    public func powerLimit(for series: MeasuredSeries) -> Sourced<Watts>? {
        powerLimits.first { ProtocolPatterns.any($0.devices, series.device) }?.limit
    }

    /// The operator as it was run: with the bias or the shared buffer that files do not say.
    public func adjusted(_ shape: Operator) -> Operator {
        switch shape {
        case .matrixMultiply(var product) where hasBias && product.hasWeights:
            product.hasBias = true
            return .matrixMultiply(product)
        case .attention(var attention) where sharesKeyAndValue:
            attention.sharesKeyAndValue = true
            return .attention(attention)
        default:
            return shape
        }
    }

    /// What the chip held when the operator started; the device's cache decides how much of it survives.
    ///
    /// - Parameter cacheCapacity: of the last shared cache.
    public func conditions(for shape: Operator, cacheCapacity: Bytes) -> ExecutionConditions {
        let weightBytes = OperatorSurroundings.weightBytes(of: shape)
        let input = Bytes(max(0, (shape.bytesRead - weightBytes).value))
        let copies = copies(of: weightBytes, cacheCapacity: cacheCapacity)
        let footprint = input + weightBytes * Double(copies) + shape.bytesWritten
        return ExecutionConditions(
            launch: launch, residentInput: inputs == .cold ? .zero : input, residentWeights: weights == .cold ? .zero : weightBytes,
            inputReuseFootprint: inputs == .replayed ? footprint : nil, weightReuseFootprint: weights == .replayed ? footprint : nil,
            isSustained: isSustained, unitsInUse: unitsInUse)
    }

    /// Copies of the weights that take turns: enough to exceed the cache, at most `weightCopies`.
    func copies(of weightBytes: Bytes, cacheCapacity: Bytes) -> Int {
        guard weightCopies > 1, weightBytes > .zero else { return 1 }
        let needed = (cacheCapacity / weightBytes).rounded(.up)
        return min(weightCopies, max(1, needed < 1e6 ? Int(needed) : weightCopies))
    }
}

extension MeasuredNetwork {
    /// The network of a type of server, nil where it stands alone.
    init?(_ system: ServerSystem) {
        guard let link = system.scaleOut else { return nil }
        self.init(adapterBandwidth: link.bandwidthPerDirection.value, devicesPerAdapter: 1, nodeBandwidth: nil, source: link.bandwidthPerDirection.source)
    }
}
