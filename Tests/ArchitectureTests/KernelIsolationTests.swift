import Foundation
import Testing

/// Kernels built for newer processors share no function with the rest of the program.
///
/// A weak function exists in several object files, and the linker keeps one for all callers. Were it the copy built for AVX-512, an older processor
/// would stop in code that never chose AVX-512. So every weak function of these builds must carry its own module's name.
@Suite struct KernelIsolationTests {
    static let builds = ["CPUKernelsAVX2", "CPUKernelsAVX512"]

    @Test(.enabled(if: Objects.folder != nil, "object files or nm are not where this build system keeps them"), arguments: builds)
    func weakFunctionsBelongToTheirBuild(module: String) throws {
        let folder = try #require(Objects.folder)
        let functions = try Objects.weakFunctions(of: "\(folder)/\(module).build")
        // Some exist (private generics of the module), or nothing was looked at.
        #expect(try Objects.symbols(of: "\(folder)/\(module).build").contains { $0.contains("VectorKernels") })
        // An empty function: it has no vector instructions in any build.
        let harmless = ["__swift_noop_void_return"]
        #expect(functions.filter { !$0.contains(module) && !harmless.contains($0) } == [])
    }
}

/// What the compiler left beside these tests.
private enum Objects {
    /// The folder of the build, nil where it has another form or `nm` is missing.
    static let folder: String? = {
        let places = [URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()] + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
        let folders = places.map { $0.deletingLastPathComponent().path }
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/nm") else { return nil }
        return folders.first { FileManager.default.fileExists(atPath: "\($0)/CPUKernelsAVX512.build") }
    }()

    static func weakFunctions(of folder: String) throws -> [String] {
        try lines(of: folder).filter { $0.kind == "W" }.map(\.name)
    }

    static func symbols(of folder: String) throws -> [String] { try lines(of: folder).map(\.name) }

    private static func lines(of folder: String) throws -> [(kind: Substring, name: String)] {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".o") }.sorted()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/nm")
        process.arguments = ["--defined-only"] + files.map { "\(folder)/\($0)" }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // "address kind name"
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 3 ? (words[1], String(words[2])) : nil
        }
    }
}
