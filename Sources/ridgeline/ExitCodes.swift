import ArgumentParser
import CPUExecutor
import CPUKernels
import ConfigurationFiles
import Hardware
import HostTopology
import Profiler
import Simulator
import Trace
import Workload

/// What the process tells its caller (sysexits.h, and docs in `ridgeline help`): 0 done, 1 a check failed, and these.
enum RidgelineExit {
    static let checkFailed = ExitCode(1)
    /// Wrong usage.
    static let usage = ExitCode(64)
    /// Bad input: a file or a name.
    static let badInput = ExitCode(65)
    /// Something that this machine lacks.
    static let unavailable = ExitCode(69)
    /// Our bug.
    static let softwareError = ExitCode(70)

    /// The code that an error ends the process with; anything that no code of ours throws on purpose is our bug.
    static func code(for error: any Error) -> ExitCode {
        switch error {
        case is ConfigurationError, is ArchitectureLibraryError, is FitRefusal, is ModelLibrary.LookUpError, is TraceFileError, is ProjectionError: badInput
        case let error as WorkloadError: error.code == .unknownModel || error.code == .undisclosedModel ? badInput : usage
        case let error as FileOutputError: error.isMachineLacking ? unavailable : badInput
        case is TopologyError, is CalibrationError: unavailable
        case let error as KernelError: error.code == .unsupported ? unavailable : softwareError
        case let error as ExecutionError: error.code == .outOfMemory ? unavailable : error.code == .unsupportedModel ? badInput : usage
        case let error as ProfileError: error.code == .invalidRequest ? usage : softwareError
        default: softwareError
        }
    }
}

/// Runs a command's work: an error's sentence goes to stderr, and its code becomes the exit code.
///
/// The parser's own errors (wrong usage, help) pass through, for the parser to print.
func reportingErrors(_ work: () throws -> Void) throws {
    do {
        try work()
    } catch let error as ExitCode {
        throw error
    } catch let error as ValidationError {
        throw error
    } catch let error as CleanExit {
        throw error
    } catch {
        StandardError.write("ridgeline: \(error)\n")
        throw RidgelineExit.code(for: error)
    }
}
