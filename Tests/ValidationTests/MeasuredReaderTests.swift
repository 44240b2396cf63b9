import ConfigurationFiles
import Foundation
import Quantities
import Testing
import Workload

@testable import Validation

@Suite struct MeasuredReaderTests {
    static let gemmHeader = "source,device,dtype,op,batch,m,n,k,latency_us,kernel,grid_blocks,block_threads\n"

    /// Reads one file of the given content and name.
    static func read(_ text: String, name: String = "gemm.csv", limits: MeasuredLimits = .init()) throws -> MeasuredData {
        try read(bytes: Array(text.utf8), name: name, limits: limits)
    }

    static func read(bytes: [UInt8], name: String, limits: MeasuredLimits = .init()) throws -> MeasuredData {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        do {
            return try MeasuredFolder.read([path], limits: limits)
        } catch {
            throw ConfigurationError(error.problems.map { problem in
                var place = problem.location
                place.path = name
                return ConfigurationProblem(place, problem.message)
            })
        }
    }

    static func message(_ text: String, name: String = "gemm.csv") -> String {
        do {
            _ = try read(text, name: name)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func productsKeepTheirShapeAndTime() throws {
        let data = try Self.read(
            Self.gemmHeader + "vidur,a100,fp16,linear,1,512,4096,1024,37.5,,,\nneusight,Tesla P4,fp32,bmm,16,64,128,32,21.25,\"maxwell, nn\",8,256\n")
        #expect(data.rows.count == 2)
        #expect(
            data.rows[0].shape
                == .matrixMultiply(MatrixMultiply(m: 512, n: 4096, k: 1024, scheme: .uniform(.fp16), hasWeights: true, isWeightTransposed: true)))
        #expect(data.rows[0].time == Seconds(microseconds: 37.5))
        #expect(
            data.rows[1].shape
                == .matrixMultiply(
                    MatrixMultiply(batch: 16, m: 64, n: 128, k: 32, scheme: .uniform(.fp32), hasWeights: false, isWeightTransposed: false)))
        #expect(data.series[1].kernel == "maxwell, nn")
        #expect(data.rows[1].line == 3)
    }

    @Test(arguments: [
        ("bf16", MatrixMultiplyScheme.uniform(.bf16)), ("fp8", .fp8Dynamic), ("fp8_static", .fp8Static), ("fp8_block", .fp8Block),
        ("int8", .int8), ("w8a16", .weightOnlyInt8), ("w4a16", .weightOnlyInt4), ("nvfp4", .nvfp4), ("tf32", .uniform(.tf32)),
        ("mxfp4a16", .mxfp4WeightOnly), ("w4a8_mxfp4_mxfp8", .mxfp4mxfp8),
    ])
    func dtypeNamesTheScheme(name: String, scheme: MatrixMultiplyScheme) throws {
        let data = try Self.read("device,dtype,m,n,k,latency_us\nx,\(name),1,2,3,4\n")
        #expect(data.rows[0].shape == .matrixMultiply(MatrixMultiply(m: 1, n: 2, k: 3, scheme: scheme)))
    }

    @Test func attentionWithAnotherCacheFormatSaysSo() throws {
        let data = try Self.read(
            "source,device,dtype,kv_dtype,phase,batch,q_tokens,kv_tokens,heads,kv_heads,head_dim,latency_us\n"
                + "s,H100,bf16,fp8,decode,4,1,100,32,8,128,9.5\n", name: "attention.csv")
        #expect(data.series[0].dtype == "bf16/kv-fp8")
        #expect(
            data.rows[0].shape
                == .attention(
                    Attention(
                        phase: .decode, batch: 4, queryTokens: 1, keyValueTokens: 100, heads: 32, keyValueHeads: 8, headDimension: 128,
                        query: .bf16, keyValue: .fp8e4m3)))
    }

    @Test func collectivesReadTheirNodesFromTheTopology() throws {
        let data = try Self.read(
            "source,device,topology,collective,gpus,bytes,latency_us\nv,a100,a100_dgx:2x8,all_reduce,16,1024,50\nv,a100,one node,alltoall,8,64,9\n",
            name: "collective.csv")
        #expect(data.rows[0].shape == .collective(Collective(.allReduce, devices: 16, devicesPerNode: 8, bytes: 1024, format: .fp16)))
        #expect(data.rows[1].shape == .collective(Collective(.allToAll, devices: 8, bytes: 64, format: .fp16)))
    }

    @Test func expertsReadRoutingAndGates() throws {
        let data = try Self.read(
            "device,dtype,tokens,hidden,intermediate,top_k,experts,tp,ep,routing,kernel,latency_us\n"
                + "x,bf16,64,4096,1024,2,8,1,4,power_law_1.2,moe_torch_flow_nongated,100\n", name: "moe.csv")
        guard case .mixtureOfExperts(let layer) = data.rows[0].shape else {
            Issue.record("no mixture of experts")
            return
        }
        #expect(layer.routing == .powerLaw(exponent: 1.2))
        #expect(!layer.isGated)
        #expect(layer.expertParallel == 4)
    }

    @Test func ropeAndEmbeddingAreOperatorsOfTheirOwn() throws {
        let data = try Self.read(
            "device,dtype,op,elements,inputs,latency_us,rows\nx,fp16,rope,40960,1,5,8\nx,fp16,embedding,32768,1,4,8\nx,fp16,silu_mul,4096,2,3,4\n",
            name: "elementwise.csv")
        #expect(data.rows[0].shape == .rotary(RotaryEmbedding(tokens: 8, heads: 40, dimension: 128, format: .fp16)))
        #expect(data.rows[1].shape == .gather(Gather(rows: 8, columns: 4096, tableRows: 32_000, format: .fp16)))
        #expect(data.rows[2].shape == .elementwise(Elementwise(.siluMul, elements: 4096, inputs: 2, rowWidth: 1024, format: .fp16)))
    }

    @Test func extraColumnsAreKeptOut() throws {
        let data = try Self.read("comment,device,dtype,m,n,k,latency_us,clock_mhz\nhello,x,fp16,1,2,3,4,900\n")
        #expect(data.rows.count == 1)
    }

    @Test func whatNoOperatorMeansIsCountedWithTheReason() throws {
        let data = try Self.read("device,dtype,op,elements,inputs,latency_us\nx,fp16,ela,10,1,4\nx,fp17,relu,10,1,4\nx,fp16,relu,10,1,4\n", name: "elementwise.csv")
        #expect(data.rows.count == 1)
        #expect(data.count == 3)
        #expect(data.skipped.entries.map(\.reason) == ["elementwise function 'ela' is unknown; did you mean 'elu'?", "format 'fp17' is unknown; did you mean 'fp16'?"])
    }

    @Test(arguments: [
        ("device,dtype,m,n,k,latency_us\nx,fp16,0,2,3,4\n", "gemm.csv:2:8: 'm' is 0, a whole number from 1 to 2^50 belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,-2,3,4\n", "gemm.csv:2:10: 'n' is -2, a whole number from 1 to 2^50 belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3.5,4\n", "gemm.csv:2:12: 'k' is '3.5', a whole number of at least 1 belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,abc\n", "gemm.csv:2:14: 'latency_us' is 'abc', a positive number belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,nan\n", "gemm.csv:2:14: 'latency_us' is 'nan', a positive number belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,-1\n", "gemm.csv:2:14: 'latency_us' is '-1', a positive number belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,\n", "gemm.csv:2:14: 'latency_us' is empty, a positive number belongs here"),
        ("device,dtype,m,n,k,latency_us\n,fp16,1,2,3,4\n", "gemm.csv:2:1: 'device' is empty, a name belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2\n", "gemm.csv:2:1: found 4 fields, the header has 6"),
        ("device,dtype,m,n,k,latency_us\nx,\"fp16,1,2,3,4\n", "gemm.csv:2:3: the quote that opens here never closes; is the file truncated?"),
        ("device,dtype,m,n,k,latency_us\nx,\"fp16\"q,1,2,3,4\n", "gemm.csv:2:9: text after the closing quote of a field, a comma or the end of the line belongs here"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,4,5\n", "gemm.csv:2:1: found 7 fields, the header has 6"),
        ("device,dtype,m,n,k,latency_us\nx,fp16,99999999999999999999,2,3,4\n", "gemm.csv:2:8: 'm' is '99999999999999999999', a whole number of at least 1 belongs here"),
        ("", "gemm.csv: the file is empty, a header line belongs here"),
        ("\n", "gemm.csv: the file is empty, a header line belongs here"),
        ("device,dtype,m,n,latency_us\n", "gemm.csv:1:1: column 'k' is missing; this file needs device, dtype, m, n, k, latency_us"),
        ("device,dtype,m,m,n,k,latency_us\n", "gemm.csv:1:16: column 'm' appears twice"),
        ("device,dtype,m,n,k,latency_us,sorce\n", "gemm.csv:1:31: unknown column 'sorce'; did you mean 'source'?"),
        ("a\u{0}b", "gemm.csv:1:2: the file is binary (byte 1 is zero), comma-separated text belongs here"),
    ])
    func badInputSaysWhereAndWhatIsAllowed(text: String, message: String) {
        #expect(Self.message(text) == message)
    }

    @Test func attentionShapesMustFitTogether() {
        let header = "device,dtype,phase,batch,q_tokens,kv_tokens,heads,kv_heads,head_dim,latency_us\n"
        let message = Self.message(header + "x,fp16,prefill,1,128,64,32,7,128,9\n", name: "attention.csv")
        #expect(
            message == """
                attention.csv:2:22: 'kv_tokens' is 64, at least q_tokens (128) belongs here
                attention.csv:2:28: 'kv_heads' is 7, a divisor of heads (32) belongs here
                """)
    }

    @Test func severalProblemsAreToldAtOnceAndManyEndTheReading() {
        let two = Self.message("device,dtype,m,n,k,latency_us\nx,fp16,0,2,3,4\nx,fp16,1,0,3,4\n")
        #expect(two.split(separator: "\n").count == 2)
        let rows = String(repeating: "x,fp16,0,2,3,4\n", count: 1000)
        let many = Self.message("device,dtype,m,n,k,latency_us\n" + rows)
        #expect(many.split(separator: "\n").count == 21)
        #expect(many.hasSuffix("and perhaps more: the reader gave up here"))
    }

    @Test func utf16AndTooLargeFilesAreRefused() throws {
        let utf16 = #expect(throws: ConfigurationError.self) { try Self.read(bytes: [0xFF, 0xFE, 0x64, 0], name: "gemm.csv") }
        #expect(utf16?.description == "gemm.csv: the file is UTF-16, text must be UTF-8")
        var limits = MeasuredLimits()
        limits.bytes = 10
        let large = #expect(throws: ConfigurationError.self) { try Self.read(bytes: Array("device,dtype,m".utf8), name: "gemm.csv", limits: limits) }
        #expect(large?.description == "gemm.csv: the file has 14 bytes, at most 10 are read")
        limits.bytes = 1000
        limits.rowBytes = 20
        let long = #expect(throws: ConfigurationError.self) {
            try Self.read(bytes: Array(repeating: 97, count: 100), name: "gemm.csv", limits: limits)
        }
        #expect(long?.description == "gemm.csv:1:21: a row of more than 20 bytes; is this a CSV file?")
    }

    @Test func fileNamesMustSayTheFamilyAndFoldersMustHoldOne() throws {
        let unknown = #expect(throws: ConfigurationError.self) { try Self.read("device\n", name: "numbers.csv") }
        #expect(unknown?.description.hasPrefix("numbers.csv: neither the file's name nor its folder's says a family of measurements") == true)
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let empty = #expect(throws: ConfigurationError.self) { try MeasuredFolder.read([folder]) }
        #expect(empty?.description.contains("the folder holds no CSV file named after a family") == true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/gemm.csv"))
        let missing = #expect(throws: ConfigurationError.self) { try MeasuredFolder.read(["\(folder)/gem.csv"]) }
        #expect(missing?.description == "\(folder)/gem.csv: no such file or folder; did you mean 'gemm.csv'?")
    }

    @Test(arguments: [
        ("gemm.csv", MeasuredFamily.gemm), ("a100-gemm.csv", .gemm), ("gemm_h100.csv", .gemm), ("end_to_end.csv", .endToEnd), ("MOE.CSV", .moe),
        ("devices.csv", nil), ("gemmology.csv", nil),
    ] as [(String, MeasuredFamily?)])
    func fileNamesNameFamilies(name: String, family: MeasuredFamily?) {
        #expect(MeasuredFamily(fileName: name) == family)
    }

    @Test func foldersAreSearchedRecursivelyAndInOrder() throws {
        let folder = try Fixture.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/b", withIntermediateDirectories: true)
        let text = "device,dtype,m,n,k,latency_us\nx,fp16,1,2,3,4\n"
        for name in ["gemm.csv", "b/gemm.csv", "devices.csv"] { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let data = try MeasuredFolder.read([folder, "\(folder)/gemm.csv"])
        #expect(data.files == ["\(folder)/b/gemm.csv", "\(folder)/gemm.csv"])
        #expect(data.rows.count == 2)
    }

    @Test func rowsThatCrossTheReadersBufferStayWhole() throws {
        let count = 20_000
        let rows = (1...count).map { "device \($0 % 3),fp16,\($0),2,3,\($0).5\r\n" }.joined()
        let data = try Self.read("\u{FEFF}device,dtype,m,n,k,latency_us\r\n" + rows)
        #expect(data.rows.count == count)
        for index in [0, 9_999, count - 1] {
            #expect(data.rows[index].shape == .matrixMultiply(Fixture.product(index + 1, 2, 3)))
            #expect(data.rows[index].time == Seconds(microseconds: Double(index + 1) + 0.5))
        }
        #expect(data.series.count == 3)
    }

    @Test func everySharedMeasurementReads() throws {
        guard let shared = Fixture.shared else {
            print("no shared measurements here (RIDGELINE_SHARED): skipped")
            return
        }
        let data = try MeasuredFolder.read(["\(shared)/measured"])
        #expect(data.rows.count > 140_000)
        #expect(data.skipped.entries.filter { $0.family == .gemm || $0.family == .attention || $0.family == .moe || $0.family == .collective }.isEmpty)
    }
}
