import Quantities

/// One transformer operator with its exact shape and number formats: what is to be computed, never how or how fast.
///
/// It is a flat value: equal operators compare equal, so a projection of one layer serves all its copies.
public enum Operator: Hashable, Sendable {
    case matrixMultiply(MatrixMultiply)
    case attention(Attention)
    case rowwise(Rowwise)
    case elementwise(Elementwise)
    case rotary(RotaryEmbedding)
    case gather(Gather)
    case sampling(Sampling)
    case mixtureOfExperts(MixtureOfExperts)
    case collective(Collective)
    case copy(MemoryCopy)

    /// The family that measured data, tables and intervals are grouped by.
    public var family: OperatorFamily {
        switch self {
        case .matrixMultiply: .matrixMultiply
        case .attention: .attention
        case .rowwise: .rowwise
        case .elementwise, .rotary, .gather, .copy: .elementwise
        case .sampling: .sampling
        case .mixtureOfExperts: .mixtureOfExperts
        case .collective: .collective
        }
    }

    /// Arithmetic that the operator asks for; a multiply-add counts as two, masked-out attention scores count as none.
    public var operations: Operations { shape.operations }
    /// Bytes that must be read at least once.
    public var bytesRead: Bytes { shape.bytesRead }
    /// Bytes that must be written at least once.
    public var bytesWritten: Bytes { shape.bytesWritten }

    /// The payload, as the protocol that all payloads share.
    public var shape: any OperatorShape {
        switch self {
        case .matrixMultiply(let shape): shape
        case .attention(let shape): shape
        case .rowwise(let shape): shape
        case .elementwise(let shape): shape
        case .rotary(let shape): shape
        case .gather(let shape): shape
        case .sampling(let shape): shape
        case .mixtureOfExperts(let shape): shape
        case .collective(let shape): shape
        case .copy(let shape): shape
        }
    }
}

/// What every operator can say of itself without knowing any hardware.
public protocol OperatorShape: Hashable, Sendable {
    /// Arithmetic asked for; a multiply-add counts as two.
    var operations: Operations { get }
    /// Bytes that must be read at least once (compulsory traffic).
    var bytesRead: Bytes { get }
    /// Bytes that must be written at least once.
    var bytesWritten: Bytes { get }
}

/// The families that measured CSVs, error tables and intervals are grouped by.
public enum OperatorFamily: String, CaseIterable, Hashable, Sendable, Comparable {
    case matrixMultiply = "gemm"
    case attention
    case rowwise
    case elementwise
    case sampling
    case mixtureOfExperts = "moe"
    case collective

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
