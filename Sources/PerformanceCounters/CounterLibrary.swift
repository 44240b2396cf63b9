import CPAPI
import Foundation

/// A return code of PAPI; codes that we do not know stay representable.
struct PAPIReturnCode: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    static let ok = PAPIReturnCode(rawValue: PAPI_OK)

    /// The library's sentence. The corresponding C function is `PAPI_strerror`.
    var text: String { PAPI_strerror(rawValue).map { String(cString: $0) } ?? "unknown error" }

    func unavailability(of name: String) -> CounterUnavailability {
        CounterUnavailability(name: name, code: Int(rawValue), text: text)
    }
}

/// The library itself: started once for the process, never stopped, because others may hold event sets.
enum CounterLibrary {
    /// The outcome of starting PAPI. The corresponding C functions are `PAPI_library_init` and `PAPI_thread_init`.
    static let start: Result<Void, CounterUnavailability> = {
        let wanted = CPAPI_currentVersion()
        let version = PAPI_library_init(wanted)
        guard version == wanted else {
            let code = PAPIReturnCode(rawValue: version)
            let text = version > 0 ? "the installed library has version \(version), \(wanted) was built for" : code.text
            return .failure(CounterUnavailability(name: "PAPI", code: Int(version), text: text))
        }
        let threads = PAPIReturnCode(rawValue: PAPI_thread_init { UInt(pthread_self()) })
        return threads == .ok ? .success(()) : .failure(threads.unavailability(of: "PAPI threads"))
    }()

    /// The parts of PAPI that are switched off on this machine, with the library's reason.
    /// The corresponding C function is `PAPI_get_component_info`.
    static var disabledComponents: [CounterUnavailability] {
        guard case .success = start else { return [] }
        return (0..<max(0, PAPI_num_components())).compactMap { index in
            guard let info = PAPI_get_component_info(index), info.pointee.disabled != 0 else { return nil }
            return CounterUnavailability(
                name: text(info.pointee.name), code: Int(info.pointee.disabled), text: text(info.pointee.disabled_reason).trimmingSuffix("."))
        }
    }

    /// The library's reason why no event of the core and the kernel can be counted, nil where they can.
    static var performanceEventsReason: CounterUnavailability? { disabledComponents.first { $0.name == "perf_event" } }

    /// A fixed-size C array of characters as text, up to its terminator.
    private static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        var text = self
        while text.hasSuffix(suffix) { text.removeLast(suffix.count) }
        return text
    }
}
