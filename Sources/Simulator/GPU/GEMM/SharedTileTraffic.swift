import Hardware

/// What the CTAs of a wave fetch, how often, and what their way through memory costs.
extension SharedTileGEMM {
    /// Tiles along features and along tokens that a wave of so many CTAs covers: one row after another, or a near-square where CTAs are swizzled.
    @inline(__always)
    func wave(
        _ candidate: Candidate, ctas: Double, featureTiles: Double, tokenTiles: Double
    ) -> (features: Double, tokens: Double) {
        let side = candidate.goesFeaturesFirst ? ctas : ctas.squareRoot()
        let features = min(featureTiles, max(1, side.rounded()))
        return (features, min(tokenTiles, max(1, (ctas / features).rounded(.up))))
    }

    /// Bytes from and to memory, and bytes that CTAs load from the shared cache.
    func traffic(
        _ candidate: Candidate, split: Double, tokenTiles: Double, featureTiles: Double, _ problem: GEMMProblem, hot: Bool
    ) -> (memory: Double, cache: Double) {
        let a = problem.activationFootprint
        let b = problem.weightFootprint
        let capacity = machine.cacheCapacity
        let perProduct = max(1, machine.units * candidate.occupancy / split)
        let (waveFeatures, waveTokens) = wave(candidate, ctas: perProduct, featureTiles: featureTiles, tokenTiles: tokenTiles)
        var readA = a
        var readB = b
        if (a + b) / problem.batch >= 0.6 * capacity {
            if a / problem.batch >= 0.4 * capacity { readA *= ceilingQuotient(featureTiles, waveFeatures) }
            if b / problem.batch >= 0.4 * capacity { readB *= ceilingQuotient(tokenTiles, waveTokens) }
        }
        let loads = a * featureTiles + b * tokenTiles
        let contiguous = readA + (problem.isWeightTransposed ? readB : 0)
        var read = readA + readB
            + contiguous * openLineOverfetch(candidate, waveTokens: waveTokens, waveFeatures: waveFeatures, perProduct: perProduct, problem)
        if hot { read -= problem.hotActivations * a + problem.hotWeights * b }
        // Rows of the output that are no multiple of a sector end in sectors which two CTAs write in parts: memory reads them first.
        let isAligned = (problem.n * problem.outputBytes).truncatingRemainder(dividingBy: 32) == 0
        let written = problem.outputFootprint * (hot ? 1 - problem.hotOutput : 1) * (isAligned ? 1 : constants.partialStore)
        return (max(read, 0) + written, loads)
    }

    /// Rows that are contiguous along k lie a whole row apart: the CTAs of a wave walk along all of theirs at once, and when those rows span
    /// more than translation covers, the loads of every slab wait for page tables. 1 for none.
    @inline(__always)
    func translationSlowdown(
        _ candidate: Candidate, split: Double, tokenTiles: Double, featureTiles: Double, _ problem: GEMMProblem
    ) -> Double {
        guard constants.translationReach > 0, problem.batch == 1, kernels.whole == nil || !problem.hasWholeTiles else { return 1 }
        let (waveFeatures, waveTokens) = wave(
            candidate, ctas: max(1, machine.units * candidate.occupancy / split), featureTiles: featureTiles, tokenTiles: tokenTiles)
        let ofWave = min(problem.m, waveTokens * candidate.tokens) + (problem.isWeightTransposed ? min(problem.n, waveFeatures * candidate.features) : 0)
        let resident = max(1, min(candidate.occupancy, featureTiles * tokenTiles * split / machine.units))
        let ofCTA = min(problem.m, candidate.tokens) + (problem.isWeightTransposed ? min(problem.n, candidate.features) : 0)
        let rows = min(ofWave, constants.translationUnits * resident * ofCTA)
        let x = rows * problem.k * elementBytes / constants.translationReach
        return 1 + constants.translationPenalty * x * x / (1 + x * x)
    }

    /// Bytes fetched again, for each byte of operands contiguous along k, because a slab uses 32 bytes of a 128-byte line and the line is gone
    /// when the next slab wants the rest.
    ///
    /// Every row of an operand that is contiguous along k keeps one line open for as long as a CTA walks it.
    @inline(__always)
    func openLineOverfetch(
        _ candidate: Candidate, waveTokens: Double, waveFeatures: Double, perProduct: Double, _ problem: GEMMProblem
    ) -> Double {
        guard constants.sectorOverfetch > 1 else { return 0 }
        let products = min(problem.batch, max(1, perProduct / (waveTokens * waveFeatures)))
        let rowsA = products * min(problem.m, waveTokens * candidate.tokens)
        let rowsB = problem.isWeightTransposed ? products * min(problem.n, waveFeatures * candidate.features) : 0
        let x = (rowsA + rowsB) * 128 / (constants.openLineShare * machine.cacheCapacity)
        let lost = x * x / (1 + x * x)
        // Rows shorter than a page of memory share its activation.
        let activations = min(1, problem.k * elementBytes / constants.memoryPage)
        return lost * max(0, constants.sectorOverfetch * activations - 1)
    }
}
