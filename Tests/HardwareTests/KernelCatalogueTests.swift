import ConfigurationFiles
import Hardware
import Testing

@Suite struct KernelCatalogueTests {
    static func decode(_ text: String) throws -> KernelCatalogue {
        try KernelCatalogue(id: "test", document: ConfigurationDocument(text: text, path: "test.yaml"))
    }

    @Test func shippedCatalogueIsTheOneBuiltIn() throws {
        let stack = try ArchitectureLibrary.standard().softwareStack("neutral")
        #expect(stack.kernelLibrary == "standard")
        #expect(try #require(stack.kernels).sets == KernelCatalogue.standard.sets)
    }

    @Test func setThatNamesTheGenerationWins() throws {
        let volta = try #require(KernelCatalogue.standard.kernels(engine: .vector, generation: "volta", path: .registers))
        #expect(volta.generations == ["volta"])
        let unknown = try #require(KernelCatalogue.standard.kernels(engine: .vector, generation: "fermi", path: .registers))
        #expect(unknown.generations.isEmpty)
    }

    @Test(arguments: [
        "name: a\nsets:\n  - {engine: matrix, tiles: [128x128]}",
        "name: a\nsets:\n  - {engine: matrix, tiles: [0x128x64]}",
        "name: a\nsets:\n  - {engine: matrix, tiles: []}",
        "name: a\nsets:\n  - {engine: matrix, tiles: [64x64x64], splits: [2]}",
        "name: a\nsets:\n  - {engine: wheel, tiles: [64x64x64]}",
        "name: a\nsets:\n  - {engine: matrix, tiles: [64x64x64], batched: sometimes}",
        "name: a\nsets:\n  - {engine: matrix, tiles: [64x64x64], batched: {always: 32x32x32}}",
        "name: a\nsets:\n  - {engine: matrix, tiles: [64x64x64], colour: red}",
        "sets: []", "name: a", "[]",
    ])
    func wrongCataloguesAreRefused(_ text: String) {
        #expect(throws: ConfigurationError.self) { try Self.decode(text) }
    }
}
