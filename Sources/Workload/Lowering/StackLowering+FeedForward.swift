import Quantities

extension StackLowering {
    /// Dense and expert feed-forward parts of all layers of a pass.
    mutating func feedForward(_ pass: LayerPass) {
        dense("feed_forward", rows: pass.rows, width: shard.intermediate, count: pass.layers - pass.expertLayers)
        experts(pass)
    }

    private mutating func dense(_ place: String, rows: Int, width: Int, count: Int) {
        guard count > 0 else { return }
        let (hidden, bias) = (model.hidden, model.biases.feedForward)
        if model.isGated {
            if options.fusesGateAndUp {
                product("\(place).gate_up", rows: rows, from: hidden, to: 2 * width, bias: bias, count: count)
                if options.decomposesFunctions {
                    elementwise("\(place).activation", model.activation.function, rows: rows, width: width, inputs: 1, count: count)
                    elementwise("\(place).multiply", .mul, rows: rows, width: width, inputs: 2, count: count)
                } else {
                    elementwise("\(place).activation", model.activation.gatedFunction, rows: rows, width: width, inputs: 2, count: count)
                }
            } else {
                product("\(place).gate", rows: rows, from: hidden, to: width, bias: bias, count: count)
                elementwise("\(place).activation", model.activation.function, rows: rows, width: width, inputs: 1, count: count)
                product("\(place).up", rows: rows, from: hidden, to: width, bias: bias, count: count)
                elementwise("\(place).multiply", .mul, rows: rows, width: width, inputs: 2, count: count)
            }
        } else {
            product("\(place).up", rows: rows, from: hidden, to: width, bias: bias, count: count)
            activation(place, rows: rows, width: width, count: count)
        }
        product("\(place).down", rows: rows, from: width, to: hidden, bias: bias, count: count)
    }

    /// An ungated activation: one kernel, or GELU by tanh spelled out, 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    private mutating func activation(_ place: String, rows: Int, width: Int, count: Int) {
        guard options.decomposesFunctions, model.activation == .geluTanh else {
            return elementwise("\(place).activation", model.activation.function, rows: rows, width: width, inputs: 1, count: count)
        }
        // PyTorch computes whole powers up to three by multiplication (PowKernel.cu), at the cost of a product.
        let chain: [(String, Elementwise.Function, Int)] = [
            ("half", .mulScalar, 1), ("cube", .mul, 1), ("factor", .mulScalar, 1), ("sum", .add, 2), ("root", .mulScalar, 1),
            ("tanh", .tanh, 1), ("one", .addScalar, 1), ("product", .mul, 2),
        ]
        for (name, function, inputs) in chain {
            elementwise("\(place).activation.\(name)", function, rows: rows, width: width, inputs: inputs, count: count)
        }
    }

    private mutating func experts(_ pass: LayerPass) {
        guard let configuration = model.experts, pass.expertLayers > 0 else { return }
        let (rows, count, parallelism) = (pass.rows, pass.expertLayers, request.parallelism)
        product("experts.router", rows: rows, from: model.hidden, to: configuration.count, bias: configuration.routerHasBias, scheme: plain, count: count)
        list.add("experts.softmax", .rowwise(Rowwise(.softmax, rows: rows, columns: configuration.count, format: stored)), count: count)
        if configuration.sharedIntermediate > 0 {
            dense("experts.shared", rows: rows, width: shard.sharedIntermediate, count: count)
            elementwise("experts.shared.add", .add, rows: rows, width: model.hidden, inputs: 2, count: count)
        }
        // Beyond the tensor-parallel group, experts serve the tokens of several replicas: dispatch there and combine back.
        let replicas = max(1, parallelism.expert / parallelism.tensor)
        let sent = Double(rows) / Double(shard.tensor) * Double(configuration.perToken) * Double(model.hidden)
        let bytes = Int((sent * stored.bytesPerElement).rounded(.up))
        if replicas > 1 { collective("experts.dispatch", .allToAll, devices: parallelism.expert, bytes: bytes, count: count) }
        let shape = MixtureOfExperts(
            tokens: rows * replicas, hidden: model.hidden, intermediate: configuration.intermediate, topK: configuration.perToken,
            experts: configuration.count, tensorParallel: shard.expertTensorParallel, expertParallel: parallelism.expert,
            isGated: model.isGated, scheme: linear)
        list.add("experts.grouped", .mixtureOfExperts(shape), count: count)
        if replicas > 1 { collective("experts.combine", .allToAll, devices: parallelism.expert, bytes: bytes, count: count) }
    }
}

extension ActivationFunction {
    /// The element-wise kernel of this function.
    var function: Elementwise.Function {
        switch self {
        case .relu: .relu
        case .gelu, .geluTanh, .quickGELU: .gelu
        case .silu: .silu
        }
    }

    /// The kernel that also multiplies with up(x).
    var gatedFunction: Elementwise.Function { self == .silu ? .siluMul : .geluMul }
}
