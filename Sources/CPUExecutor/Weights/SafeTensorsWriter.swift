import Foundation

/// Writes tensors of Float and Int as a safetensors file, whole or not at all.
public struct SafeTensorsWriter {
    private var header: [String] = []
    private var body = Data()

    public init() {}

    /// Adds an F32 tensor.
    public mutating func add(_ name: String, _ values: [Float], shape: [Int]) {
        add(name, "F32", shape, values.withUnsafeBytes { Data($0) })
    }

    /// Adds an I64 tensor.
    public mutating func add(_ name: String, _ values: [Int], shape: [Int]) {
        add(name, "I64", shape, values.map(Int64.init).withUnsafeBytes { Data($0) })
    }

    private mutating func add(_ name: String, _ format: String, _ shape: [Int], _ bytes: Data) {
        let dimensions = shape.map(String.init).joined(separator: ",")
        let quoted = name.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        header.append("\"\(quoted)\":{\"dtype\":\"\(format)\",\"shape\":[\(dimensions)],\"data_offsets\":[\(body.count),\(body.count + bytes.count)]}")
        body.append(bytes)
    }

    /// The file's bytes; the header is padded so that tensors start on a multiple of eight.
    public var data: Data {
        var text = "{" + header.joined(separator: ",") + "}"
        while (8 + text.utf8.count) % 8 != 0 { text += " " }
        var data = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Data($0) }
        data.append(Data(text.utf8))
        data.append(body)
        return data
    }
}
