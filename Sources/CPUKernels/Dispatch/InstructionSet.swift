import CProcessor
import Foundation

/// The vector instructions that the kernels of one build use.
public enum InstructionSet: String, CaseIterable, Sendable, Comparable {
    /// Whatever every x86-64 (or other) processor has; on x86-64 SSE2.
    case baseline
    /// x86-64-v3: AVX2 and FMA.
    case avx2
    /// x86-64-v4: AVX-512 F, BW, CD, DQ and VL.
    case avx512

    public static func < (left: Self, right: Self) -> Bool { left.order < right.order }
    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Instruction sets that this processor and operating system run, least first.
    public static var supported: [InstructionSet] {
        allCases.filter { set in
            switch set {
            case .baseline: true
            case .avx2: CProcessor_supportsAVX2()
            case .avx512: CProcessor_supportsAVX512()
            }
        }
    }

    /// The environment variable that forces a set, on our kernels and on oneDNN alike.
    static let variable = "RIDGELINE_SIMD"

    /// The set that kernels use: the best supported one, or what `RIDGELINE_SIMD` names if this machine supports it.
    ///
    /// - Throws: when the variable names no set, or one that this machine lacks.
    public static func selected(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(KernelError) -> InstructionSet {
        let supported = supported
        guard let name = environment[variable] else { return supported.last ?? .baseline }
        guard let set = InstructionSet(rawValue: name) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw KernelError(.unsupported, "RIDGELINE_SIMD=\(name): allowed are \(known)")
        }
        guard supported.contains(set) else {
            throw KernelError(.unsupported, "RIDGELINE_SIMD=\(name): this processor supports \(supported.map(\.rawValue).joined(separator: ", "))")
        }
        return set
    }

    /// Whether the processor multiplies bfloat16 pairs (AVX-512 BF16).
    public static var hasBF16: Bool { CProcessor_supportsBF16() }
    /// Whether the processor multiplies 8-bit quadruples (AVX-512 VNNI).
    public static var hasVNNI: Bool { CProcessor_supportsVNNI() }
}

/// A kernel that cannot run.
public struct KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The machine or the library lacks what was asked for.
        case unsupported
        /// Sizes that no kernel takes (negative, zero where forbidden).
        case invalidShape
        /// oneDNN returned an error.
        case library
    }

    public var code: Code
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
