import COneDNN

/// A matrix product by oneDNN alone, on its own threads, weights packed: the baseline that `PackedMatrix` is measured against.
public final class LibraryProduct {
    private let primitive: ProductPrimitive
    private let packed: OneDNNMemory
    private let stream: OneDNNStream

    /// - Throws: when the library refuses the shape.
    public init(_ source: MatrixSource, m: Int) throws(KernelError) {
        stream = try OneDNNStream()
        primitive = try ProductPrimitive(format: .f32, m: m, n: source.n, k: source.k, stride: source.n)
        packed = try ProductPrimitive.pack(
            source.values, type: dnnl_f32, k: source.k, n: source.n, strides: source.strides, into: primitive.packedDescription, stream: stream)
    }

    /// C[m, n] = A[m, k] B in fp32.
    public func run(_ a: FloatPointer, to c: MutableFloatPointer) throws(KernelError) {
        try primitive.run(a: a, packed: packed, c: c, stream: stream)
        try OneDNN.check(dnnl_stream_wait(stream.handle), "dnnl_stream_wait")
    }

    /// Threads that the library's OpenMP uses for calls of this thread; absent where it has none.
    public static func setThreads(_ count: Int) { OneDNN.setThreads(count) }

    /// The library's version.
    public static var version: String { OneDNN.version }
}
