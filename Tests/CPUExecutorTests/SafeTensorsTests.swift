import CPUExecutor
import ConfigurationFiles
import Foundation
import Testing

@Suite struct SafeTensorsTests {
    private static func write(_ bytes: Data) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString).safetensors").path
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }

    private static func file(_ header: String, body: Int = 0) -> Data {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(count: body)
    }

    private func message(_ bytes: Data) throws -> String {
        let path = try Self.write(bytes)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try SafeTensors(path: path)
            return "opened"
        } catch {
            return error.description
        }
    }

    @Test func whatIsWrittenReadsBack() throws {
        var writer = SafeTensorsWriter()
        writer.add("a", [1.5, -2, 3] as [Float], shape: [3])
        writer.add("ids", [1, -7] as [Int], shape: [1, 2])
        let path = try Self.write(writer.data)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try SafeTensors(path: path)
        #expect(try file.floats("a") == [1.5, -2, 3])
        #expect(try file.integers("ids") == [1, -7])
        #expect(file.entry("ids")?.shape == [1, 2])
    }

    @Test func halfFormatsWiden() throws {
        // fp16: 1.0, -2.5, smallest subnormal 2^-24, infinity; bf16: 1.0, -2.5.
        var bytes = Data()
        for bits in [0x3C00, 0xC100, 0x0001, 0x7C00, 0x3F80, 0xC020] as [UInt16] { withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) } }
        let header = #"{"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}}"#
        let path = try Self.write(Self.file(header) + bytes)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try SafeTensors(path: path)
        #expect(try file.floats("h") == [1, -2.5, 0x1p-24, .infinity])
        #expect(try file.floats("b") == [1, -2.5])
    }

    @Test(arguments: [
        (Data(), "0 bytes"), (Data([1, 2, 3]), "3 bytes"), (Data(repeating: 0xFF, count: 64), "truncated, or not a safetensors file"),
        (file("{\"a\":"), "1:"), (file("[]"), "mapping"),
        (file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#), "truncated or damaged"),
        (file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, body: 8), "needs 8 bytes, its range has 4"),
        (file(#"{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}"#, body: 8), "dtype 'F31'"),
        (file(#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, body: 8), "impossible shape"),
        (file(#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#, body: 8), "impossible shape"),
        (file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, body: 8), "truncated or damaged"),
        (
            file(
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, body: 12), "overlap"
        ),
    ] as [(Data, String)])
    func damagedFilesAreNamed(bytes: Data, expected: String) throws {
        let text = try message(bytes)
        #expect(text.contains(expected), "\(text)")
    }

    @Test func missingTensorsSuggestTheNearest() throws {
        let file = try TinyCheckpoint.expected("gpt2-tiny")
        do {
            _ = try file.floats("logit")
            Issue.record("opened")
        } catch {
            #expect(error.description.contains("did you mean 'logits'"))
        }
    }

    @Test func missingFilesAndFoldersAreNamed() {
        #expect(throws: ConfigurationError.self) { try SafeTensors(path: "/nonexistent/model.safetensors") }
        #expect(throws: ConfigurationError.self) { try WeightStore(folder: "/nonexistent") }
    }
}
