import ConfigurationFiles
import Hardware
import Quantities
import Simulator
import Workload

/// Makes the model of a device under a software stack; the simulator's catalogue of device classes stands behind it.
public typealias DeviceModelMaker = @Sendable (Architecture, SoftwareStack) throws(ProjectionError) -> any DeviceModel

/// Pairs measured rows with projections.
public struct Validator: Sendable {
    /// The architecture that a device name of measured data stands for.
    public var architecture: @Sendable (String) throws(ArchitectureLibraryError) -> Architecture
    public var stack: @Sendable (String) throws(ArchitectureLibraryError) -> SoftwareStack
    public var model: DeviceModelMaker
    public var protocols: ProtocolLibrary
    /// The usual server of a device, by the device's id: published figures of many devices need its links to other servers.
    public var server: @Sendable (String) -> ServerSystem? = { _ in nil }
    /// Quantiles that replace the intervals which models state themselves; nil keeps theirs.
    public var intervals: IntervalTable?
    /// Where given, rows of this device and of devices that no architecture claims are projected on it, and rows of other devices skipped.
    public var only: Architecture?
    /// Threads that project rows; results do not depend on it.
    public var threads = 2

    public init(
        architecture: @escaping @Sendable (String) throws(ArchitectureLibraryError) -> Architecture,
        stack: @escaping @Sendable (String) throws(ArchitectureLibraryError) -> SoftwareStack,
        model: @escaping DeviceModelMaker, protocols: ProtocolLibrary
    ) {
        self.architecture = architecture
        self.stack = stack
        self.model = model
        self.protocols = protocols
    }

    /// A validator over a library of architectures, its stacks and protocols.
    ///
    /// - Throws: the problems of the protocol files.
    public init(library: ArchitectureLibrary, model: @escaping DeviceModelMaker) throws(ConfigurationError) {
        self.init(
            architecture: { name throws(ArchitectureLibraryError) in try library.architecture(named: name) },
            stack: { id throws(ArchitectureLibraryError) in try library.softwareStack(id) }, model: model,
            protocols: try ProtocolLibrary.read(roots: library.roots))
        // A server file that is wrong is `arch check`'s business; figures then go without its network and say so.
        let systems = (try? library.serverSystems()) ?? []
        server = { id in systems.first { $0.device == id && $0.scaleOut != nil } ?? systems.first { $0.device == id } }
    }

    /// Projects every row.
    ///
    /// - Throws: when a software stack that a protocol names is missing or a file of the library is wrong. A device that nobody knows and an
    ///   operator that a device cannot run are no errors: their rows are counted with the reason.
    public func validate(_ data: MeasuredData) throws(ArchitectureLibraryError) -> ValidationResult {
        let plans = try PairingPlans(data, validator: self)
        let rows = data.rows
        let chunks = Parallel.map(count: rows.count, threads: threads) { range in
            range.map { index in plans.project(rows[index], index: index) }
        }
        var result = ValidationResult(data: data, architectures: plans.architectures, plans: plans.summaries)
        result.skipped = data.skipped
        result.rows.reserveCapacity(rows.count)
        for outcome in chunks.joined() {
            switch outcome {
            case .success(let row): result.rows.append(row)
            case .failure(let refused):
                let series = data.series[refused.series]
                result.skipped.add(series.family, device: series.device, reason: refused.reason)
            }
        }
        try validatePasses(of: data, into: &result)
        try validateFigures(of: data, into: &result)
        return result
    }
}

/// A row that was not projected.
struct RefusedRow: Error {
    var series: Int
    var reason: String
}

/// What every row of a series shares: the model it is projected on and the circumstances of the measurement.
struct PairingPlans: Sendable {
    struct Plan: Sendable {
        var architecture: Int
        var model: Int
        var circumstances: MeasurementProtocol
        var harness: HarnessTime?
        var cacheCapacity: Bytes
    }

    let series: [Result<Plan, RefusedRow>]
    let architectures: [Architecture]
    /// The architecture (with the power limit of the measurement) and stack of each model.
    let machines: [(architecture: Architecture, stack: SoftwareStack)]
    let models: [Result<any DeviceModel, ProjectionError>]
    let intervals: [DeviceIntervals?]
    let summaries: [SeriesPlan]

    init(_ data: MeasuredData, validator: Validator) throws(ArchitectureLibraryError) {
        var builder = PlanBuilder(validator: validator)
        var series: [Result<Plan, RefusedRow>] = []
        for index in data.series.indices { series.append(try builder.plan(data.series[index], index: index)) }
        self.series = series
        architectures = builder.architectures
        machines = builder.machines
        models = builder.machines.map { machine in
            Result { () throws(ProjectionError) in try validator.model(machine.architecture, machine.stack) }
        }
        intervals = builder.machines.map { machine in validator.intervals.map { $0.intervals(for: machine.architecture) } }
        summaries = series.map { plan in
            guard case .success(let plan) = plan else { return SeriesPlan(architecture: nil, circumstances: nil) }
            return SeriesPlan(architecture: plan.architecture, circumstances: plan.circumstances)
        }
    }

    /// Projects one row on its model.
    func project(_ row: MeasuredRow, index: Int) -> Result<ValidatedRow, RefusedRow> {
        let plan: Plan
        switch series[row.series] {
        case .success(let value): plan = value
        case .failure(let refused): return .failure(refused)
        }
        let model: any DeviceModel
        switch models[plan.model] {
        case .success(let value): model = value
        case .failure(let error): return .failure(RefusedRow(series: row.series, reason: error.description))
        }
        let shape = plan.circumstances.adjusted(row.shape)
        let conditions = plan.circumstances.conditions(for: shape, cacheCapacity: plan.cacheCapacity)
        do throws(ProjectionError) {
            let projection = try model.project(shape, under: conditions)
            let architecture = machines[plan.model].architecture
            guard projection.time.value.isFinite, projection.time > .zero else {
                return .failure(RefusedRow(series: row.series, reason: "the model of \(architecture.id) answers no positive time"))
            }
            let harness = Seconds(microseconds: plan.harness?.beyond(kernelMicroseconds: projection.time.microseconds) ?? 0)
            return .success(ValidatedRow(
                row, index: index, projection: projection, harness: harness, intervals: intervals[plan.model], shape: shape,
                isBeyondLimits: PhysicalLimit(architecture).isBeaten(by: row)))
        } catch {
            return .failure(RefusedRow(series: row.series, reason: error.description))
        }
    }
}

/// Finds architectures, protocols, stacks and models of series, each once.
private struct PlanBuilder {
    let validator: Validator
    var architectures: [Architecture] = []
    var machines: [(architecture: Architecture, stack: SoftwareStack)] = []
    private var known: [DeviceName: Result<Int, RefusedRow>] = [:]
    private var stacks: [String: SoftwareStack] = [:]
    private var machineIndex: [String: Int] = [:]

    init(validator: Validator) { self.validator = validator }

    mutating func plan(_ series: MeasuredSeries, index: Int) throws(ArchitectureLibraryError) -> Result<PairingPlans.Plan, RefusedRow> {
        let circumstances = validator.protocols.measurementProtocol(for: series)
        if let refusal = circumstances.refusal { return .failure(RefusedRow(series: index, reason: refusal)) }
        let position: Int
        let device = DeviceName(
            text: circumstances.architecture ?? series.device, countsBoards: series.family == .published || series.family == .serving)
        switch try architecture(device) {
        case .failure(let refused): return .failure(RefusedRow(series: index, reason: refused.reason))
        case .success(let found): position = found
        }
        var architecture = architectures[position]
        let limit = circumstances.powerLimit(for: series)
        if let limit { architecture.power?.thermalDesign = limit }
        let network = circumstances.network ?? (series.family == .published ? validator.server(architecture.id).flatMap(MeasuredNetwork.init) : nil)
        if let network { architecture.set(network) }
        let stack: SoftwareStack
        if let known = stacks[circumstances.stack] { stack = known } else {
            stack = try validator.stack(circumstances.stack)
            stacks[circumstances.stack] = stack
        }
        let key = "\(position)/\(limit?.value.value ?? 0)/\(stack.id)/\(network == nil ? "" : circumstances.network == nil ? "server" : circumstances.id)"
        let model: Int
        if let known = machineIndex[key] { model = known } else {
            model = machines.count
            machineIndex[key] = model
            machines.append((architecture, stack))
        }
        let cache = architecture.caches.last { $0.scope == .device }
        return .success(PairingPlans.Plan(
            architecture: position, model: model, circumstances: circumstances, harness: circumstances.harness(for: series),
            cacheCapacity: cache?.capacity.value ?? .zero))
    }

    /// A device as a source calls it. A kernel and a process run on one of the devices that a board shows; published figures count boards.
    private struct DeviceName: Hashable {
        var text: String
        var countsBoards: Bool
    }

    /// What ran, unless the board itself was asked for.
    private func measured(_ device: DeviceName) throws(ArchitectureLibraryError) -> Architecture {
        let board = try validator.architecture(device.text)
        guard !device.countsBoards, let part = board.softwareDevice, validator.only?.id != board.id else { return board }
        do throws(ArchitectureLibraryError) {
            return try validator.architecture(part)
        } catch {
            // The source named a device that is there: its file is wrong.
            throw ArchitectureLibraryError(.invalidFile, "\(board.id): 'seen_as': \(error.description)")
        }
    }

    /// Index of the architecture for a device name, or why there is none.
    private mutating func architecture(_ device: DeviceName) throws(ArchitectureLibraryError) -> Result<Int, RefusedRow> {
        if let result = known[device] { return result }
        let result: Result<Int, RefusedRow>
        do throws(ArchitectureLibraryError) {
            let found = try measured(device)
            if let only = validator.only, only.id != found.id {
                result = .failure(RefusedRow(series: 0, reason: "the device is \(found.id), and only \(only.id) was asked for"))
            } else {
                result = .success(insert(validator.only ?? found))
            }
        } catch {
            guard error.code != .invalidFile, error.code != .noLibrary else { throw error }
            if let only = validator.only, error.code == .unknownName {
                result = .success(insert(only))
            } else {
                result = .failure(RefusedRow(series: 0, reason: error.description))
            }
        }
        known[device] = result
        return result
    }

    private mutating func insert(_ architecture: Architecture) -> Int {
        if let position = architectures.firstIndex(where: { $0.id == architecture.id }) { return position }
        architectures.append(architecture)
        return architectures.count - 1
    }
}
