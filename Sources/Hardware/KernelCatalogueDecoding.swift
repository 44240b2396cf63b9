import ConfigurationFiles

extension KernelCatalogue {
    /// Decodes `Architectures/software/kernels/<id>.yaml`: `name`, `sets` (a list of kernel sets), and `tuned`, generation -> stem of the
    /// tables beside the file.
    ///
    /// - Throws: the first problem of the file or of a table that it names, with its place.
    public init(id: String, document: ConfigurationDocument) throws(ConfigurationError) {
        let root = try document.mapping()
        try root.requireKeys(in: ["name", "source", "notes", "sets", "tuned"])
        var tuned: [String: TunedKernels] = [:]
        let folder = document.path.lastIndex(of: "/").map { document.path[...$0] } ?? ""
        for entry in try root["tuned"]?.mapping().entries ?? [] {
            tuned[entry.key] = try TunedKernels(stem: folder + (try String(configuration: entry.value)))
        }
        var sets: [KernelSet] = []
        for value in try root.required("sets", as: ConfigurationValue.self).sequence() { sets.append(try KernelSet(value)) }
        self.init(id: id, name: try root.required("name"), sets: sets, tuned: tuned)
    }
}

extension KernelSet {
    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let mapping = try value.mapping()
        try mapping.requireKeys(in: [
            "engine", "generations", "operand_paths", "tiles", "splits", "split_below_grid_per_unit", "batched", "single", "whole", "features_first", "notes",
        ])
        var paths: [Multiprocessor.OperandPath] = []
        for path in try mapping["operand_paths"]?.sequence() ?? [] { paths.append(try path.choice()) }
        var tiles: [KernelTile] = []
        for tile in try mapping.required("tiles", as: ConfigurationValue.self).sequence() { tiles.append(try KernelTile(tile)) }
        let splits: [Int] = try mapping.optional("splits") ?? [1]
        guard !tiles.isEmpty, splits.contains(1), splits.allSatisfy({ $0 >= 1 && $0 <= 1024 }) else {
            throw ConfigurationError(value.location, "a kernel set needs at least one tile, and splits of 1 to 1024 with 1 among them")
        }
        var featuresFirst: [KernelTile] = []
        for tile in try mapping["features_first"]?.sequence() ?? [] { featuresFirst.append(try Self.known(KernelTile(tile), tiles, tile.location)) }
        func selection(_ key: String) throws(ConfigurationError) -> TileSelection {
            try mapping[key].map { value throws(ConfigurationError) in try Self.selection(value, tiles) } ?? .fastest
        }
        self.init(
            engine: try mapping.required("engine", as: ConfigurationValue.self).choice(),
            generations: try mapping.optional("generations") ?? [], operandPaths: paths, tiles: tiles, splits: splits.sorted(),
            splitBelowGridPerUnit: try mapping.optional("split_below_grid_per_unit") ?? 0,
            batchedSelection: try selection("batched"), singleSelection: try selection("single"),
            whole: try mapping["whole"].map { tile throws(ConfigurationError) in try Self.known(KernelTile(tile), tiles, tile.location) },
            featuresFirst: featuresFirst)
    }

    /// `fastest`, `fastest-alone`, or a mapping with `always` (a tile) or `least_padded_area` (tile -> weight and CTAs of a wave).
    private static func selection(_ value: ConfigurationValue, _ tiles: [KernelTile]) throws(ConfigurationError) -> TileSelection {
        if case .mapping = value.content {
            let mapping = try value.mapping()
            try mapping.requireKeys(in: ["always", "least_padded_area"])
            if let tile = mapping["always"] { return .always(try known(KernelTile(tile), tiles, tile.location)) }
            var weighted: [WeightedTile] = []
            for entry in try mapping.required("least_padded_area", as: ConfigurationValue.self).mapping().entries {
                let tile = try known(KernelTile(text: entry.key, at: entry.value.location), tiles, entry.value.location)
                let cost = try entry.value.mapping()
                try cost.requireKeys(in: ["weight", "resident_ctas"])
                let weight: Double = try cost.required("weight")
                let resident: Int = try cost.required("resident_ctas")
                guard weight > 0, (1...64).contains(resident) else {
                    throw ConfigurationError(entry.value.location, "weight must be positive and resident_ctas 1 to 64")
                }
                weighted.append(WeightedTile(tile, weight: weight, residentCTAs: resident))
            }
            return .leastPaddedArea(weighted)
        }
        switch try String(configuration: value) {
        case "fastest": return .fastest
        case "fastest-alone": return .fastestAlone
        case let other:
            throw ConfigurationError(
                value.location, "'\(other)' selects nothing; fastest, fastest-alone, always or least_padded_area belongs here")
        }
    }

    private static func known(_ tile: KernelTile, _ tiles: [KernelTile], _ place: ConfigurationLocation) throws(ConfigurationError) -> KernelTile {
        guard tiles.contains(tile) else {
            throw ConfigurationError(place, "tile \(tile.features)x\(tile.tokens)x\(tile.threads) is not among the tiles of its set")
        }
        return tile
    }
}

extension KernelTile {
    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        try self.init(text: String(configuration: value), at: value.location)
    }

    /// `features x tokens x threads`, with the slices of the contraction as a fourth number where there are several: `64x32x256x4`.
    init(text: String, at place: ConfigurationLocation) throws(ConfigurationError) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard (3...4).contains(parts.count), numbers.count == parts.count, numbers.allSatisfy({ $0 >= 1 && $0 <= 4096 }) else {
            throw ConfigurationError(place, "'\(text)' is no tile; features x tokens x threads (x slices) belongs here, for example 128x64x128")
        }
        self.init(features: numbers[0], tokens: numbers[1], threads: numbers[2], slices: numbers.count == 4 ? numbers[3] : 1)
    }
}
