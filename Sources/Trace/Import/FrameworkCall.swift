import Quantities
import Workload

/// A call of a framework's operator with the shapes of its inputs, as profilers and execution traces record it.
struct FrameworkCall {
    /// Name with namespace, for example `aten::addmm`.
    var name: String
    /// One list for each argument; empty for scalars. A list of tensors is flattened into `lists`.
    var dimensions: [[Int]]
    /// Shapes of the tensors of arguments that are lists of tensors.
    var lists: [[Int]]
    var types: [String]
    var strides: [[Int]]
    /// Values of scalar arguments as text, where recorded.
    var values: [String]

    /// From the arguments of a profiler's event; nil without shapes (recorded only with `record_shapes=True`).
    init?(event: ChromeEvent) {
        guard let dimensions = event[argument: "Input Dims"]?.elements else { return nil }
        name = event.name
        lists = dimensions.flatMap { $0.elements?.compactMap { inner in inner.elements.flatMap(Self.shape) } ?? [] }
        self.dimensions = dimensions.map { $0.elements.flatMap(Self.shape) ?? [] }
        types = event[argument: "Input type"]?.elements?.map { $0.text ?? "" } ?? []
        strides = event[argument: "Input Strides"]?.elements?.map { $0.elements.flatMap(Self.shape) ?? [] } ?? []
        values = event[argument: "Concrete Inputs"]?.elements?.map { $0.text ?? "" } ?? []
    }

    init(name: String, dimensions: [[Int]], lists: [[Int]], types: [String], strides: [[Int]], values: [String]) {
        self.name = name
        self.dimensions = dimensions
        self.lists = lists
        self.types = types
        self.strides = strides
        self.values = values
    }

    /// A list of non-negative whole numbers; nil when an element is anything else.
    static func shape(_ elements: [JSONNode]) -> [Int]? {
        var shape: [Int] = []
        for element in elements {
            guard let value = element.integer, value >= 0, value <= 1 << 40 else { return nil }
            shape.append(value)
        }
        return shape
    }

    /// Shape of an argument, nil for scalars and missing ones.
    func tensor(_ index: Int) -> [Int]? {
        guard dimensions.indices.contains(index), !dimensions[index].isEmpty else { return nil }
        return dimensions[index]
    }

    /// Element format of an argument.
    func format(_ index: Int) -> NumberFormat? {
        guard types.indices.contains(index) else { return nil }
        return TensorDescription.format(ofType: types[index])
    }

    func isTrue(_ index: Int) -> Bool { values.indices.contains(index) && values[index].lowercased() == "true" }

    /// Whether a matrix argument is stored with its rows contiguous along the first dimension, as a transposed weight is.
    func isTransposed(_ index: Int) -> Bool {
        guard strides.indices.contains(index), strides[index].count >= 2 else { return false }
        return strides[index][strides[index].count - 2] == 1 && strides[index][strides[index].count - 1] != 1
    }
}

extension [Int] {
    /// Elements of a tensor of this shape; nil beyond 2^53, which no memory holds.
    var elementCount: Int? {
        var product = 1
        for dimension in self {
            let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
            guard !overflows, next <= 1 << 53 else { return nil }
            product = next
        }
        return product
    }
}
