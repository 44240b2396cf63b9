import ArgumentParser
import ConfigurationFiles
import Hardware
import Quantities

/// What `--price` says: dollars of a device-hour, for all devices or by name.
struct HourlyPrices {
    private var general: Double?
    private var named: [(name: String, dollars: Double)] = []
    private var used: Set<String> = []

    /// - Throws: `ValidationError` for what is no positive number, and for two prices of one name.
    init(_ text: String) throws {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let last = words.last, let dollars = Double(last), dollars > 0, dollars <= 1e6 else {
                throw ValidationError("--price '\(part)': expected dollars of a device-hour, more than 0 and at most 1000000, or id=dollars")
            }
            let name = words.count == 2 ? String(words[0]) : nil
            guard name.map({ name in !named.contains { $0.name == name } }) ?? (general == nil) else {
                throw ValidationError("--price '\(text)': two prices for \(name.map { "'\($0)'" } ?? "all devices")")
            }
            if let name { named.append((name, dollars)) } else { general = dollars }
        }
    }

    /// The price given for a device under its id or the name that it was asked for by.
    mutating func price(of id: String, called name: String) -> Price? {
        let entry = named.first { $0.name.lowercased() == id.lowercased() || $0.name.lowercased() == name.lowercased() }
        if let entry { used.insert(entry.name) }
        return (entry?.dollars ?? general).map {
            Price(dollarsPerHour: Sourced(Dollars($0), source: Source(.estimated, "given with --price")), provider: "given with --price", date: "")
        }
    }

    /// A name that no device answered to.
    var unused: String? { named.first { !used.contains($0.name) }?.name }
}
