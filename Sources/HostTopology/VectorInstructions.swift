import CProcessor

/// The vector instructions that the processor and the operating system offer together.
public struct VectorInstructions: Hashable, Sendable {
    /// The widest set that the kernels are built for.
    public enum Level: String, CaseIterable, Hashable, Sendable, Comparable {
        case baseline, avx2, avx512

        public static func < (left: Level, right: Level) -> Bool { left.vectorBits < right.vectorBits }

        /// Bits of one vector register.
        public var vectorBits: Int {
            switch self {
            case .baseline: 128
            case .avx2: 256
            case .avx512: 512
            }
        }
    }

    public var level: Level
    /// Whether 8-bit dot products (AVX-512 VNNI) exist.
    public var hasVNNI: Bool
    /// Whether bfloat16 dot products (AVX-512 BF16) exist.
    public var hasBF16: Bool

    public init(level: Level, hasVNNI: Bool, hasBF16: Bool) {
        self.level = level
        self.hasVNNI = hasVNNI
        self.hasBF16 = hasBF16
    }

    /// What CPUID and the operating system say of this machine.
    public static var current: VectorInstructions {
        let level: Level = CProcessor_supportsAVX512() ? .avx512 : CProcessor_supportsAVX2() ? .avx2 : .baseline
        return VectorInstructions(level: level, hasVNNI: CProcessor_supportsVNNI(), hasBF16: CProcessor_supportsBF16())
    }
}
