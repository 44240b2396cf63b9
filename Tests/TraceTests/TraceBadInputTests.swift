import Foundation
import Testing
import Trace

@Suite struct TraceBadInputTests {
    /// Text, and a part of the message that it must get, position included.
    private static let malformed: [(String, String)] = [
        ("", "t.json: empty"),
        ("   \n ", "t.json: empty"),
        ("hello", "t.json:1:1: found 'h'"),
        ("\u{0}\u{1}\u{2}", "t.json:1:1: found byte 0"),
        ("{}", "t.json:1:1: no trace"),
        ("{\"a\":1}", "t.json:1:1: no trace"),
        ("[1]", "t.json:1:2: found '1', an event"),
        ("{\"traceEvents\":[\n  {\"ph\":\"X\",\"ts\":tomorrow}]}", "t.json:2:18: found 't', a number"),
        ("{\"traceEvents\":[{\"ph\":\"X\",\"ts\":\"soon\"}]}", "t.json:1:32: found the string \"soon\""),
        ("{\"traceEvents\":[{\"ph\":\"X\"", "found the end of the file (it may be truncated)"),
        ("{\"traceEvents\":[{\"ph\":\"X", "t.json:1:23: a string is not closed"),
        ("{\"traceEvents\":[]} x", "t.json:1:20: found 'x' after the end"),
        ("{\"traceEvents\":[{\"ph\":\"X\",\"ts\":1e999}]}", "a finite number"),
        ("{\"traceEvents\":[{\"ph\":\"X\",\"name\":\"\\q\"}]}", "unknown escape"),
        ("{\"ridgeline\":{\"origin\":\"measured\"},\"traceEvents\":[]}", "formatVersion"),
        ("{\"ridgeline\":{\"formatVersion\":9},\"traceEvents\":[]}", "format version 9 is unknown"),
        ("{\"ridgeline\":{\"formatVersion\":1,\"origin\":\"guessed\",\"workload\":\"w\"},\"traceEvents\":[]}", "origin"),
    ]

    @Test(arguments: malformed)
    func malformedTextIsRefusedWithItsPlace(text: String, message: String) {
        let error = #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: Array(text.utf8), path: "t.json") }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    private static let wrongOperators: [(String, String)] = [
        ("{\"kind\":\"rowwise\",\"function\":\"softmax\",\"rows\":0,\"columns\":3,\"format\":\"fp32\"}", "'rows' is 0.0, a whole number from 1"),
        ("{\"kind\":\"rowwise\",\"function\":\"softmax\",\"rows\":-4,\"columns\":3,\"format\":\"fp32\"}", "'rows' is -4"),
        ("{\"kind\":\"rowwise\",\"function\":\"softmax\",\"rows\":1.5,\"columns\":3,\"format\":\"fp32\"}", "'rows' is 1.5"),
        ("{\"kind\":\"rowwise\",\"function\":\"softmax\",\"columns\":3,\"format\":\"fp32\"}", "'rows' is missing"),
        ("{\"kind\":\"rowwise\",\"function\":\"sofmax\",\"rows\":1,\"columns\":3,\"format\":\"fp32\"}", "did you mean 'softmax'?"),
        ("{\"kind\":\"matrix_multipl\"}", "did you mean 'matrix_multiply'?"),
        ("{\"kind\":\"copy\",\"route\":\"deviceToDevice\",\"bytes\":1e300}", "'bytes' is 1e+300"),
        ("[]", "'kind' is missing"),
    ]

    @Test(arguments: wrongOperators)
    func aWrongOperatorIsRefused(shape: String, message: String) {
        let text = """
            {"ridgeline":{"formatVersion":1,"origin":"planned","workload":"w"},"traceEvents":[
            {"ph":"X","name":"n","pid":0,"tid":0,"ts":0,"dur":1,"args":{"ridgeline.operator":\(shape)}}]}
            """
        let error = #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: Array(text.utf8), path: "t.json") }
        #expect(error?.description.hasPrefix("t.json:2:1: event 'n': ") == true)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test func noPrefixOfATraceIsTakenForATrace() throws {
        let bytes = try TraceRoundTripTests.measured().chromeTraceJSON()
        // Up to the closing brace, every cut must be an error with a position, and never a crash.
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for length in stride(from: 1, through: end, by: 7) {
            let error = #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: Array(bytes[..<length]), path: "t.json") }
            #expect(error?.line != nil)
        }
    }

    @Test func deepNestingIsRefusedBeforeTheStackIsFull() {
        let text = "{\"traceEvents\":" + String(repeating: "[", count: 1_000_000)
        let error = #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: Array(text.utf8), path: "t.json") }
        #expect(error != nil)
        let inner = "{\"x\":" + String(repeating: "[", count: 1_000_000)
        #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: Array(inner.utf8), path: "t.json") }
    }

    @Test func missingFilesAndFoldersAreNamed() {
        let missing = #expect(throws: TraceFileError.self) { try TraceReader.read("/nowhere/trace.json") }
        #expect(missing?.description == "/nowhere/trace.json: no such file")
        let folder = #expect(throws: TraceFileError.self) { try TraceReader.read("/") }
        #expect(folder?.description.contains("a folder") == true)
    }

    @Test func compressedFilesAreNamed() {
        let error = #expect(throws: TraceFileError.self) { try TraceReader.read(bytes: [0x1F, 0x8B, 8, 0], path: "t.gz") }
        #expect(error?.description.contains("gzip") == true)
    }

    @Test func damagedBytesNeverCrash() throws {
        let bytes = try TraceRoundTripTests.measured().chromeTraceJSON()
        var state: UInt64 = 42
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        for _ in 0..<300 {
            var damaged = bytes
            for _ in 0..<3 { damaged[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
            // Either it still is a trace, or it is refused: both are right, a crash is not.
            _ = try? TraceReader.read(bytes: damaged, path: "t.json")
        }
    }
}
