import ConfigurationFiles
import Foundation

extension ArchitectureLibrary {
    /// Decodes one device file with what it extends and its generation's calibration.
    func load(_ file: ArchitectureFile) throws(ConfigurationError) -> LibraryEntry {
        let documents = try chain(file)
        let mappings = try documents.map { document throws(ConfigurationError) in try document.mapping() }
        if let explained = try explained(file, mappings) { return .explained(explained) }
        return .device(try ArchitectureDecoder.decode(id: file.id, files: mappings, calibrations: try calibrations(file, mappings), links: links))
    }

    /// Decodes a single file that stands outside the roots, resolving `extends` in the library.
    ///
    /// - Throws: every problem of the file.
    public func load(path: String) throws(ConfigurationError) -> LibraryEntry {
        let name = URL(fileURLWithPath: path).lastPathComponent
        let id = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        return try load(ArchitectureFile(id: id, path: path, root: URL(fileURLWithPath: path).deletingLastPathComponent().path))
    }

    /// The file and what it extends, in order; a device may extend a generation or another device.
    private func chain(_ file: ArchitectureFile) throws(ConfigurationError) -> [ConfigurationDocument] {
        var documents = [try ConfigurationDocument.read(file.path)]
        var folder = file.folder
        while let value = try documents[documents.count - 1].mapping()["extends"], !value.isNull {
            let name = try String(configuration: value)
            guard let path = basePath(name, from: folder, of: file, excluding: documents.map(\.path)) else {
                throw ConfigurationError(
                    value.location, "no generation or device is called '\(name)'\(Spelling.suggestion(for: name, in: generationNames()))")
            }
            guard !documents.contains(where: { $0.path == path }), documents.count < 6 else {
                throw ConfigurationError(value.location, "'\(name)' extends itself, or the chain is longer than five files")
            }
            documents.append(try ConfigurationDocument.read(path))
            folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        }
        return documents
    }

    /// Where the file stands that is called `name`: another device of the file's root or a later one, else a generation.
    ///
    /// So `extends: tpu-v4` in a file of a user means the device, in the device's own file the generation, and a user's `h100-sxm.yaml` may
    /// extend the shipped `h100-sxm`.
    private func basePath(_ name: String, from folder: String, of file: ArchitectureFile, excluding: [String]) -> String? {
        let firstRoot = roots.firstIndex(of: file.root) ?? 0
        let device = files.first { candidate in
            candidate.id == name && !excluding.contains(candidate.path) && (roots.firstIndex(of: candidate.root) ?? 0) >= firstRoot
        }
        return device?.path ?? generationPath(name, from: folder)
    }

    /// Where a generation stands: beside the file first, then under each vendor of each root.
    private func generationPath(_ name: String, from folder: String) -> String? {
        var candidates = ["\(folder)/generations/\(name).yaml", "\(folder)/\(name).yaml"]
        for root in roots {
            candidates.append("\(root)/generations/\(name).yaml")
            candidates += vendors(root).map { "\(root)/\($0)/generations/\(name).yaml" }
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    private func vendors(_ root: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter { !$0.contains(".") }.sorted()
    }

    private func generationNames() -> [String] {
        roots.flatMap { root in
            vendors(root).flatMap { vendor in
                ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(vendor)/generations")) ?? []).sorted()
                    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
            }
        }
    }

    /// Calibrated constants for the device: `<vendor>/calibrations/<generation>.yaml` and `<generation>.<part>.yaml` of every root, a user's
    /// folder before the library that ships, then those of the generation named by `calibrated_as`, and so on. The first to state a constant
    /// wins, so that a user's file may hold a single family.
    ///
    /// Such a file is a mapping of groups, either at the top or under `groups:`.
    private func calibrations(_ file: ArchitectureFile, _ mappings: [ConfigurationMapping]) throws(ConfigurationError) -> [Calibration] {
        guard let value = mappings.lazy.compactMap({ $0["generation"] }).first, let own = try? String(configuration: value) else { return [] }
        let folders = roots.flatMap { root in vendors(root).map { "\(root)/\($0)" } }
        var found: [Calibration] = []
        var visited: [String] = []
        var next: String? = own
        var link = mappings.lazy.compactMap { $0["calibrated_as"] }.first
        while let generation = next, !visited.contains(generation) {
            visited.append(generation)
            for path in calibrationPaths(generation, in: folders) {
                let mapping = try ConfigurationDocument.read(path).mapping()
                let groups = try mapping["groups"]?.mapping() ?? mapping
                found.append(Calibration(groups: groups, transferredFrom: generation == own ? nil : generation))
            }
            guard let value = link, !value.isNull else { break }
            let name = try String(configuration: value)
            guard let path = generationPath(name, from: file.folder) else {
                throw ConfigurationError(value.location, "no generation is called '\(name)'\(Spelling.suggestion(for: name, in: generationNames()))")
            }
            next = name
            link = try ConfigurationDocument.read(path).mapping()["calibrated_as"]
        }
        return found
    }

    /// The calibration files of a generation: the whole one and those of a family (`hopper.attention.yaml`), each fitted apart.
    private func calibrationPaths(_ generation: String, in folders: [String]) -> [String] {
        folders.map { "\($0)/calibrations" }.flatMap { folder in
            Self.yamlNames(in: folder).filter { $0 == generation || $0.hasPrefix(generation + ".") }.sorted().map { "\(folder)/\($0).yaml" }
        }
    }

    /// The entry of a file with `class: explained`, nil for a device.
    private func explained(_ file: ArchitectureFile, _ mappings: [ConfigurationMapping]) throws(ConfigurationError) -> ExplainedEntry? {
        guard let mapping = mappings.first, let value = mapping["class"],
            try value.choice(of: Architecture.DeviceClass.self) == .explained
        else { return nil }
        let problems = ProblemCollector()
        for problem in mapping.unknownKeys(allowed: ["class", "name", "vendor", "aliases", "launch_year", "notes", "see"]) {
            problems.add(problem.location, problem.message)
        }
        let entry = problems.collect { () throws(ConfigurationError) in
            ExplainedEntry(
                id: file.id, name: try mapping.required("name"), vendor: try mapping.required("vendor"),
                aliases: try mapping.optional("aliases") ?? [], launchYear: try mapping.optional("launch_year"),
                explanation: try mapping.required("notes"), nearest: try mapping.optional("see"))
        }
        try problems.throwIfAny()
        return entry
    }

    // MARK: - Link technologies

    /// The link technologies of the roots, a user's folder before the library that ships.
    ///
    /// - Throws: when a file is wrong.
    static func readLinks(_ roots: [String]) throws(ArchitectureLibraryError) -> LinkCatalogue {
        var links = LinkCatalogue()
        for folder in roots.map({ "\($0)/links" }) {
            for name in yamlNames(in: folder) {
                do throws(ConfigurationError) {
                    try links.add(ConfigurationDocument.read("\(folder)/\(name).yaml"))
                } catch {
                    throw ArchitectureLibraryError(.invalidFile, error.description)
                }
            }
        }
        return links
    }

    // MARK: - Software stacks

    /// Ids of the software stacks, sorted.
    public var softwareStackIDs: [String] { Set(roots.flatMap { Self.yamlNames(in: "\($0)/software") }).sorted() }

    /// The software stack of an id.
    ///
    /// - Throws: when there is none (with the nearest) or its file is wrong.
    public func softwareStack(_ id: String) throws(ArchitectureLibraryError) -> SoftwareStack {
        let path = roots.map { "\($0)/software/\(id).yaml" }.first { FileManager.default.fileExists(atPath: $0) }
        guard let path else {
            let known = softwareStackIDs
            let listed = known.isEmpty ? "" : ", there are \(known.joined(separator: ", "))"
            throw ArchitectureLibraryError(.unknownName, "no software stack is called '\(id)'\(Spelling.suggestion(for: id, in: known))\(listed)")
        }
        do throws(ConfigurationError) {
            var stack = try SoftwareStack(id: id, document: ConfigurationDocument.read(path))
            let kernels = roots.map { "\($0)/software/kernels/\(stack.kernelLibrary).yaml" }.first { FileManager.default.fileExists(atPath: $0) }
            if let kernels { stack.kernels = try KernelCatalogue(id: stack.kernelLibrary, document: ConfigurationDocument.read(kernels)) }
            return stack
        } catch {
            throw ArchitectureLibraryError(.invalidFile, error.description)
        }
    }

    static func yamlNames(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
            .map { String($0.dropLast(5)) }.sorted()
    }
}
