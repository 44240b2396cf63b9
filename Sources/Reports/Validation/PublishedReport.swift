import Hardware
import Quantities
import Simulator
import Validation

/// The report of published figures: the factor of each device, every figure with what binds and its citation, and which devices are held
/// against nothing.
public struct PublishedReport {
    private let result: ValidationResult
    private let tables: PublishedTables
    private let remarks: PublishedRemarks
    private let library: [Architecture]
    private let command: String

    /// - Parameters:
    ///   - library: devices of which the report says whether a figure was found.
    ///   - command: the command that makes the report again.
    public init(_ result: ValidationResult, remarks: PublishedRemarks, library: [Architecture], command: String) {
        self.result = result
        tables = PublishedTables(result)
        self.remarks = remarks
        self.library = library
        self.command = command
    }

    private static let title = "Published figures against projections"
    private static let uncoveredNote =
        "No published figure of a whole model or kernel that says what ran was found for these; their projections rest on the data sheet and on what "
        + "their class of device has in common. Take them as ranking."

    private var headline: String { "\(result.answered) of \(result.asked) figures answered." }

    /// Sections of the page: title, a paragraph (may be empty), a table (may be nil) and how many of its columns are words.
    private var sections: [(title: String, text: String, table: TextTable?, words: Int)] {
        var sections: [(title: String, text: String, table: TextTable?, words: Int)] = [
            ("By device", PublishedTables.note, tables.devices, 1), ("By device, kind and metric", "", tables.groups, 3),
        ]
        for group in result.figureDevices() {
            let name = result.architectures.first { $0.id == group.architecture }?.name ?? group.architecture
            sections.append((name, remarks.byDevice[group.architecture] ?? "", tables.rows(of: group), 8))
        }
        if !result.passes.isEmpty {
            let document = ValidationDocument(result, groups: [])
            sections += [("Passes of whole models", "", document.passTable, 4), ("Each pass", "", document.passDetailTable, 3)]
        }
        sections.append(("Figures that were not answered", "", ValidationDocument(result, groups: []).skippedTable, 2))
        let uncovered = uncoveredTable
        if !uncovered.rows.isEmpty { sections.append(("Held against nothing", Self.uncoveredNote, uncovered, 2)) }
        return sections
    }

    /// Devices without an answered figure, by class; GPUs and CPUs have measured kernels of their own.
    private var uncoveredTable: TextTable {
        let answered = Set(result.figureDevices().map(\.architecture))
        let missing = library.filter { ![.simtGPU, .cpu, .explained].contains($0.deviceClass) && !answered.contains($0.id) }
        var table = TextTable(columns: [.text("class"), .text("devices"), .number("without a figure"), .number("of the class")])
        for deviceClass in Architecture.DeviceClass.allCases {
            let ids = missing.filter { $0.deviceClass == deviceClass }.map(\.id).sorted()
            guard !ids.isEmpty else { continue }
            table.rows.append([deviceClass.rawValue, ids.joined(separator: ", "), "\(ids.count)", "\(library.count { $0.deviceClass == deviceClass })"])
        }
        return table
    }

    public var markdown: String {
        var parts = ["# \(Self.title)", "Made by", "    \(command)", headline]
        for section in sections {
            parts.append("## \(section.title)")
            if !section.text.isEmpty { parts.append(section.text) }
            if let table = section.table { parts.append(table.markdown) }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    /// One self-contained HTML page; equal input gives equal bytes.
    public var html: String {
        var page = Page(title: Self.title, lead: headline)
        page.section("Make it again", [Markup("pre", text: command)])
        for section in sections {
            var blocks: [Markup] = section.text.isEmpty ? [] : [.paragraph(section.text, class: "note")]
            if let table = section.table {
                blocks.append(.table(header: table.columns.map(\.title), rows: table.rows, textColumns: section.words))
            }
            page.section(section.title, blocks)
        }
        return page.rendered
    }
}
