import Quantities

extension PlacedOperator {
    /// The operators of this one's backward pass: for a linear layer the gradients of input and weights, one product of equal size each.
    ///
    /// Element-wise kernels run once for each input's gradient and read one tensor more; norms read input and gradient (one kernel for
    /// the input's gradient, one for the gain's). Reductions turn round: what was summed forward is copied backward and the reverse.
    var gradientOperators: [PlacedOperator] {
        func placed(_ suffix: String, _ shape: Operator, times: Int = 1) -> PlacedOperator {
            PlacedOperator(name: "\(name).\(suffix)", shape: shape, count: count * times)
        }
        switch shape {
        case .matrixMultiply(let product):
            var input = product
            (input.n, input.k) = (product.k, product.n)
            (input.isWeightTransposed, input.hasBias) = (!product.isWeightTransposed, false)
            var weight = product
            // dB = A^T dC: contracted over the rows.
            (weight.m, weight.n, weight.k) = (product.k, product.n, product.m)
            (weight.hasWeights, weight.isWeightTransposed, weight.hasBias) = (false, false, false)
            let gradients = [placed("input_gradient", .matrixMultiply(input)), placed("weight_gradient", .matrixMultiply(weight))]
            guard product.hasBias else { return gradients }
            // The bias's gradient is a sum over all rows of dC, which is read once: the bytes of an elementwise kernel over half of it.
            let sum = Elementwise(.add, elements: max(1, product.batch * product.m * product.n / 2), inputs: 1, format: product.scheme.output)
            return gradients + [placed("bias_gradient", .elementwise(sum))]
        case .attention(var attention):
            attention.isBackward = true
            return [placed("gradient", .attention(attention))]
        case .rowwise(let norm):
            var pass = norm
            if norm.function == .addRMSNorm { pass.function = .rmsNorm }
            if norm.function == .addLayerNorm { pass.function = .layerNorm }
            return [placed("gradient", .rowwise(pass), times: norm.function == .softmax ? 1 : 2)]
        case .elementwise(var function):
            let outputs = function.inputs
            switch function.function {
            // The gradient of a sum is the same tensor for both terms; where a residual stream forks, those of its branches are added.
            case .add where name.hasSuffix("residual"): return [placed("gradient", .elementwise(function))]
            case .add, .addScalar: return []
            // Scaling (dropout too) and copying read the gradient alone.
            case .mulScalar, .divScalar, .cast: break
            // Each factor's gradient reads the sum's and the other factor.
            case .mul: function.inputs = 2
            default: function.inputs += 1
            }
            return [placed("gradient", .elementwise(function), times: outputs)]
        case .rotary: return [placed("gradient", shape)]
        case .gather(let gather):
            // Gradients are added into the table's rows.
            let addition = Elementwise(
                .add, elements: gather.rows * gather.columns, inputs: 2, rowWidth: gather.columns, format: gather.format)
            return [placed("gradient", .elementwise(addition))]
        case .mixtureOfExperts(let layer):
            return [placed("input_gradient", .mixtureOfExperts(layer)), placed("weight_gradient", .mixtureOfExperts(layer))]
        case .collective(var collective):
            switch collective.pattern {
            case .allGather: collective.pattern = .reduceScatter
            case .reduceScatter: collective.pattern = .allGather
            default: break
            }
            return [placed("gradient", .collective(collective))]
        case .sampling, .copy: return []
        }
    }
}
