import ConfigurationFiles
import Quantities

extension SoftwareStack {
    /// Decodes `Architectures/software/<id>.yaml`.
    ///
    /// Keys: `name`, `notes`, `kernel_library`, `graph_launch_us`, `eager_launch_us`, `constants` (groups as in a generation file) and
    /// `generations` (generation -> groups).
    ///
    /// - Throws: every problem of the file.
    public init(id: String, document: ConfigurationDocument) throws(ConfigurationError) {
        let problems = ProblemCollector()
        let root = LayeredSection(files: [try document.mapping()], problems: problems)
        root.allowOnly(["name", "notes", "kernel_library", "graph_launch_us", "eager_launch_us", "constants", "generations"])
        let name = root.requiredText("name")
        let library = root.requiredText("kernel_library")
        let graph = root.needed("graph_launch_us", Self.time("graph_launch_us", root))
        let eager = root.needed("eager_launch_us", Self.time("eager_launch_us", root))
        let notes: String? = root.value("notes")
        let constants = root.section("constants").map { ConstantDecoding.groups($0, problems: problems) } ?? []
        let generations = root.section("generations")
        let perGeneration = (generations?.keys ?? []).compactMap { generation in
            generations?.section(generation).map {
                GenerationConstants(generation: generation, constants: ConstantDecoding.groups($0, problems: problems))
            }
        }
        try problems.throwIfAny()
        guard let name, let library, let graph, let eager else {
            throw ConfigurationError(root.location, "the software stack could not be decoded")
        }
        self.init(id: id, name: name, kernelLibrary: library, graphLaunch: graph, eagerLaunch: eager)
        self.notes = notes
        self.constants = constants
        generationConstants = perGeneration
    }

    /// A time in microseconds that may be zero: a neutral stack has free launches.
    private static func time(_ key: String, _ section: LayeredSection) -> Sourced<Seconds>? {
        guard let number = section.number(key, isPositive: false) else { return nil }
        guard number.value >= 0 else {
            section.problems.add(section.location, "'\(key)' is negative")
            return nil
        }
        return Sourced(Seconds(microseconds: number.value), source: number.source)
    }
}
