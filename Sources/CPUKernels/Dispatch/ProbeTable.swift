import CPUKernelsAVX2
import CPUKernelsAVX512
import CPUKernelsBaseline

/// The probe loops of one instruction set, as plain function values; shapes and meaning are documented at `ProbeLoops`.
public struct ProbeTable: Sendable {
    public let instructionSet: InstructionSet
    /// (chains, iterations, factor)
    public let multiplyAdds: @Sendable (Int, Int, Float) -> Float
    /// (iterations, addend, mask)
    public let dependentAdds: @Sendable (Int, Int, Int) -> Int
    /// (x, count, passes)
    public let read: @Sendable (FloatPointer, Int, Int) -> Float
    /// (x, y, z, count, passes, factor)
    public let triad: @Sendable (FloatPointer, FloatPointer, MutableFloatPointer, Int, Int, Float) -> Void
    /// (z, count, passes, value)
    public let write: @Sendable (MutableFloatPointer, Int, Int, Float) -> Void
    /// (start, steps)
    public let chase: @Sendable (UnsafeRawPointer, Int) -> UnsafeRawPointer

    /// The loops of an instruction set.
    ///
    /// - Throws: when this machine does not run it.
    public init(_ instructionSet: InstructionSet) throws(KernelError) {
        guard InstructionSet.supported.contains(instructionSet) else {
            throw KernelError(.unsupported, "this processor does not run \(instructionSet.rawValue) loops")
        }
        self.instructionSet = instructionSet
        switch instructionSet {
        case .baseline:
            typealias Loops = CPUKernelsBaseline.ProbeLoops
            multiplyAdds = { Loops.multiplyAdds(chains: $0, iterations: $1, factor: $2) }
            dependentAdds = { Loops.dependentAdds(iterations: $0, $1, $2) }
            read = { Loops.read($0, count: $1, passes: $2) }
            triad = { Loops.triad($0, $1, $2, count: $3, passes: $4, factor: $5) }
            write = { Loops.write($0, count: $1, passes: $2, value: $3) }
            chase = { Loops.chase($0, steps: $1) }
        case .avx2:
            typealias Loops = CPUKernelsAVX2.ProbeLoops
            multiplyAdds = { Loops.multiplyAdds(chains: $0, iterations: $1, factor: $2) }
            dependentAdds = { Loops.dependentAdds(iterations: $0, $1, $2) }
            read = { Loops.read($0, count: $1, passes: $2) }
            triad = { Loops.triad($0, $1, $2, count: $3, passes: $4, factor: $5) }
            write = { Loops.write($0, count: $1, passes: $2, value: $3) }
            chase = { Loops.chase($0, steps: $1) }
        case .avx512:
            typealias Loops = CPUKernelsAVX512.ProbeLoops
            multiplyAdds = { Loops.multiplyAdds(chains: $0, iterations: $1, factor: $2) }
            dependentAdds = { Loops.dependentAdds(iterations: $0, $1, $2) }
            read = { Loops.read($0, count: $1, passes: $2) }
            triad = { Loops.triad($0, $1, $2, count: $3, passes: $4, factor: $5) }
            write = { Loops.write($0, count: $1, passes: $2, value: $3) }
            chase = { Loops.chase($0, steps: $1) }
        }
    }
}
