import ConfigurationFiles
import Foundation

/// What is known about why projections of a device are off: sentences beside a file of published figures, by the device's id.
///
/// `engines.remarks.yaml` goes with `engines.csv`: a mapping `remarks` of ids to text.
public struct PublishedRemarks: Hashable, Sendable {
    public private(set) var byDevice: [String: String] = [:]

    public init() {}

    /// The remarks beside measured files; files without any have none.
    ///
    /// - Throws: the problems of a file of remarks.
    public init(beside paths: [String]) throws(ConfigurationError) {
        for path in paths {
            guard path.hasSuffix(".csv") else { continue }
            let file = path.dropLast(4) + ".remarks.yaml"
            guard FileManager.default.fileExists(atPath: String(file)) else { continue }
            let root = try ConfigurationDocument.read(String(file)).mapping()
            try root.requireKeys(in: ["remarks"])
            let remarks = try root.required("remarks", as: ConfigurationValue.self).mapping()
            for device in remarks.keys { byDevice[device] = try remarks.required(device, as: String.self) }
        }
    }
}
