import ArgumentParser
import ConfigurationFiles

/// What is read from the command line before the parser sees it: the words that name a command, and values that look like options.
enum CommandWords {
    /// The sentence about a word that names no command, with the nearest one that exists; nil where every word does.
    ///
    /// The parser itself calls such a word an unexpected argument, or answers `--help` behind it with the help of everything.
    static func complaint(about arguments: [String], root: any ParsableCommand.Type) -> String? {
        var command = root
        var path = [name(of: root)]
        for word in arguments.first == "help" ? arguments.dropFirst() : arguments[...] {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { return nil }
            guard let next = subcommands.first(where: { name(of: $0) == word || $0.configuration.aliases.contains(word) }) else {
                return complaint(about: word, at: path, subcommands.map(name))
            }
            command = next
            path.append(word)
        }
        return nil
    }

    private static func complaint(about word: String, at path: [String], _ known: [String]) -> String {
        let commands = path.joined(separator: " ")
        // `help` is a word of the root alone.
        let words = path.count == 1 ? known + ["help"] : known
        return "Error: '\(word)' is no command of \(commands), there are \(known.joined(separator: ", "))\(Spelling.suggestion(for: word, in: words))\n"
            + "  See '\(commands) --help' for more information.\n"
    }

    /// `--option -5` as `--option=-5`: the parser would take the number for another option and call the value missing.
    static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
        var joined: [String] = []
        for argument in arguments {
            if let option = joined.last, option.hasPrefix("--"), option.count > 2, !option.contains("="), isNegativeNumber(argument) {
                joined[joined.count - 1] = "\(option)=\(argument)"
            } else {
                joined.append(argument)
            }
        }
        return joined
    }

    private static func isNegativeNumber(_ text: String) -> Bool {
        guard text.hasPrefix("-"), let first = text.dropFirst().first else { return false }
        return first.isNumber || first == "." || ["-inf", "-nan"].contains(text.lowercased())
    }

    /// The words that lead from the root to a command, nil where it is none of the root's.
    static func path(to wanted: any ParsableCommand.Type, from root: any ParsableCommand.Type) -> String? {
        if wanted == root { return name(of: root) }
        for next in root.configuration.subcommands {
            if let rest = path(to: wanted, from: next) { return "\(name(of: root)) \(rest)" }
        }
        return nil
    }

    private static func name(of command: any ParsableCommand.Type) -> String { command.configuration.commandName ?? "\(command)".lowercased() }
}
