import CPUKernels
import ConfigurationFiles
import Foundation

/// Gives the model its tensors as fp32: from a checkpoint (mapped in place where it is fp32 already) or made from a seed.
public final class WeightStore: @unchecked Sendable {
    private enum Origin {
        case checkpoint([SafeTensors])
        case synthetic(seed: UInt64)
    }

    private let origin: Origin
    private var owned: [UnsafeMutablePointer<Float>] = []
    /// Where the weights come from, for reports.
    public let description: String

    /// The `*.safetensors` files of a folder.
    ///
    /// - Throws: when there is none, or one of them is damaged.
    public init(folder: String) throws(ConfigurationError) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix("expected") }
        guard !names.isEmpty else {
            throw ConfigurationError(ConfigurationLocation(path: folder), "no *.safetensors file here; give --seed to make weights up")
        }
        var files: [SafeTensors] = []
        for name in names.sorted() { files.append(try SafeTensors(path: "\(folder)/\(name)")) }
        origin = .checkpoint(files)
        description = "checkpoint \(folder)"
    }

    /// Weights made from a seed: see `SyntheticWeights`.
    public init(seed: UInt64) {
        origin = .synthetic(seed: seed)
        description = "synthetic weights, seed \(seed)"
    }

    deinit { for pointer in owned { pointer.deallocate() } }

    /// The tensor under the first of the names that exists, checked against `shape`; nil if it is optional and absent.
    ///
    /// The pointer is valid while the store lives.
    func tensor(_ names: [String], shape: [Int]) throws(ConfigurationError) -> UnsafePointer<Float> {
        if let found = try optionalTensor(names, shape: shape) { return found }
        guard case .checkpoint(let files) = origin, let first = files.first else { return synthesize(names[0], shape: shape, seed: 0) }
        _ = try first.required(names[0])
        throw ConfigurationError(ConfigurationLocation(path: first.path), "no tensor '\(names[0])'")
    }

    func optionalTensor(_ names: [String], shape: [Int]) throws(ConfigurationError) -> UnsafePointer<Float>? {
        switch origin {
        case .synthetic(let seed):
            return synthesize(names[0], shape: shape, seed: seed)
        case .checkpoint(let files):
            for file in files {
                for name in names {
                    guard let entry = file.entry(name) else { continue }
                    guard entry.shape == shape else {
                        throw ConfigurationError(
                            ConfigurationLocation(path: file.path), "tensor '\(name)' has shape \(entry.shape), config.json asks for \(shape)")
                    }
                    return try load(entry, from: file)
                }
            }
            return nil
        }
    }

    /// Whether every tensor is fp32 in a file, so that reading it takes no memory of its own.
    var mapsAll: Bool {
        guard case .checkpoint(let files) = origin else { return false }
        return files.allSatisfy { $0.entries.allSatisfy { $0.format != .bf16 && $0.format != .f16 } }
    }

    /// Whether a checkpoint has a tensor of this name; synthetic weights have every tensor but optional ones.
    func has(_ name: String) -> Bool {
        guard case .checkpoint(let files) = origin else { return false }
        return files.contains { $0.entry(name) != nil }
    }

    /// Copies tensors of equal width below one another: fused query, key and value.
    func stacked(_ parts: [(pointer: UnsafePointer<Float>, count: Int)]) -> UnsafePointer<Float> {
        let target = allocate(parts.reduce(0) { $0 + $1.count })
        var offset = 0
        for part in parts {
            (target + offset).update(from: part.pointer, count: part.count)
            offset += part.count
        }
        return UnsafePointer(target)
    }

    private func load(_ entry: SafeTensors.Entry, from file: SafeTensors) throws(ConfigurationError) -> UnsafePointer<Float> {
        let bytes = file.bytes(of: entry)
        if entry.format == .f32, let base = bytes.baseAddress, UInt(bitPattern: base) % 4 == 0 { return base.assumingMemoryBound(to: Float.self) }
        let values = try file.floats(entry.name)
        let target = allocate(values.count)
        values.withUnsafeBufferPointer { if let base = $0.baseAddress { target.update(from: base, count: values.count) } }
        return UnsafePointer(target)
    }

    private func synthesize(_ name: String, shape: [Int], seed: UInt64) -> UnsafePointer<Float> {
        let count = shape.reduce(1, *)
        let target = allocate(count)
        SyntheticWeights.fill(target, count: count, name: name, seed: seed)
        return UnsafePointer(target)
    }

    private func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 4, alignment: 64)
        let pointer = raw.bindMemory(to: Float.self, capacity: max(1, count))
        owned.append(pointer)
        return pointer
    }
}

/// Weights that any language can make again from a seed and the tensors' names.
///
/// Norm gains (`norm`, `ln_` with `.weight`) are 1 and biases 0. Element i of any other tensor is uniform in [-0.02 √3, 0.02 √3), which has the
/// standard deviation 0.02 of GPT-2's initialisation: the top 24 bits of SplitMix64 at state h + (i + 1) g, where h is FNV-1a of the name's
/// UTF-8 bytes xor the seed and g = 0x9E3779B97F4A7C15 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
public enum SyntheticWeights {
    public static func fill(_ target: UnsafeMutablePointer<Float>, count: Int, name: String, seed: UInt64) {
        if name.hasSuffix(".bias") { return target.update(repeating: 0, count: count) }
        let lowered = name.lowercased()
        if lowered.contains("norm") || lowered.contains("ln_") { return target.update(repeating: 1, count: count) }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let start = hash ^ seed
        for index in 0..<count { target[index] = value(start, index) }
    }

    static func value(_ start: UInt64, _ index: Int) -> Float {
        var z = start &+ UInt64(index &+ 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        let unit = Float(z >> 40) * 0x1p-24
        return (2 * unit - 1) * 0.034_641_016
    }
}
