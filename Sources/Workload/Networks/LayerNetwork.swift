import Quantities

/// A network of convolutions, linear and recurrent layers: what ran before transformers, on the same operators.
///
/// A convolution is the matrix product that implicit-GEMM kernels compute (Chetlur et al., "cuDNN", 2014): rows are output pixels, columns
/// output channels, and the contracted dimension is input channels times the filter's area.
public struct LayerNetwork: Hashable, Sendable {
    public var id: String
    public var aliases: [String]
    /// Where the dimensions come from.
    public var source: String
    public var layers: [NetworkLayer]
    /// Tokens of a sequence for recurrent networks, nil for images.
    public var takesSequences: Bool

    init(_ id: String, aliases: [String] = [], source: String, takesSequences: Bool = false, layers: [NetworkLayer]) {
        self.id = id
        self.aliases = aliases
        self.source = source
        self.takesSequences = takesSequences
        self.layers = layers
    }

    /// Weights and biases, exact.
    public var parameters: Int { layers.reduce(0) { $0 + $1.parameters } }
}

/// One layer of a `LayerNetwork`.
public enum NetworkLayer: Hashable, Sendable {
    /// Square filters over `size` x `size` outputs; `groups` splits channels into independent convolutions. A ReLU follows.
    case convolution(name: String, inputChannels: Int, outputChannels: Int, filter: Int, outputSize: Int, groups: Int)
    /// The maximum of `window` x `window` inputs for each of `outputSize` x `outputSize` outputs.
    case pooling(name: String, channels: Int, window: Int, outputSize: Int)
    /// A fully connected layer over one vector an image, with or without ReLU.
    case linear(name: String, inputs: Int, outputs: Int, hasActivation: Bool)
    /// A row of a table for each token.
    case embedding(name: String, rows: Int, width: Int)
    /// `depth` LSTM layers of `width` cells that step through the sequence one token at a time.
    case recurrent(name: String, width: Int, depth: Int)
    /// Logits for every token.
    case projection(name: String, inputs: Int, vocabulary: Int)

    /// Weights and biases.
    public var parameters: Int {
        switch self {
        case .convolution(_, let inputs, let outputs, let filter, _, let groups): inputs / groups * outputs * filter * filter + outputs
        case .pooling: 0
        case .linear(_, let inputs, let outputs, _): inputs * outputs + outputs
        case .embedding(_, let rows, let width): rows * width
        // Four gates over input and state of equal width (Hochreiter and Schmidhuber, 1997; Sutskever et al., 2014).
        case .recurrent(_, let width, let depth): depth * (4 * width * 2 * width + 4 * width)
        case .projection(_, let inputs, let vocabulary): inputs * vocabulary + vocabulary
        }
    }

    /// The operators of one forward pass over `batch` images, or sequences of `tokens`.
    func operators(batch: Int, tokens: Int, request: WorkloadRequest) -> [PlacedOperator] {
        let scheme = request.quantization.matrixScheme(activations: request.format)
        let format = request.storedFormat
        func product(_ name: String, groups: Int = 1, rows: Int, inputs: Int, outputs: Int, count: Int = 1) -> PlacedOperator {
            PlacedOperator(
                name: name, shape: .matrixMultiply(MatrixMultiply(batch: groups, m: rows, n: outputs, k: inputs, scheme: scheme, hasBias: true)), count: count)
        }
        func elementwise(_ name: String, _ function: Elementwise.Function, _ elements: Int, inputs: Int = 1, count: Int = 1) -> PlacedOperator {
            PlacedOperator(name: name, shape: .elementwise(Elementwise(function, elements: elements, inputs: inputs, format: format)), count: count)
        }
        switch self {
        case .convolution(let name, let inputs, let outputs, let filter, let size, let groups):
            let pixels = batch * size * size
            return [
                product(name, groups: groups, rows: pixels, inputs: inputs / groups * filter * filter, outputs: outputs / groups),
                elementwise("\(name).relu", .relu, pixels * outputs),
            ]
        case .pooling(let name, let channels, let window, let size):
            // One comparison with each input, counted as an addition of as many tensors.
            return [elementwise(name, .add, batch * size * size * channels, inputs: window * window)]
        case .linear(let name, let inputs, let outputs, let hasActivation):
            let layer = product(name, rows: batch, inputs: inputs, outputs: outputs)
            return hasActivation ? [layer, elementwise("\(name).relu", .relu, batch * outputs)] : [layer]
        case .embedding(let name, let rows, let width):
            return [PlacedOperator(name: name, shape: .gather(Gather(rows: batch * tokens, columns: width, tableRows: rows, format: format)))]
        case .recurrent(let name, let width, let depth):
            let steps = tokens * depth
            return [
                product("\(name).gates", rows: batch, inputs: 2 * width, outputs: 4 * width, count: steps),
                elementwise("\(name).sigmoid", .sigmoid, batch * 3 * width, count: steps),
                elementwise("\(name).tanh", .tanh, batch * 2 * width, count: steps),
                elementwise("\(name).multiply", .mul, batch * 3 * width, inputs: 2, count: steps),
                elementwise("\(name).add", .add, batch * width, inputs: 2, count: steps),
            ]
        case .projection(let name, let inputs, let vocabulary):
            return [
                product(name, rows: batch * tokens, inputs: inputs, outputs: vocabulary),
                PlacedOperator(
                    name: "\(name).softmax", shape: .rowwise(Rowwise(.softmax, rows: batch * tokens, columns: vocabulary, format: format))),
            ]
        }
    }
}
