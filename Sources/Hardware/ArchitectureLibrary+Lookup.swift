import ConfigurationFiles

extension ArchitectureLibrary {
    /// Ids of all entries, sorted; a user's file hides a shipped one of the same id.
    public var ids: [String] { visibleFiles.map(\.id).sorted() }

    /// The first file of each id.
    var visibleFiles: [ArchitectureFile] {
        var seen: Set<String> = []
        return files.filter { seen.insert($0.id).inserted }
    }

    /// The device of an id, name or alias.
    ///
    /// - Throws: when the name is unknown (with the nearest), explained rather than projected, or its files are wrong.
    /// - Complexity: by id, reads the device's own files; by alias, reads the head of every file of the library once.
    public func architecture(named name: String) throws(ArchitectureLibraryError) -> Architecture {
        switch try entry(named: name) {
        case .device(let architecture): return architecture
        case .explained(let entry):
            let instead = entry.nearest.map { " Nearest that can be projected: \($0)." } ?? ""
            throw ArchitectureLibraryError(.explained, "\(entry.name) cannot be projected: \(entry.explanation)\(instead)")
        }
    }

    /// What a name stands for, device or explanation.
    public func entry(named name: String) throws(ArchitectureLibraryError) -> LibraryEntry {
        let file = try file(named: name)
        do throws(ConfigurationError) {
            return try load(file)
        } catch {
            throw ArchitectureLibraryError(.invalidFile, error.description)
        }
    }

    /// The entry of every file, each decoded in full, in the order of ids.
    ///
    /// - Throws: the problems of all files at once.
    public func allEntries() throws(ConfigurationError) -> [LibraryEntry] {
        let problems = ProblemCollector()
        let entries = visibleFiles.sorted { $0.id < $1.id }.compactMap { file in
            problems.collect { () throws(ConfigurationError) in try load(file) }
        }
        guard problems.problems.isEmpty else { throw ConfigurationError(problems.problems) }
        return entries
    }

    /// Every name of the library with the id that it leads to, for `arch check` and completion; sorted by name.
    public func names() -> [(name: String, id: String)] {
        visibleFiles.flatMap { file in ([file.id] + file.names()).map { (name: $0, id: file.id) } }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// One finding for each name that leads to two devices of one folder.
    public func sharedNames() -> [ArchitectureFinding] {
        var owners: [String: String] = [:]
        var findings: [ArchitectureFinding] = []
        for (name, id) in names() {
            if let other = owners.updateValue(id, forKey: Self.normalized(name)), other != id {
                findings.append(ArchitectureFinding(id: id, rule: .name, message: "'\(name)' names \(other) too"))
            }
        }
        return findings
    }

    /// What is wrong with the part that a board names as what software sees of it (`seen_as`).
    public func partFindings(_ board: Architecture) -> [ArchitectureFinding] {
        guard let name = board.softwareDevice else { return [] }
        func finding(_ message: String) -> [ArchitectureFinding] { [ArchitectureFinding(id: board.id, rule: .name, message: "'seen_as': \(message)")] }
        do throws(ArchitectureLibraryError) {
            let part = try architecture(named: name)
            if part.id == board.id { return finding("'\(name)' is the board itself, one of its devices belongs here") }
            return part.softwareDevice == nil ? [] : finding("'\(name)' is a board of several devices too")
        } catch {
            return finding(error.description)
        }
    }

    /// The file of an id, name or alias.
    func file(named name: String) throws(ArchitectureLibraryError) -> ArchitectureFile {
        let wanted = Self.normalized(name)
        if let file = files.first(where: { $0.id == name }) ?? visibleFiles.first(where: { Self.normalized($0.id) == wanted }) { return file }
        guard !wanted.isEmpty else { throw ArchitectureLibraryError(.unknownName, "the name of a device is empty") }
        var known: [String] = []
        var found: [ArchitectureFile] = []
        for file in visibleFiles {
            let names = file.names()
            known += [file.id] + names
            if names.contains(where: { Self.normalized($0) == wanted }) { found.append(file) }
        }
        if let first = found.first {
            // A user's own folder may take over a shipped alias; two files of one folder may not share one.
            let rivals = found.filter { $0.root == first.root }
            guard rivals.count == 1 else {
                throw ArchitectureLibraryError(.ambiguous, "'\(name)' may be \(rivals.map(\.id).joined(separator: " or ")): use an id")
            }
            return first
        }
        let suggestion = Spelling.nearest(to: name, in: known).map { "; did you mean '\($0)'?" } ?? "; `ridgeline arch list` prints all"
        throw ArchitectureLibraryError(.unknownName, "no accelerator is called '\(name)'\(suggestion)")
    }
}
