import Quantities
import Workload

/// From the operators of PyTorch's ATen library (native_functions.yaml) to ours.
extension FrameworkCall {
    /// What a call does, as far as this reader knows.
    enum Meaning {
        case operatorShape(Operator)
        /// Changes a tensor's description or allocates: no arithmetic, no traffic.
        case bookkeeping
        /// An operator that we have no word for, or whose shapes were not recorded.
        case unknown
    }

    private static let bookkeeping: Set<String> = [
        "view", "transpose", "permute", "as_strided", "reshape", "_reshape_alias", "_unsafe_view", "expand", "slice", "narrow", "select", "split",
        "split_with_sizes", "chunk", "unsqueeze", "squeeze", "t", "numpy_T", "alias", "detach", "detach_", "empty", "empty_like", "empty_strided",
        "new_empty", "resize_", "resolve_conj", "resolve_neg", "result_type", "lift_fresh", "unbind", "flatten", "view_as", "is_nonzero", "item",
        "_local_scalar_dense", "size", "stride", "set_", "record_stream", "dropout", "to", "_to_copy", "contiguous", "clone", "unflatten",
        "expand_as", "movedim", "swapaxes", "zeros", "ones", "full", "fill_", "zero_", "arange", "scalar_tensor", "layer_norm", "softmax",
        "broadcast_to", "data", "result", "reshape_as", "diagonal", "real", "view_as_complex", "view_as_real",
    ]

    /// Name without namespace and overload, in-place calls as their plain form.
    private var plainName: String {
        let bare = name.split(separator: ":").last.map(String.init) ?? name
        return bare.split(separator: ".").first.map(String.init) ?? bare
    }

    var meaning: Meaning {
        let plain = plainName
        if let shape = shape(of: plain) { return .operatorShape(shape) }
        return Self.bookkeeping.contains(plain) ? .bookkeeping : .unknown
    }

    private func shape(of plain: String) -> Operator? {
        switch plain {
        case "addmm", "linear", "mm", "matmul", "bmm", "baddbmm": return product(plain)
        case "scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention",
            "_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention", "_scaled_dot_product_attention_math":
            return attention(plain)
        case "native_layer_norm": return rowwise(.layerNorm)
        case "rms_norm", "_fused_rms_norm": return rowwise(.rmsNorm)
        case "_softmax", "_log_softmax", "_safe_softmax": return rowwise(.softmax)
        case "embedding", "index_select": return gather(plain)
        case "copy_": return copy(tensor(0).map { [$0] } ?? [], formatIndex: 0)
        case "cat", "stack": return copy(lists, formatIndex: 0)
        case "argmax":
            guard let logits = tensor(0), logits.count == 2, let format = format(0) else { return nil }
            return .sampling(Sampling(.greedy, rows: max(1, logits[0]), vocabulary: max(1, logits[1]), format: format))
        default: return elementwise(plain)
        }
    }

    private func product(_ plain: String) -> Operator? {
        let hasBiasFirst = plain == "addmm" || plain == "baddbmm"
        let first = hasBiasFirst ? 1 : 0
        guard let a = tensor(first), var b = tensor(first + 1), let format = format(first), a.count >= 1, b.count >= 1 else { return nil }
        // Linear's weight is [n, k].
        let isLinear = plain == "linear"
        if isLinear, b.count == 2 { b = [b[1], b[0]] }
        guard let k = a.last, b.count >= 2, b[b.count - 2] == k, let n = b.last else { return nil }
        let isBatched = b.count > 2
        guard let rows = (isBatched ? Array(a.dropLast().suffix(1)) : Array(a.dropLast())).elementCount,
            let batch = (isBatched ? Array(b.dropLast(2)) : []).elementCount
        else { return nil }
        guard rows > 0, n > 0, k > 0, batch > 0 else { return nil }
        let hasBias = hasBiasFirst || (isLinear && tensor(2) != nil)
        return .matrixMultiply(MatrixMultiply(
            batch: batch, m: rows, n: n, k: k, scheme: .uniform(format), hasWeights: !isBatched,
            isWeightTransposed: isLinear || isTransposed(first + 1), hasBias: hasBias))
    }

    private func attention(_ plain: String) -> Operator? {
        guard let query = tensor(0), let key = tensor(1), let value = tensor(2), query.count == 4, key.count == 4, value.count == 4,
            let format = format(0), (query + key + value).allSatisfy({ $0 > 0 }), query[1] % key[1] == 0
        else { return nil }
        let causal = switch plain {
        case "scaled_dot_product_attention", "_scaled_dot_product_attention_math": isTrue(5)
        case "_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention": isTrue(6)
        default: isTrue(4)
        }
        return .attention(Attention(
            phase: query[2] == 1 ? .decode : .prefill, batch: query[0], queryTokens: query[2], keyValueTokens: key[2], heads: query[1],
            keyValueHeads: key[1], headDimension: query[3], valueHeadDimension: value[3], isCausal: causal && key[2] >= query[2], query: format))
    }

    private func rowwise(_ function: Rowwise.Function) -> Operator? {
        guard let shape = tensor(0), let columns = shape.last, let rows = Array(shape.dropLast()).elementCount, rows > 0, columns > 0,
            let format = format(0)
        else { return nil }
        return .rowwise(Rowwise(function, rows: rows, columns: columns, format: format))
    }

    private func gather(_ plain: String) -> Operator? {
        let indices = plain == "embedding" ? tensor(1) : tensor(2)
        guard let table = tensor(0), table.count == 2, let rows = indices?.elementCount, rows > 0, table[0] > 0, table[1] > 0, let format = format(0)
        else { return nil }
        return .gather(Gather(rows: rows, columns: table[1], tableRows: table[0], format: format))
    }

    private func copy(_ shapes: [[Int]], formatIndex: Int) -> Operator? {
        var elements = 0
        for shape in shapes { elements += shape.elementCount ?? 0 }
        guard elements > 0 else { return nil }
        // A list of tensors has no type of its own in a profiler's trace; its elements are taken as 4 bytes.
        let bytes = Double(elements) * (format(formatIndex)?.bytesPerElement ?? 4)
        return bytes < 9e15 ? .copy(MemoryCopy(.deviceToDevice, bytes: Int(bytes))) : nil
    }

    private func elementwise(_ plain: String) -> Operator? {
        let base = plain.hasSuffix("_") ? String(plain.dropLast()) : plain
        guard let format = format(0) ?? format(1) else { return nil }
        let tensors = [tensor(0), tensor(1)].compactMap { $0 }
        let sizes = tensors.compactMap(\.elementCount)
        guard let elements = sizes.max(), elements > 0 else { return nil }
        let hasTwo = tensors.count == 2
        let function: Elementwise.Function
        switch base {
        case "add", "sub": function = hasTwo ? .add : .addScalar
        case "mul": function = hasTwo ? .mul : .mulScalar
        case "div": function = hasTwo ? .div : .divScalar
        case "pow": function = hasTwo ? .pow : .powScalar
        case "relu": function = .relu
        case "gelu": function = .gelu
        case "tanh": function = .tanh
        case "silu": function = .silu
        case "elu": function = .elu
        case "sigmoid": function = .sigmoid
        case "exp": function = .exp
        default: return nil
        }
        let takesTwo: Set<Elementwise.Function> = [.add, .mul, .div, .pow]
        // A broadcast operand is small against the output; only operands of the output's size are streamed.
        let streamed = takesTwo.contains(function) ? sizes.filter { $0 == elements }.count : 1
        let width = tensors.first { $0.elementCount == elements }?.last
        return .elementwise(Elementwise(function, elements: elements, inputs: streamed, rowWidth: width, format: format))
    }
}
