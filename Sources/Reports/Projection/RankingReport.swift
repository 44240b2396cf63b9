import Hardware
import Quantities
import Simulator
import Workload

/// One layer of a model on many devices, fastest first.
public struct RankingReport {
    /// What one column group of the ranking shows.
    public struct Scenario: Hashable, Sendable {
        /// For example `prefill` or `decode, batch 64`.
        public var title: String
        /// New tokens of a pass.
        public var tokens: Int

        public init(title: String, tokens: Int) {
            self.title = title
            self.tokens = tokens
        }
    }

    /// A device's answer to one scenario.
    public struct Cell: Hashable, Sendable {
        public var layer: LayerProjection
        public var placement: Placement

        public init(layer: LayerProjection, placement: Placement) {
            self.layer = layer
            self.placement = placement
        }
    }

    /// A device, the format it computed in, and a cell for each scenario.
    public struct Row: Hashable, Sendable {
        public var device: String
        public var deviceClass: Architecture.DeviceClass
        public var format: NumberFormat
        /// Technology of the backing memory, where a scenario streams from it.
        public var backing: String?
        /// What a device-hour costs, and who asks it.
        public var price: Price?
        public var cells: [Cell]

        public init(
            device: String, deviceClass: Architecture.DeviceClass, format: NumberFormat, backing: String? = nil, price: Price? = nil,
            cells: [Cell]
        ) {
            self.device = device
            self.deviceClass = deviceClass
            self.format = format
            self.backing = backing
            self.price = price
            self.cells = cells
        }
    }

    private let scenarios: [Scenario]
    private let rows: [Row]
    private let layers: Int
    private let command: String
    private let refusals: [(device: String, reason: String)]

    /// - Parameters:
    ///   - column: scenario to sort by; equal times keep the order given.
    ///   - layers: layers of the model, for cost and energy of all of them.
    ///   - command: what repeats the report, for the head of the Markdown form.
    public init(
        _ scenarios: [Scenario], rows: [Row], sortedBy column: Int, layers: Int, command: String = "ridgeline rank",
        refusals: [(device: String, reason: String)] = []
    ) {
        self.command = command
        self.scenarios = scenarios
        self.layers = layers
        self.refusals = refusals
        self.rows = scenarios.indices.contains(column) ? rows.sorted { $0.cells[column].layer.time < $1.cells[column].layer.time } : rows
    }

    /// What the columns mean.
    public static let legend = """
        µs: one layer, the mean of the stack, without embeddings, head and sampling. bound: share of the data sheet's bound, which is the longer of arithmetic at
        the dense peak and weights, keys and values once at the bandwidth of the memory that holds them. held by: the largest owner of the time. lies: how the
        whole model with its KV cache lies (`1`: in one device's memory; `x n`: layers over n devices, one at a time at work; `streams`: that share of weights and
        KV cache comes from backing memory). J/token and $/1M: a token, and a million, of all layers in the last scenario, all devices paid for and serving nothing else;
        empty where no power or price is known. $/h: the first price of the device's file (`ridgeline arch show`), of different providers; --price sets your own.
        """

    public var plain: String { (([table.plain] + refusals.map { "\($0.device): not ranked: \($0.reason)" })).joined(separator: "\n") }

    public var markdown: String {
        let missing = refusals.isEmpty ? [] : ["Not ranked:", refusals.map { "- \($0.device): \($0.reason)" }.joined(separator: "\n")]
        let head = ["# Accelerators by one decoder block", "Made by `\(command)`; do not edit. How to read it: docs/ranking.md.", Self.legend]
        return (head + [table.markdown] + missing).joined(separator: "\n\n")
    }

    private var table: TextTable {
        var table = TextTable(columns: [.number("#"), .text("device"), .text("class"), .text("dtype")])
        for scenario in scenarios { table.columns += [.number("\(scenario.title), µs"), .number("bound"), .text("held by"), .text("lies")] }
        table.columns += [.number("J/token"), .number("$/h"), .number("$/1M")]
        for (index, row) in rows.enumerated() {
            var cells = ["\(index + 1)", row.device, row.deviceClass.rawValue, row.format.rawValue]
            for cell in row.cells {
                cells += [
                    Numeral.significant(cell.layer.time.microseconds), Numeral.percent(cell.layer.shareOfBound), cell.layer.breakdown.largest.title,
                    Self.lies(cell.placement, row.backing),
                ]
            }
            let figures = [perToken(row), row.price?.dollarsPerHour.value.value, dollars(row)]
            table.rows.append(cells + figures.map { $0.map { Numeral.significant($0) } ?? "" })
        }
        return table
    }

    /// One row a device and scenario, times in microseconds.
    public var csv: String {
        var table = TextTable(columns: [
            .text("device"), .text("class"), .text("dtype"), .text("scenario"), .number("layer_us"), .number("bound_us"), .text("bound"),
            .text("held_by"), .number("devices"), .number("streamed_share"),
        ])
        for row in rows {
            for (scenario, cell) in zip(scenarios, row.cells) {
                table.rows.append([
                    row.device, row.deviceClass.rawValue, row.format.rawValue, scenario.title, "\(cell.layer.time.microseconds)",
                    "\(cell.layer.bound.microseconds)", cell.layer.isMemoryBound ? "memory" : "arithmetic", cell.layer.breakdown.largest.rawValue,
                    "\(cell.placement.devicesInSeries)", "\(cell.placement.streamedShare)",
                ])
            }
        }
        return table.csv
    }

    /// One JSON document; times in microseconds, absent figures null.
    public var json: JSONText {
        .object([
            "ranking": .array(
                rows.map { row in
                    .object([
                        "device": .string(row.device), "class": .string(row.deviceClass.rawValue), "dtype": .string(row.format.rawValue),
                        "scenarios": .array(
                            zip(scenarios, row.cells).map { scenario, cell in
                                .object([
                                    "scenario": .string(scenario.title), "layer_us": .number(cell.layer.time.microseconds),
                                    "bound_us": .number(cell.layer.bound.microseconds),
                                    "bound": .string(cell.layer.isMemoryBound ? "memory" : "arithmetic"),
                                    "held_by": .string(cell.layer.breakdown.largest.rawValue), "devices": .integer(cell.placement.devicesInSeries),
                                    "streamed_share": .number(cell.placement.streamedShare),
                                ])
                            }),
                        "joules_per_token": .optional(perToken(row)), "dollars_per_hour": .optional(row.price?.dollarsPerHour.value.value),
                        "price_from": .optional(row.price?.provider), "dollars_per_million_tokens": .optional(dollars(row)),
                    ])
                }),
            "refused": .array(refusals.map { .object(["device": .string($0.device), "reason": .string($0.reason)]) }),
        ])
    }

    /// Joules of all layers for one token of the last scenario; of devices in series only the one at work is counted.
    private func perToken(_ row: Row) -> Double? {
        guard let scenario = scenarios.last, let energy = row.cells.last?.layer.energy else { return nil }
        return energy.value * Double(layers) / Double(max(1, scenario.tokens))
    }

    private func dollars(_ row: Row) -> Double? {
        guard let scenario = scenarios.last, let cell = row.cells.last, let price = row.price?.dollarsPerHour.value.value else { return nil }
        let seconds = cell.layer.time.value * Double(layers) / Double(max(1, scenario.tokens))
        return price * Double(cell.placement.devicesInSeries) * seconds / 3600 * 1e6
    }

    private static func lies(_ placement: Placement, _ backing: String?) -> String {
        switch placement {
        case .resident: "1"
        case .streamed(let share): "streams \(Numeral.percent(share))" + (backing.map { " from \($0)" } ?? "")
        case .inSeries(let devices): "x \(devices)"
        }
    }
}
