import COneDNN
import Foundation

/// The oneDNN library of this process: its CPU engine, and calls whose status becomes an error.
///
/// Primitives run single-threaded on our own workers, each over its block of output columns. oneDNN's own threads come from OpenMP, whose
/// spinning barriers and ours would fight for the same cores; column blocks need no barrier inside a product.
final class OneDNN: Sendable {
    nonisolated(unsafe) let engine: dnnl_engine_t
    static let shared = Result { () throws(KernelError) -> OneDNN in try OneDNN() }

    private init() throws(KernelError) {
        // A forced instruction set binds the library too; it can be told only before anything else.
        if let name = ProcessInfo.processInfo.environment[InstructionSet.variable], let set = InstructionSet(rawValue: name) { Self.limit(to: set) }
        var engine: dnnl_engine_t?
        try Self.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "dnnl_engine_create")
        guard let engine else { throw KernelError(.library, "oneDNN gave no CPU engine") }
        self.engine = engine
    }

    static func instance() throws(KernelError) -> OneDNN { try shared.get() }

    private static func limit(to set: InstructionSet) {
        switch set {
        case .baseline: dnnl_set_max_cpu_isa(dnnl_cpu_isa_sse41)
        case .avx2: dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx2)
        case .avx512: break
        }
    }

    /// Whether the library multiplies bfloat16 here: it needs AVX-512, and emulates the dot product where only that is missing.
    static func hasBF16() throws(KernelError) -> Bool {
        _ = try instance()
        return dnnl_get_effective_cpu_isa().rawValue & dnnl_cpu_isa_avx512_core.rawValue == dnnl_cpu_isa_avx512_core.rawValue
    }

    /// Makes OpenMP, if oneDNN brought it, use the calling thread alone. OpenMP keeps the number for each thread, so each call of a product sets it.
    static func useCallingThreadOnly() { setThreads(1) }

    /// Sets how many threads OpenMP uses for calls of the calling thread.
    static func setThreads(_ count: Int) {
        setNumberOfThreads?(Int32(count))
    }

    private static let setNumberOfThreads: (@convention(c) (Int32) -> Void)? =
        dlsym(UnsafeMutableRawPointer(bitPattern: 0), "omp_set_num_threads").map { unsafeBitCast($0, to: (@convention(c) (Int32) -> Void).self) }

    /// The version of the library, for example `2.6.3`.
    static var version: String {
        guard let version = dnnl_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.patch)"
    }

    /// - Throws: when the status is not success, with the library's name for it.
    static func check(_ status: dnnl_status_t, _ call: String) throws(KernelError) {
        guard status != dnnl_success else { return }
        let name = dnnl_status2str(status).map { String(cString: $0) } ?? "status \(status.rawValue)"
        throw KernelError(status == dnnl_unimplemented ? .unsupported : .library, "\(call): \(name)")
    }
}

/// A stream of the engine: one a worker, since a stream serves one thread at a time.
final class OneDNNStream: @unchecked Sendable {
    let handle: dnnl_stream_t

    init() throws(KernelError) {
        var stream: dnnl_stream_t?
        try OneDNN.check(dnnl_stream_create(&stream, try OneDNN.instance().engine, dnnl_stream_default_flags.rawValue), "dnnl_stream_create")
        guard let stream else { throw KernelError(.library, "oneDNN gave no stream") }
        handle = stream
    }

    deinit { dnnl_stream_destroy(handle) }
}

/// A description of a memory object over somebody's buffer; released with this owner.
final class OneDNNMemory: @unchecked Sendable {
    let handle: dnnl_memory_t
    /// The buffer that this object allocated itself, if it did.
    private let owned: UnsafeMutableRawPointer?

    /// A view of `buffer`, or an own buffer of the described size when nil.
    init(_ description: UnsafePointer<dnnl_memory_desc_t>, buffer: UnsafeMutableRawPointer?) throws(KernelError) {
        owned = buffer == nil
            ? UnsafeMutableRawPointer.allocate(byteCount: max(64, dnnl_memory_desc_get_size(description)), alignment: 64) : nil
        var memory: dnnl_memory_t?
        let status = dnnl_memory_create(&memory, description, try OneDNN.instance().engine, buffer ?? owned)
        guard status == dnnl_success, let memory else {
            owned?.deallocate()
            try OneDNN.check(status, "dnnl_memory_create")
            throw KernelError(.library, "oneDNN gave no memory object")
        }
        handle = memory
    }

    func point(to buffer: UnsafeMutableRawPointer) throws(KernelError) {
        try OneDNN.check(dnnl_memory_set_data_handle(handle, buffer), "dnnl_memory_set_data_handle")
    }

    deinit {
        dnnl_memory_destroy(handle)
        owned?.deallocate()
    }
}
