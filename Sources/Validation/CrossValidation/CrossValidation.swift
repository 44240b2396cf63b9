import Hardware
import Quantities
import Simulator

/// Projects measured rows with constants that never saw them: fitted, from the middle of their plausible ranges, to other shapes of the same
/// devices, and to other devices.
///
/// Nothing of the calibrations that ship reaches these projections but the plausible ranges and the constants that no row of the family moves.
public struct CrossValidation: Sendable {
    public struct Options: Sendable {
        /// Folds of whole shapes.
        public var folds = 5
        /// Rows of one series that a fit looks at, at most; every row is judged.
        public var sample = 400
        /// Evaluations of all rows of a fit.
        public var evaluations = 1000
        /// Cost of moving a constant over its whole range, in units of mean relative error.
        public var pull = 0.01

        public init() {}

        /// Enough to compare a model with itself less one mechanism: two folds, fewer rows and steps.
        public static let ablation: Options = {
            var options = Options()
            (options.folds, options.sample, options.evaluations) = (2, 150, 500)
            return options
        }()
    }

    let validator: Validator
    let options: Options

    public init(_ validator: Validator, options: Options = Options()) {
        self.validator = validator
        self.options = options
    }

    /// The rows of a validation with left-out projections in place of their own.
    public struct Outcome: Sendable {
        /// Shapes left out, on the same devices. Rows of devices without constants to fit are absent.
        public var shapes: ValidationResult
        /// Devices left out. Rows that nothing else was measured beside are absent.
        public var devices: ValidationResult
        /// What each device was projected from when it was left out, by family.
        public var kin: [(family: MeasuredFamily, device: String, from: [String])]
    }

    /// Errors of a family on shapes left out, every constant fitted anew, with one mechanism switched off where one is given.
    ///
    /// - Throws: as `run`.
    public func errors(of family: MeasuredFamily, without mechanism: Mechanism? = nil, on data: MeasuredData) throws(ArchitectureLibraryError) -> ErrorStatistics? {
        var selection = FitProblem.Selection(family: family)
        selection.sample = options.sample
        let problem = try FitProblem(data, selection: selection, validator: validator.setting(mechanism?.overrides ?? []))
        let fits = LeftOutFits(problem, family: family, options: options)
        return ErrorStatistics(fits.generations.flatMap { fits.shapesLeftOut($0).sorted { $0.key < $1.key }.map(\.value) })
    }

    /// Fits and projects.
    ///
    /// - Parameters:
    ///   - result: the rows, validated with the constants that ship.
    ///   - progress: told what runs next.
    /// - Throws: when the library lacks a stack that a protocol names, or one of its files is wrong.
    /// - Complexity: per family, (folds x generations + devices) fits of `evaluations` projections of the sampled rows.
    public func run(on result: ValidationResult, progress: (String) -> Void = { _ in }) throws(ArchitectureLibraryError) -> Outcome {
        var shapes: [Int: MeasuredPair] = [:]
        var devices: [Int: MeasuredPair] = [:]
        var kin: [(family: MeasuredFamily, device: String, from: [String])] = []
        for family in MeasuredFamily.allCases {
            var selection = FitProblem.Selection(family: family)
            selection.sample = options.sample
            let problem = try FitProblem(result.data, selection: selection, validator: validator)
            guard problem.count > 0 else { continue }
            let fits = LeftOutFits(problem, family: family, options: options)
            for generation in fits.generations {
                progress("\(family.rawValue): shapes of \(generation) left out")
                shapes.merge(fits.shapesLeftOut(generation)) { $1 }
            }
            for device in problem.devices {
                guard let leftOut = fits.deviceLeftOut(device) else { continue }
                progress("\(family.rawValue): \(device) left out")
                devices.merge(leftOut.pairs) { $1 }
                kin.append((family, device, leftOut.from))
            }
        }
        return Outcome(shapes: result.replacing(shapes), devices: result.replacing(devices), kin: kin)
    }
}

extension ValidationResult {
    /// The rows that have a pair here, with it; their breakdowns belong to other constants and are dropped.
    fileprivate func replacing(_ pairs: [Int: MeasuredPair]) -> ValidationResult {
        var result = self
        result.rows = rows.compactMap { row in
            guard let pair = pairs[row.index] else { return nil }
            var row = row
            row.pair = pair
            row.breakdown = TimeBreakdown()
            return row
        }
        return result
    }
}
