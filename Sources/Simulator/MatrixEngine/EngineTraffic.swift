import Workload

/// Bytes that matrix products move because on-chip memory holds only a part of their operands.
extension EngineMachine {
    /// Bytes read beyond the first time for C[m, n] = A[m, k] x B[k, n], once for each matrix of a batch.
    ///
    /// Half of the on-chip memory holds what is reused, the other half what streams in behind it (double buffering). An operand that fits
    /// that half is read once, and so is the other. If none fits, the compiler keeps a panel of A, a panel of B, or a square tile of
    /// C (4-byte sums), whichever reads least again (Kung, "Memory requirements for balanced computer architectures", ISCA 1986).
    /// - Parameters:
    ///   - activations: bytes of one A.
    ///   - weights: bytes of one B.
    ///   - share: share of the units, and with them of their memory, in use.
    func rereadBytes(m: Double, n: Double, activations: Double, weights: Double, share: Double) -> Double {
        let kept = onChipBytes * share / 2
        // No stated capacity: main memory is the SRAM beside the engines, or nothing is known.
        guard kept > 0, min(activations, weights) > kept else { return 0 }
        func passes(_ extent: Double, held: Double) -> Double { held < 1 ? .infinity : (extent / held.rounded(.down)).rounded(.up) }
        let panelOfA = (passes(m, held: kept / (activations / m)) - 1) * weights
        let panelOfB = (passes(n, held: kept / (weights / n)) - 1) * activations
        let side = (kept / 4).squareRoot()
        let tileOfC = (passes(n, held: side) - 1) * activations + (passes(m, held: side) - 1) * weights
        let least = min(panelOfA, panelOfB, tileOfC)
        // Less than a row on chip: each element is read for each product, which no compiler would do for a real shape.
        return least.isFinite ? least : (n - 1) * activations + (m - 1) * weights
    }
}
