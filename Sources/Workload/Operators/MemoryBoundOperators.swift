import Quantities

/// A reduction and rescaling over each row of a [rows, columns] tensor.
public struct Rowwise: OperatorShape {
    public enum Function: String, Hashable, Sendable, CaseIterable {
        case softmax
        case layerNorm = "layernorm"
        case rmsNorm = "rmsnorm"
        /// Residual add fused with the following RMSNorm: two inputs, two outputs.
        case addRMSNorm = "add_rmsnorm"
        /// Residual add fused with the following LayerNorm: two inputs, two outputs.
        case addLayerNorm = "add_layernorm"
    }

    public var function: Function
    public var rows: Int
    public var columns: Int
    public var format: NumberFormat

    public init(_ function: Function, rows: Int, columns: Int, format: NumberFormat) {
        self.function = function
        self.rows = rows
        self.columns = columns
        self.format = format
    }

    /// Elements of the tensor.
    public var elements: Double { Double(rows) * Double(columns) }
    private var isFusedAdd: Bool { function == .addRMSNorm || function == .addLayerNorm }
    /// Operations per element: softmax max, subtract, exp, sum, divide; LayerNorm mean, centre, square, sum, scale, gain, bias;
    /// RMSNorm square, sum, scale, gain; a fused add is one more.
    public var operations: Operations {
        let perElement: Double = switch function {
        case .softmax: 5
        case .layerNorm: 7
        case .rmsNorm: 4
        case .addLayerNorm: 8
        case .addRMSNorm: 5
        }
        return Operations(elements * perElement)
    }
    public var bytesRead: Bytes { Bytes(elements * format.bytesPerElement * (isFusedAdd ? 2 : 1)) }
    public var bytesWritten: Bytes { Bytes(elements * format.bytesPerElement * (isFusedAdd ? 2 : 1)) }
}

/// A function applied element by element.
public struct Elementwise: OperatorShape {
    public enum Function: String, Hashable, Sendable, CaseIterable {
        case add, mul, div, pow, relu, gelu, tanh, silu, elu, cast
        case addScalar = "add_scalar"
        case mulScalar = "mul_scalar"
        case divScalar = "div_scalar"
        case powScalar = "pow_scalar"
        /// silu(gate) x up: two inputs, one output.
        case siluMul = "silu_mul"
        /// gelu(gate) x up: two inputs, one output.
        case geluMul = "gelu_mul"
        case sigmoid
        case exp
        /// Adam: reads gradient, two moments and master copy, writes the last three.
        case adamUpdate = "adam_update"
        /// Momentum: reads gradient, momentum and master copy, writes the last two.
        case sgdUpdate = "sgd_update"
    }

    public var function: Function
    /// Elements of the output.
    public var elements: Int
    /// Tensor operands read, each as large as the output.
    public var inputs: Int
    /// Elements of one row of the output (its last dimension), where the kernel works row by row; nil for flat kernels.
    public var rowWidth: Int?
    public var format: NumberFormat

    public init(_ function: Function, elements: Int, inputs: Int, rowWidth: Int? = nil, format: NumberFormat) {
        self.function = function
        self.elements = elements
        self.inputs = inputs
        self.rowWidth = rowWidth
        self.format = format
    }

    /// One operation an element for arithmetic, eight for functions with an exponential or power (a counting convention).
    public var operations: Operations {
        let perElement: Double = switch function {
        case .add, .mul, .div, .relu, .addScalar, .mulScalar, .divScalar, .cast: 1
        case .pow, .powScalar, .gelu, .tanh, .silu, .elu, .sigmoid, .exp: 8
        case .siluMul, .geluMul: 9
        // Two moving averages (3 each), two bias corrections, root, sum, quotient, decay, step.
        case .adamUpdate: 14
        case .sgdUpdate: 4
        }
        return Operations(Double(elements) * perElement)
    }
    public var bytesRead: Bytes { Bytes(Double(elements) * Double(inputs) * format.bytesPerElement) }
    /// Tensors written, each as large as `elements`.
    public var outputs: Int {
        switch function {
        case .adamUpdate: 3
        case .sgdUpdate: 2
        default: 1
        }
    }
    public var bytesWritten: Bytes { Bytes(Double(elements) * Double(outputs) * format.bytesPerElement) }
}

/// Rotary position embedding of queries and keys, in place.
public struct RotaryEmbedding: OperatorShape {
    public var tokens: Int
    /// Query heads plus key heads.
    public var heads: Int
    /// Elements rotated per head.
    public var dimension: Int
    public var format: NumberFormat

    public init(tokens: Int, heads: Int, dimension: Int, format: NumberFormat) {
        self.tokens = tokens
        self.heads = heads
        self.dimension = dimension
        self.format = format
    }

    private var elements: Double { Double(tokens) * Double(heads) * Double(dimension) }
    /// Two multiplications and one addition per element.
    public var operations: Operations { Operations(3 * elements) }
    /// The tensor, and one cosine and sine per token and half dimension in fp32.
    public var bytesRead: Bytes { Bytes(elements * format.bytesPerElement + Double(tokens) * Double(dimension) * 4) }
    public var bytesWritten: Bytes { Bytes(elements * format.bytesPerElement) }
}

/// Rows of a table picked by index: token and position embeddings.
public struct Gather: OperatorShape {
    /// Rows picked.
    public var rows: Int
    /// Elements per row.
    public var columns: Int
    /// Rows of the table.
    public var tableRows: Int
    public var format: NumberFormat

    public init(rows: Int, columns: Int, tableRows: Int, format: NumberFormat) {
        self.rows = rows
        self.columns = columns
        self.tableRows = tableRows
        self.format = format
    }

    public var operations: Operations { .zero }
    /// The rows picked, and one 4-byte index each.
    public var bytesRead: Bytes { Bytes(Double(rows) * (Double(columns) * format.bytesPerElement + 4)) }
    public var bytesWritten: Bytes { Bytes(Double(rows) * Double(columns) * format.bytesPerElement) }
}

/// The next token of each sequence from its logits.
public struct Sampling: OperatorShape {
    public enum Method: String, Hashable, Sendable, CaseIterable { case greedy, topK = "top_k", topP = "top_p" }

    public var method: Method
    public var rows: Int
    public var vocabulary: Int
    public var format: NumberFormat

    public init(_ method: Method, rows: Int, vocabulary: Int, format: NumberFormat) {
        self.method = method
        self.rows = rows
        self.vocabulary = vocabulary
        self.format = format
    }

    /// One comparison per logit; top-k and top-p also exponentiate and add.
    public var operations: Operations { Operations(Double(rows) * Double(vocabulary) * (method == .greedy ? 1 : 3)) }
    public var bytesRead: Bytes { Bytes(Double(rows) * Double(vocabulary) * format.bytesPerElement) }
    public var bytesWritten: Bytes { Bytes(Double(rows) * 4) }
}

/// A copy within a device's memory, or between host and device.
public struct MemoryCopy: OperatorShape {
    public enum Route: String, Hashable, Sendable, CaseIterable { case deviceToDevice, hostToDevice, deviceToHost }

    public var route: Route
    public var bytes: Int

    public init(_ route: Route, bytes: Int) {
        self.route = route
        self.bytes = bytes
    }

    public var operations: Operations { .zero }
    public var bytesRead: Bytes { Bytes(Double(bytes)) }
    public var bytesWritten: Bytes { Bytes(Double(bytes)) }
}
