import CPUExecutor
import CPUKernels
import Workload

/// What a profile runs and how often.
public struct ProfileRequest: Hashable, Sendable {
    /// Sequences side by side.
    public var batch: Int
    /// Tokens of each sequence's prompt.
    public var promptTokens: Int
    /// Decode steps after the prefill; encoders have none.
    public var decodeSteps: Int
    /// Runs whose times count.
    public var repetitions: Int
    /// Runs before those, for caches, pages and packed weights.
    public var warmUps: Int

    public init(batch: Int = 1, promptTokens: Int = 128, decodeSteps: Int = 0, repetitions: Int = 5, warmUps: Int = 1) {
        self.batch = batch
        self.promptTokens = promptTokens
        self.decodeSteps = decodeSteps
        self.repetitions = repetitions
        self.warmUps = warmUps
    }
}

/// Why a model cannot be profiled.
public struct ProfileError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Numbers of the request that make no run.
        case invalidRequest
        /// Two runs of the same request did different operators: our bug.
        case unstableRun
    }

    public var code: Code
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
