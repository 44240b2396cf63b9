import Quantities
import Workload

/// Remembers what a model said: equal operators under equal conditions are projected once.
///
/// The model stays a pure value; the memory is the caller's, one for each model. Refusals are not remembered: they are rare, and end a
/// projection.
public struct ProjectionCache: Sendable {
    /// An operator with what surrounds it.
    private struct Key: Hashable {
        var shape: Operator
        var conditions: ExecutionConditions

        /// Matrix products, the bulk of all look-ups, hash their dimensions only: what else may differ is left to the comparison.
        func hash(into hasher: inout Hasher) {
            guard case .matrixMultiply(let product) = shape else {
                hasher.combine(shape)
                return
            }
            var mixed = UInt64(truncatingIfNeeded: product.m) &* 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ UInt64(truncatingIfNeeded: product.n)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ UInt64(truncatingIfNeeded: product.k)) &* 0x94D0_49BB_1331_11EB
            hasher.combine(mixed ^ UInt64(truncatingIfNeeded: product.batch) ^ conditions.residentInput.value.bitPattern)
        }
    }

    private let model: any DeviceModel
    private var known: [Key: Int] = [:]
    private var projections: [OperatorProjection] = []

    public init(_ model: any DeviceModel) { self.model = model }

    /// Distinct operators projected so far.
    public var count: Int { projections.count }

    /// The model's projection, computed at the first call with these arguments.
    ///
    /// - Throws: what the model throws.
    /// - Complexity: one hash of the operator and its conditions when known.
    public mutating func project(_ shape: Operator, under conditions: ExecutionConditions) throws(ProjectionError) -> OperatorProjection {
        let key = Key(shape: shape, conditions: conditions)
        if let index = known[key] { return projections[index] }
        let projection = try model.project(shape, under: conditions)
        known[key] = projections.count
        projections.append(projection)
        return projection
    }
}
