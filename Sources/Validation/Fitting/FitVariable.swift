import Foundation
import Hardware
import Quantities

/// A constant that a fit may move: where it stands, where it starts and how far it may go.
public struct FitVariable: Hashable, Sendable {
    public var group: String
    public var name: String
    /// The prior, towards which the fit is pulled.
    public var start: Double
    public var plausible: ClosedRange<Double>
    /// Id of the software stack whose constant it is; nil for a constant of the generation, which holds under every stack.
    public var stack: String?

    public init(group: String, name: String, start: Double, plausible: ClosedRange<Double>, stack: String? = nil) {
        self.stack = stack
        self.group = group
        self.name = name
        self.start = min(max(start, plausible.lowerBound), plausible.upperBound)
        self.plausible = plausible
    }

    /// Positive ranges are searched by ratio, others (a share that may be 0) by difference.
    private var isLogarithmic: Bool { plausible.lowerBound > 0 }

    /// Position of a value in its range, 0 to 1.
    func position(of value: Double) -> Double {
        let (low, high) = (plausible.lowerBound, plausible.upperBound)
        guard high > low else { return 0 }
        let position = isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
        return min(max(position, 0), 1)
    }

    /// The value at a position of the range; never outside of it.
    func value(at position: Double) -> Double {
        let (low, high) = (plausible.lowerBound, plausible.upperBound)
        let value = isLogarithmic ? low * pow(high / low, position) : low + (high - low) * position
        return min(max(value, low), high)
    }

    /// The same constant starting from the middle of its range, so that no earlier fit is its prior.
    public var fromTheMiddle: FitVariable {
        var result = self
        result.start = rounded(value(at: 0.5))
        return result
    }

    /// The value with four significant digits, inside the range: what a calibration file states.
    func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        let scale = pow(10, 3 - floor(log10(abs(value))))
        let rounded = (value * scale).rounded() / scale
        return min(max(rounded, plausible.lowerBound), plausible.upperBound)
    }

    /// Whether `group/name` fits one of the patterns, in which `*` stands for any text.
    func matches(_ patterns: [String]) -> Bool { ProtocolPatterns.any(patterns, "\(group)/\(name)") }

    /// The constants of a family that state a plausible range: those of groups named after the family (`gemm`, `gemm.fp8_block`).
    ///
    /// - Parameters:
    ///   - patterns: `group/name` patterns; when given, they alone decide and any group may be named.
    ///   - stack: id of the software stack whose constants these are; nil for those of the generation.
    public static func variables(
        of groups: [ConstantGroup], family: MeasuredFamily, patterns: [String], stack: String? = nil
    ) -> [FitVariable] {
        groups.flatMap { group in
            group.constants.compactMap { constant -> FitVariable? in
                guard let plausible = constant.plausible, plausible.upperBound > plausible.lowerBound else { return nil }
                let variable = FitVariable(group: group.name, name: constant.name, start: constant.number.value, plausible: plausible, stack: stack)
                let belongs = group.name == family.rawValue || group.name.hasPrefix(family.rawValue + ".")
                return (patterns.isEmpty ? belongs : variable.matches(patterns)) ? variable : nil
            }
        }
    }
}

extension Architecture {
    /// The architecture with the generation's constants set; one that it does not state yet is added.
    func setting(_ variables: [FitVariable], to values: [Double]) -> Architecture {
        var result = self
        for (variable, value) in zip(variables, values) where variable.stack == nil { result.constants.set(variable, to: value) }
        return result
    }
}

extension SoftwareStack {
    /// The stack with its own constants set for a generation.
    func setting(_ variables: [FitVariable], to values: [Double], generation: String) -> SoftwareStack {
        guard variables.contains(where: { $0.stack == id }) else { return self }
        var result = self
        let index = result.generationConstants.firstIndex { $0.generation == generation } ?? result.generationConstants.count
        if index == result.generationConstants.count {
            result.generationConstants.append(GenerationConstants(generation: generation, constants: []))
        }
        for (variable, value) in zip(variables, values) where variable.stack == id {
            result.generationConstants[index].constants.set(variable, to: value)
        }
        return result
    }
}

extension Architecture {
    /// States the network of the installation that was measured, which no architecture file knows.
    mutating func set(_ network: MeasuredNetwork) {
        let position = constants.firstIndex { $0.name == "collective" } ?? constants.count
        if position == constants.count { constants.append(ConstantGroup(name: "collective", constants: [])) }
        let numbers = [
            ("network_gb_per_second_per_device", network.adapterBandwidth.value * 1e-9),
            ("network_devices_per_adapter", Double(network.devicesPerAdapter)),
            ("network_gb_per_second_per_node", network.nodeBandwidth.map { $0.value * 1e-9 }),
        ]
        for case (let name, let value?) in numbers {
            constants[position].constants.removeAll { $0.name == name }
            constants[position].constants.append(NamedConstant(name: name, number: Sourced(value, source: network.source)))
        }
    }
}

extension [ConstantGroup] {
    /// Sets a constant, adding it and its group where they are missing.
    fileprivate mutating func set(_ variable: FitVariable, to value: Double) {
        let source = Source(.calibrated, "being fitted")
        let position = firstIndex { $0.name == variable.group } ?? count
        if position == count { append(ConstantGroup(name: variable.group, constants: [])) }
        if let known = self[position].constants.firstIndex(where: { $0.name == variable.name }) {
            self[position].constants[known].number = Sourced(value, source: source)
        } else {
            self[position].constants.append(
                NamedConstant(name: variable.name, number: Sourced(value, source: source), plausible: variable.plausible))
        }
    }
}
