import ConfigurationFiles
import Foundation
import Hardware
import Quantities
import Testing

/// A library in a temporary folder, made of the given files.
final class TemporaryLibrary {
    let root: String

    init(_ files: [String: String]) throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("ridgeline-\(UUID().uuidString)").path
        for (path, text) in files {
            let url = URL(fileURLWithPath: "\(root)/\(path)")
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var library: ArchitectureLibrary { get throws { try ArchitectureLibrary(roots: [root]) } }
}

let toyGeneration = """
    vendor: Acme
    class: simt-gpu
    generation: toy
    compute:
      source: "whitepaper: toy whitepaper"
      unit_name: SM
      operations_per_clock_per_unit:
        matrix: {fp16: 1024, int8: 2048}
        vector: {fp32: 128}
    multiprocessor:
      source: "documentation: toy guide"
      threads_per_warp: 32
      maximum_threads: 2048
      maximum_ctas: 32
      register_file_kib: 256
      shared_memory_kib: 96
      shared_memory_bytes_per_clock: 128
      operand_path: async-copy
    constants:
      gemm:
        by_hand: {value: 0.5, source: "estimated: a guess"}
    """

let toyDevice = """
    extends: toy
    name: Acme Toy 100
    aliases: [toy100, "Toy (100 GB)"]
    compute:
      source: "datasheet: toy datasheet"
      units: 10
      boost_clock_mhz: 1000
    memory:
      source: "datasheet: toy datasheet"
      technology: HBM2
      capacity_gib: 16
      bandwidth_gb_per_s: {value: 900, source: "microbenchmark: somebody"}
    """

@Suite struct DecodingTests {
    @Test func deviceLiesOverItsGeneration() throws {
        let files = try TemporaryLibrary([
            "acme/generations/toy.yaml": toyGeneration,
            "acme/toy-100.yaml": toyDevice + "\n  bus_width_bits: 4096\n",
            "acme/toy-90.yaml": toyDevice.replacing("  boost_clock_mhz: 1000", with: """
                  boost_clock_mhz: 1000
                  operations_per_clock_per_unit:
                    matrix: {fp16: 512, int8: null}
                """).replacing("toy100, \"Toy (100 GB)\"", with: "toy90"),
        ])
        let device = try files.library.architecture(named: "toy-100")
        // 10 units x 1024 operations x 1 GHz
        #expect(device.peak(.matrix, .fp16)?.value == 10_240e9)
        #expect(device.compute.rates[0].operationsPerClock.source == Source(.whitepaper, "toy whitepaper"))
        #expect(device.compute.units.source == Source(.datasheet, "toy datasheet"))
        #expect(device.memory.bandwidth.source == Source(.microbenchmark, "somebody"))
        #expect(device.memory.busWidthBits?.value == 4096)
        #expect(device.memory.capacity.value.value == 16 * 1_073_741_824)
        let cut = try files.library.architecture(named: "TOY 90")
        #expect(cut.peak(.matrix, .fp16)?.value == 5_120e9)
        #expect(cut.peak(.int8) == nil)
        #expect(cut.peak(.vector, .fp32)?.value == 1_280e9)
    }

    @Test func calibrationLiesBelowFilesWrittenByHand() throws {
        let calibration = """
            gemm:
              by_hand: {value: 0.9, source: {kind: calibrated, text: fit}}
              issue_efficiency: {value: 0.8, plausible: [0.5, 1], source: {kind: calibrated, text: fit}}
            """
        let relative = toyGeneration.replacing("generation: toy", with: "generation: old\ncalibrated_as: toy")
        let files = try TemporaryLibrary([
            "acme/generations/toy.yaml": toyGeneration, "acme/generations/old.yaml": relative, "acme/calibrations/toy.yaml": calibration,
            "acme/toy-100.yaml": toyDevice,
            "acme/old-100.yaml": toyDevice.replacing("extends: toy", with: "extends: old").replacing("toy100, \"Toy (100 GB)\"", with: "old"),
        ])
        let device = try files.library.architecture(named: "toy-100")
        #expect(device.constant("gemm", "by_hand") == 0.5)
        #expect(device.constant("gemm", "issue_efficiency") == 0.8)
        #expect(device.constants[0].constants[1].plausible == 0.5...1)
        let old = try files.library.architecture(named: "old-100")
        #expect(old.constant("gemm", "issue_efficiency") == 0.8)
        #expect(old.constants[0].constants[1].number.source.text == "fit; transferred from toy")
    }

    @Test func aUsersCalibrationLiesOverTheShippedOneConstantByConstant() throws {
        func calibration(_ constants: String) -> String { "rowwise:\n  source: {kind: calibrated, text: fit}\n" + constants }
        let shipped = try TemporaryLibrary([
            "acme/generations/toy.yaml": toyGeneration, "acme/toy-100.yaml": toyDevice,
            "acme/calibrations/toy.yaml": calibration("  row_latency_us: {value: 5}\n  cache_share: {value: 0.5}\n"),
        ])
        let own = try TemporaryLibrary(["acme/calibrations/toy.yaml": calibration("  row_latency_us: {value: 3}\n")])
        let device = try ArchitectureLibrary(roots: own.library.roots + shipped.library.roots).architecture(named: "toy-100")
        #expect(device.constant("rowwise", "row_latency_us") == 3)
        #expect(device.constant("rowwise", "cache_share") == 0.5)
    }

    /// What is wrong with a device file, and the messages that a user must get.
    @Test(arguments: [
        ("  units: 10", "  unit: 10", ["5:3: 'compute.units' is missing", "6:3: unknown key 'unit'; did you mean 'units'?"]),
        ("  units: 10", "  units: ten", ["6:10: 'units': found 'ten', a finite decimal number belongs here"]),
        ("  units: 10", "  units: 0", ["6:10: 'units': found the number 0, a positive number belongs here; leave the key out if it is unknown"]),
        ("  units: 10", "  units: 1e200", ["6:10: 'units': found the number 1e200, at most 1e15 belongs here"]),
        ("  units: 10", "  units: 1.5", ["6:10: 'units': found 1.5, a whole number belongs here"]),
        ("datasheet: toy datasheet\"\n  units", "datashet: toy\"\n  units", ["5:11: 'source': unknown kind of source 'datashet'"]),
        ("  source: \"datasheet: toy datasheet\"\n  units", "  units", ["5:10: 'units' has no source"]),
        ("extends: toy", "extends: toi", ["1:10: no generation or device is called 'toi'; did you mean 'toy'?"]),
        ("  technology: HBM2", "  technology: HBM2\n  capacity_gb: 16", ["11:3: 'capacity_gb' repeats 'capacity_gib', give one of them"]),
        ("  boost_clock_mhz: 1000", "  boost_clock_mhz: 1000\n  operations_per_clock_per_unit: {matrix: {fp15: 3}}", ["8:44: unknown number format 'fp15'; did you mean 'fp16'?"]),
    ])
    func brokenFilesAreRefusedWithEveryProblem(old: String, new: String, messages: [String]) throws {
        #expect(toyDevice.contains(old))
        let files = try TemporaryLibrary(["acme/generations/toy.yaml": toyGeneration, "acme/toy-100.yaml": toyDevice.replacing(old, with: new)])
        let library = try files.library
        let error = #expect(throws: ArchitectureLibraryError.self) { try library.architecture(named: "toy-100") }
        #expect(error?.code == .invalidFile)
        for message in messages {
            #expect(error?.description.contains("toy-100.yaml:\(message)") == true, "\(error?.description ?? "")")
        }
    }

    @Test func aUsersFolderHidesTheShippedDevice() throws {
        let mine = try TemporaryLibrary([
            "h100-sxm.yaml": "extends: h100-sxm\nname: Mine\ncompute:\n  units: {value: 10, source: \"estimated: a test\"}\n"
        ])
        let library = try ArchitectureLibrary(roots: [mine.root, shippedLibraryPath])
        let device = try library.architecture(named: "h100-sxm")
        #expect(device.name == "Mine")
        #expect(device.compute.units.value == 10)
        // What the file does not say comes from the shipped device and its generation.
        #expect(device.peak(.matrix, .bf16)?.value == 10 * 4096 * 1830e6)
    }

    @Test func chainsThatReturnToThemselvesAreRefused() throws {
        let files = try TemporaryLibrary([
            "acme/generations/toy.yaml": "extends: tic\n", "acme/generations/tic.yaml": "extends: toy\n", "acme/toy-100.yaml": toyDevice,
        ])
        let library = try files.library
        let error = #expect(throws: ArchitectureLibraryError.self) { try library.architecture(named: "toy-100") }
        #expect(error?.description.contains("extends itself") == true)
    }

    @Test func explainedNamesRefuseWithTheReason() throws {
        let error = #expect(throws: ArchitectureLibraryError.self) { try shippedLibrary().architecture(named: "Microsoft Athena") }
        #expect(error?.code == .explained)
        #expect(error?.description.contains("Maia 100") == true)
    }

    @Test func noFolderIsAnErrorThatSaysWhatToDo() {
        let error = #expect(throws: ArchitectureLibraryError.self) { try ArchitectureLibrary(roots: []) }
        #expect(error?.description.contains("--architectures") == true)
        #expect(throws: ArchitectureLibraryError.self) { try ArchitectureLibrary(roots: ["/nowhere/at/all"]) }
    }
}
