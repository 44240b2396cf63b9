import ConfigurationFiles
import Hardware
import Simulator

/// A constant set by hand for a run: to switch a mechanism off, or to ask what if.
public struct ConstantOverride: Hashable, Sendable {
    public var group: String
    public var name: String
    public var value: Double

    public init(group: String, name: String, value: Double) {
        self.group = group
        self.name = name
        self.value = value
    }

    /// Reads `group/name=value`; nil for anything else.
    public init?(_ text: String) {
        let sides = text.split(separator: "=", maxSplits: 1)
        guard sides.count == 2, let value = Double(sides[1]), value.isFinite else { return nil }
        let path = sides[0].split(separator: "/")
        guard path.count == 2 else { return nil }
        self.init(group: String(path[0]), name: String(path[1]), value: value)
    }

    /// Sets the constant in the group and in groups below it (`gemm` and `gemm.fp8_block`), wherever a layer states it, and in the
    /// architecture's group in any case.
    func apply(to architecture: inout Architecture, _ stack: inout SoftwareStack) {
        Self.set(self, in: &architecture.constants, adding: true)
        Self.set(self, in: &stack.constants, adding: false)
        for index in stack.generationConstants.indices { Self.set(self, in: &stack.generationConstants[index].constants, adding: false) }
    }

    private static func set(_ override: ConstantOverride, in groups: inout [ConstantGroup], adding: Bool) {
        let number = Sourced(override.value, source: Source(.estimated, "set by hand for this run"))
        for index in groups.indices where groups[index].name == override.group || groups[index].name.hasPrefix(override.group + ".") {
            for position in groups[index].constants.indices where groups[index].constants[position].name == override.name {
                groups[index].constants[position].number = number
            }
        }
        guard adding else { return }
        if !groups.contains(where: { $0.name == override.group }) { groups.append(ConstantGroup(name: override.group, constants: [])) }
        for index in groups.indices where groups[index].name == override.group {
            if !groups[index].constants.contains(where: { $0.name == override.name }) {
                groups[index].constants.append(NamedConstant(name: override.name, number: number))
            }
        }
    }
}

extension Validator {
    /// A validator whose models are made with constants set by hand.
    public func setting(_ overrides: [ConstantOverride]) -> Validator {
        guard !overrides.isEmpty else { return self }
        var changed = self
        let model = model
        changed.model = { architecture, stack throws(ProjectionError) in
            var architecture = architecture
            var stack = stack
            for override in overrides { override.apply(to: &architecture, &stack) }
            return try model(architecture, stack)
        }
        return changed
    }
}

/// A mechanism of the models that can be switched off by constants, for ablation.
public struct Mechanism: Hashable, Sendable {
    public var id: String
    /// What it models.
    public var title: String
    public var families: [MeasuredFamily]
    public var overrides: [ConstantOverride]

    /// Reads `software/mechanisms/standard.yaml` of the first root that has one; none where none has.
    ///
    /// - Throws: every problem of the file.
    public static func read(roots: [String]) throws(ConfigurationError) -> [Mechanism] {
        for root in roots {
            let path = "\(root)/software/mechanisms/standard.yaml"
            guard MeasuredFolder.isFile(path) else { continue }
            let problems = ProblemCollector()
            let list = try ConfigurationDocument.read(path).mapping().required("mechanisms", as: ConfigurationValue.self).sequence()
            let mechanisms = list.compactMap { value in problems.collect { () throws(ConfigurationError) in try Mechanism(value) } }
            try problems.throwIfAny()
            return mechanisms
        }
        return []
    }

    private init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: ["id", "title", "families", "without"])
        id = try mapping.required("id")
        title = try mapping.required("title")
        families = []
        for family in try mapping.required("families", as: ConfigurationValue.self).sequence() { families.append(try family.choice()) }
        overrides = []
        for text in try mapping.required("without", as: [String].self) {
            guard let override = ConstantOverride(text) else {
                throw ConfigurationError(value.location, "'without' holds '\(text)', group/name=value belongs here")
            }
            overrides.append(override)
        }
    }
}

/// Errors of a family with one mechanism switched off.
public struct Ablation: Sendable {
    public var mechanism: Mechanism
    public var errors: [(family: MeasuredFamily, statistics: ErrorStatistics)]
    /// Errors on shapes left out without the mechanism and with it, every other constant fitted anew; empty where nothing was refitted.
    public var refitted: [MeasuredFamily: (without: ErrorStatistics, with: ErrorStatistics)] = [:]

    /// The same with everything else fitted anew.
    ///
    /// - Parameter whole: errors of the families with every mechanism, in the same folds.
    /// - Throws: as `CrossValidation.run`.
    public mutating func refit(
        _ crossValidation: CrossValidation, on data: MeasuredData, whole: [MeasuredFamily: ErrorStatistics]
    ) throws(ArchitectureLibraryError) {
        for family in mechanism.families {
            guard let with = whole[family], let without = try crossValidation.errors(of: family, without: mechanism, on: data) else { continue }
            refitted[family] = (without, with)
        }
    }

    /// Projects the mechanism's families again without it.
    public init(_ mechanism: Mechanism, of data: MeasuredData, validator: Validator) throws(ArchitectureLibraryError) {
        self.mechanism = mechanism
        var own = data
        own.rows = data.rows.filter { mechanism.families.contains(data.series[$0.series].family) }
        let result = try validator.setting(mechanism.overrides).validate(own)
        errors = mechanism.families.compactMap { family in
            ErrorStatistics(result.rows.filter { result.data.series[$0.series].family == family }.map(\.pair)).map { (family, $0) }
        }
    }
}
