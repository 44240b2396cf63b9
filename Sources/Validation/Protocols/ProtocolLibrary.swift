import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Simulator

/// The measurement protocols of a folder, in the order in which they are tried.
public struct ProtocolLibrary: Sendable {
    public let protocols: [MeasurementProtocol]

    public init(_ protocols: [MeasurementProtocol]) { self.protocols = protocols }

    /// The first protocol that matches, else the neutral one.
    public func measurementProtocol(for series: MeasuredSeries) -> MeasurementProtocol {
        protocols.first { $0.matches.match(series) } ?? .neutral
    }

    /// Reads `software/protocols/*.yaml` below each root, files by name; earlier roots are tried first.
    ///
    /// - Throws: the problems of all files.
    public static func read(roots: [String]) throws(ConfigurationError) -> ProtocolLibrary {
        let problems = ProblemCollector()
        var protocols: [MeasurementProtocol] = []
        for root in roots {
            let folder = "\(root)/software/protocols"
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                protocols += problems.collect { () throws(ConfigurationError) in
                    try Self.protocols(in: ConfigurationDocument.read("\(folder)/\(name)"))
                } ?? []
            }
        }
        try problems.throwIfAny()
        return ProtocolLibrary(protocols)
    }

    /// The protocols of one file: a mapping with the key `protocols`, a list.
    ///
    /// - Throws: every problem of the file.
    public static func protocols(in document: ConfigurationDocument) throws(ConfigurationError) -> [MeasurementProtocol] {
        let root = try document.mapping()
        try root.requireKeys(in: ["protocols", "source"])
        let inherited = try root.optional("source", as: Source.self)
        let problems = ProblemCollector()
        let list = try root.required("protocols", as: ConfigurationValue.self).sequence()
        let protocols = list.compactMap { value in
            problems.collect { () throws(ConfigurationError) in try MeasurementProtocol(value, inherited: inherited) }
        }
        try problems.throwIfAny()
        return protocols
    }
}

extension MeasurementProtocol {
    static let keys = [
        "id", "notes", "source", "match", "architecture", "stack", "launch", "sustained", "units_in_use", "inputs", "weights", "weight_copies", "bias",
        "shares_key_and_value", "power_limits", "harness", "network", "refuse",
    ] + PassProtocol.keys

    init(_ value: ConfigurationValue, inherited: Source?) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: Self.keys)
        let launch: ExecutionConditions.Launch = try mapping.required("launch", as: ConfigurationValue.self).choice()
        self.init(id: try mapping.required("id"), stack: try mapping.required("stack"), launch: launch)
        notes = try mapping.optional("notes")
        let source = try mapping.optional("source", as: Source.self) ?? inherited
        guard let source else {
            throw ConfigurationError(value.location, "protocol '\(id)' has no source: say where these facts stand")
        }
        self.source = source
        matches = try ProtocolPatterns(try mapping.required("match", as: ConfigurationValue.self).mapping())
        architecture = try mapping.optional("architecture")
        isSustained = try mapping.optional("sustained") ?? isSustained
        unitsInUse = try mapping.optional("units_in_use")
        if let units = unitsInUse, units < 1 {
            throw ConfigurationError(mapping["units_in_use"]?.location ?? value.location, "'units_in_use' is \(units), at least 1 belongs here")
        }
        inputs = try mapping["inputs"]?.choice() ?? inputs
        weights = try mapping["weights"]?.choice() ?? weights
        weightCopies = try mapping.optional("weight_copies") ?? weightCopies
        guard (1...64).contains(weightCopies) else {
            throw ConfigurationError(mapping["weight_copies"]?.location ?? value.location, "'weight_copies' is \(weightCopies), 1 to 64 belongs here")
        }
        hasBias = try mapping.optional("bias") ?? hasBias
        sharesKeyAndValue = try mapping.optional("shares_key_and_value") ?? sharesKeyAndValue
        refusal = try mapping.optional("refuse")
        wholeModels = try PassProtocol(mapping)
        for entry in try mapping["power_limits"]?.sequence() ?? [] {
            let limit = try entry.mapping()
            try limit.requireKeys(in: ["devices", "watts", "source"])
            let watts = try limit.required("watts", as: Double.self)
            guard watts > 0 else { throw ConfigurationError(entry.location, "'watts' is \(watts), a positive number belongs here") }
            powerLimits.append(
                PowerLimitOverride(
                    devices: try limit.optional("devices") ?? [],
                    limit: Sourced(Watts(watts), source: try limit.optional("source", as: Source.self) ?? source)))
        }
        if let stated = mapping["network"] { network = try MeasuredNetwork(stated, inherited: source) }
        for entry in try mapping["harness"]?.sequence() ?? [] { harness.append(try HarnessTime(entry, inherited: source)) }
    }
}

extension ProtocolPatterns {
    init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
        try mapping.requireKeys(in: ["sources", "families", "devices", "dtypes", "ops", "kernels", "topologies"])
        self.init()
        sources = try mapping.optional("sources") ?? []
        devices = try mapping.optional("devices") ?? []
        dtypes = try mapping.optional("dtypes") ?? []
        ops = try mapping.optional("ops") ?? []
        kernels = try mapping.optional("kernels") ?? []
        topologies = try mapping.optional("topologies") ?? []
        for value in try mapping["families"]?.sequence() ?? [] { families.append(try value.choice()) }
    }
}

extension MeasuredNetwork {
    fileprivate init(_ value: ConfigurationValue, inherited: Source) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: ["gb_per_second_per_adapter", "devices_per_adapter", "gb_per_second_per_node", "source"])
        let adapter = try mapping.required("gb_per_second_per_adapter", as: Double.self)
        let devices = try mapping.optional("devices_per_adapter", as: Int.self) ?? 1
        let node = try mapping.optional("gb_per_second_per_node", as: Double.self)
        guard adapter > 0, node ?? 1 > 0 else { throw ConfigurationError(value.location, "a network rate is not positive") }
        guard devices >= 1 else { throw ConfigurationError(value.location, "'devices_per_adapter' is \(devices), at least 1 belongs here") }
        self.init(
            adapterBandwidth: BytesPerSecond(adapter * 1e9), devicesPerAdapter: devices, nodeBandwidth: node.map { BytesPerSecond($0 * 1e9) },
            source: try mapping.optional("source", as: Source.self) ?? inherited)
    }
}

extension HarnessTime {
    fileprivate init(_ value: ConfigurationValue, inherited: Source) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: ["devices", "ops", "us", "at_least_us", "plausible", "source"])
        let period = try mapping.optional("at_least_us", as: Double.self)
        if period != nil, mapping["us"] != nil {
            throw ConfigurationError(value.location, "'us' and 'at_least_us' exclude each other: time is added, or a lower limit")
        }
        let microseconds = if let period { period } else { try mapping.required("us", as: Double.self) }
        var plausible: ClosedRange<Double>?
        if let bounds = try mapping.optional("plausible", as: [Double].self) {
            guard bounds.count == 2, bounds[0] <= bounds[1], bounds[0] >= 0 else {
                throw ConfigurationError(mapping["plausible"]?.location ?? value.location, "'plausible' is a list of the lowest and the highest value")
            }
            plausible = bounds[0]...bounds[1]
        }
        guard microseconds >= 0, plausible?.contains(microseconds) ?? true else {
            let name = period == nil ? "us" : "at_least_us"
            throw ConfigurationError(value.location, "'\(name)' is \(microseconds), outside its plausible range")
        }
        self.init(
            devices: try mapping.optional("devices") ?? [], ops: try mapping.optional("ops") ?? [],
            time: Sourced(Seconds(microseconds: microseconds), source: try mapping.optional("source", as: Source.self) ?? inherited),
            plausibleMicroseconds: plausible)
        rule = period == nil ? .added : .atLeast
    }
}
