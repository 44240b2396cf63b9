import COneDNN

/// How a matrix product stores and multiplies its operands.
public enum ProductFormat: String, CaseIterable, Sendable {
    case f32
    /// bfloat16 operands, fp32 sums and results.
    case bf16
    /// Signed 8-bit operands, 32-bit sums.
    case s8s8
    /// Unsigned 8-bit A, signed 8-bit B, 32-bit sums: the fastest form of VNNI.
    case u8s8

    var a: dnnl_data_type_t { self == .f32 ? dnnl_f32 : self == .bf16 ? dnnl_bf16 : self == .s8s8 ? dnnl_s8 : dnnl_u8 }
    var b: dnnl_data_type_t { self == .f32 ? dnnl_f32 : self == .bf16 ? dnnl_bf16 : dnnl_s8 }
    var c: dnnl_data_type_t { self == .f32 || self == .bf16 ? dnnl_f32 : dnnl_s32 }
    var bytesOfA: Int { self == .f32 ? 4 : self == .bf16 ? 2 : 1 }
    /// Bytes of one element of B.
    public var bytesOfB: Int { self == .f32 ? 4 : self == .bf16 ? 2 : 1 }
}

/// C[m, n] = A[m, k] B[k, n] for one m, through oneDNN, with B already in the library's own packed layout.
///
/// A and C are row-major; rows of C are `stride` elements apart so that column blocks of one C can be written side by side.
final class ProductPrimitive: @unchecked Sendable {
    let packedDescription: dnnl_memory_desc_t
    private let primitive: dnnl_primitive_t
    private let a: OneDNNMemory
    private let c: OneDNNMemory

    init(format: ProductFormat, m: Int, n: Int, k: Int, stride: Int) throws(KernelError) {
        let engine = try OneDNN.instance().engine
        var aDescription = try Self.rowMajor(format.a, m, k, stride: k)
        var cDescription = try Self.rowMajor(format.c, m, n, stride: stride)
        var bDescription = dnnl_memory_desc_t()
        let dimensions = [dnnl_dim_t(k), dnnl_dim_t(n)]
        try OneDNN.check(dnnl_memory_desc_init_by_tag(&bDescription, 2, dimensions, format.b, dnnl_format_tag_any), "dnnl_memory_desc_init_by_tag")
        var operation = dnnl_matmul_desc_t()
        try OneDNN.check(dnnl_matmul_desc_init(&operation, &aDescription, &bDescription, nil, &cDescription), "dnnl_matmul_desc_init")
        var description: dnnl_primitive_desc_t?
        try OneDNN.check(
            dnnl_primitive_desc_create(&description, &operation, nil, engine, nil), "matrix product \(m)x\(n)x\(k) in \(format.rawValue)")
        defer { dnnl_primitive_desc_destroy(description) }
        guard let packed = dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0) else {
            throw KernelError(.library, "oneDNN describes no packed weights for \(m)x\(n)x\(k)")
        }
        packedDescription = packed.pointee
        var primitive: dnnl_primitive_t?
        try OneDNN.check(dnnl_primitive_create(&primitive, description), "dnnl_primitive_create")
        guard let primitive else { throw KernelError(.library, "oneDNN gave no primitive") }
        self.primitive = primitive
        // Any address serves until the first call sets the real ones.
        let nowhere = UnsafeMutableRawPointer(bitPattern: 64)
        a = try OneDNNMemory(&aDescription, buffer: nowhere)
        c = try OneDNNMemory(&cDescription, buffer: nowhere)
    }

    deinit { dnnl_primitive_destroy(primitive) }

    /// One product on the calling thread.
    func run(
        a aBuffer: UnsafeRawPointer, packed b: OneDNNMemory, c cBuffer: UnsafeMutableRawPointer, stream: OneDNNStream
    ) throws(KernelError) {
        try a.point(to: UnsafeMutableRawPointer(mutating: aBuffer))
        try c.point(to: cBuffer)
        let status = withUnsafeTemporaryAllocation(of: dnnl_exec_arg_t.self, capacity: 3) { arguments in
            arguments.initializeElement(at: 0, to: dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: a.handle))
            arguments.initializeElement(at: 1, to: dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: b.handle))
            arguments.initializeElement(at: 2, to: dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: c.handle))
            return dnnl_primitive_execute(primitive, stream.handle, 3, arguments.baseAddress)
        }
        try OneDNN.check(status, "dnnl_primitive_execute")
    }

    static func rowMajor(_ type: dnnl_data_type_t, _ rows: Int, _ columns: Int, stride: Int) throws(KernelError) -> dnnl_memory_desc_t {
        guard rows > 0, columns > 0 else { throw KernelError(.invalidShape, "matrix of \(rows) x \(columns): both must be positive") }
        var description = dnnl_memory_desc_t()
        let dimensions = [dnnl_dim_t(rows), dnnl_dim_t(columns)]
        let strides = [dnnl_dim_t(stride), 1]
        try OneDNN.check(dnnl_memory_desc_init_by_strides(&description, 2, dimensions, type, strides), "dnnl_memory_desc_init_by_strides")
        return description
    }

    /// Repacks B from `source` (strides given) into the layout this primitive wants.
    static func pack(
        _ source: UnsafeRawPointer, type: dnnl_data_type_t, k: Int, n: Int, strides: (k: Int, n: Int), into target: dnnl_memory_desc_t,
        stream: OneDNNStream
    ) throws(KernelError) -> OneDNNMemory {
        let engine = try OneDNN.instance().engine
        var sourceDescription = dnnl_memory_desc_t()
        let dimensions = [dnnl_dim_t(k), dnnl_dim_t(n)]
        let steps = [dnnl_dim_t(strides.k), dnnl_dim_t(strides.n)]
        try OneDNN.check(
            dnnl_memory_desc_init_by_strides(&sourceDescription, 2, dimensions, type, steps), "dnnl_memory_desc_init_by_strides")
        var targetDescription = target
        let input = try OneDNNMemory(&sourceDescription, buffer: UnsafeMutableRawPointer(mutating: source))
        let output = try OneDNNMemory(&targetDescription, buffer: nil)
        var description: dnnl_primitive_desc_t?
        try OneDNN.check(
            dnnl_reorder_primitive_desc_create(&description, &sourceDescription, engine, &targetDescription, engine, nil), "reorder of weights")
        defer { dnnl_primitive_desc_destroy(description) }
        var primitive: dnnl_primitive_t?
        try OneDNN.check(dnnl_primitive_create(&primitive, description), "dnnl_primitive_create")
        defer { dnnl_primitive_destroy(primitive) }
        let arguments = [
            dnnl_exec_arg_t(arg: DNNL_ARG_FROM, memory: input.handle), dnnl_exec_arg_t(arg: DNNL_ARG_TO, memory: output.handle),
        ]
        try OneDNN.check(dnnl_primitive_execute(primitive, stream.handle, 2, arguments), "dnnl_primitive_execute")
        try OneDNN.check(dnnl_stream_wait(stream.handle), "dnnl_stream_wait")
        return output
    }
}
