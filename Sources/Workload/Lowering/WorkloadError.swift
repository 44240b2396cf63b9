/// Why a request makes no workload.
public struct WorkloadError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// A count is zero, negative or too large.
        case invalidCount
        /// The sharding does not divide the model.
        case indivisible
        /// The model cannot do what is asked (an encoder asked to generate).
        case unsupportedRequest
        case unknownModel
        /// The model's dimensions are not public.
        case undisclosedModel
    }

    public var code: Code
    /// A sentence for the user: what was found, what is allowed.
    public var description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
