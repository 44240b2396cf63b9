extension LayerNetwork {
    /// All networks that are no transformers.
    public static let all: [LayerNetwork] = [alexNet, vgg(16, [2, 2, 3, 3, 3]), vgg(19, [2, 2, 4, 4, 4]), sequenceToSequence]

    /// The network with this id or alias, case ignored.
    public static func named(_ name: String) -> LayerNetwork? {
        let lowered = name.lowercased()
        return all.first { $0.id == lowered || $0.aliases.contains(lowered) }
    }

    private static let alexNet = LayerNetwork(
        "alexnet", source: "Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks (2012), section 3.5",
        layers: [
            .convolution(name: "conv1", inputChannels: 3, outputChannels: 96, filter: 11, outputSize: 55, groups: 1),
            .pooling(name: "pool1", channels: 96, window: 3, outputSize: 27),
            .convolution(name: "conv2", inputChannels: 96, outputChannels: 256, filter: 5, outputSize: 27, groups: 2),
            .pooling(name: "pool2", channels: 256, window: 3, outputSize: 13),
            .convolution(name: "conv3", inputChannels: 256, outputChannels: 384, filter: 3, outputSize: 13, groups: 1),
            .convolution(name: "conv4", inputChannels: 384, outputChannels: 384, filter: 3, outputSize: 13, groups: 2),
            .convolution(name: "conv5", inputChannels: 384, outputChannels: 256, filter: 3, outputSize: 13, groups: 2),
            .pooling(name: "pool5", channels: 256, window: 3, outputSize: 6),
            .linear(name: "fc6", inputs: 9216, outputs: 4096, hasActivation: true),
            .linear(name: "fc7", inputs: 4096, outputs: 4096, hasActivation: true),
            .linear(name: "fc8", inputs: 4096, outputs: 1000, hasActivation: false),
        ])

    /// Blocks of 3x3 convolutions at 224, 112, 56, 28 and 14 pixels.
    private static func vgg(_ depth: Int, _ convolutions: [Int]) -> LayerNetwork {
        var layers: [NetworkLayer] = []
        var channels = 3
        var size = 224
        for (block, (count, outputs)) in zip(convolutions, [64, 128, 256, 512, 512]).enumerated() {
            for index in 0..<count {
                layers.append(.convolution(
                    name: "conv\(block + 1)_\(index + 1)", inputChannels: channels, outputChannels: outputs, filter: 3, outputSize: size, groups: 1))
                channels = outputs
            }
            size /= 2
            layers.append(.pooling(name: "pool\(block + 1)", channels: channels, window: 2, outputSize: size))
        }
        layers += [
            .linear(name: "fc6", inputs: 25088, outputs: 4096, hasActivation: true), .linear(name: "fc7", inputs: 4096, outputs: 4096, hasActivation: true),
            .linear(name: "fc8", inputs: 4096, outputs: 1000, hasActivation: false),
        ]
        return LayerNetwork(
            "vgg\(depth)", aliases: ["vgg-\(depth)"] + (depth == 16 ? ["vgg"] : []),
            source: "Simonyan and Zisserman, Very Deep Convolutional Networks (2014), table 1", layers: layers)
    }

    private static let sequenceToSequence = LayerNetwork(
        "lstm-seq2seq", aliases: ["lstm", "seq2seq"],
        source: "Sutskever et al., Sequence to Sequence Learning with Neural Networks (2014), section 3.4", takesSequences: true,
        layers: [
            .embedding(name: "encoder.embedding", rows: 160_000, width: 1000), .recurrent(name: "encoder", width: 1000, depth: 4),
            .embedding(name: "decoder.embedding", rows: 80_000, width: 1000), .recurrent(name: "decoder", width: 1000, depth: 4),
            .projection(name: "head.logits", inputs: 1000, vocabulary: 80_000),
        ])
}
