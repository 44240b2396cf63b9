/// Finds what a user may have meant.
public enum Spelling {
    /// The number of insertions, deletions, substitutions and swaps of neighbours that turn one name into the other
    /// (optimal string alignment distance), case ignored.
    ///
    /// - Complexity: the product of both lengths.
    public static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.lowercased().unicodeScalars), b = Array(right.lowercased().unicodeScalars)
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [Int](repeating: i, count: b.count + 1)
            for j in 1...b.count {
                let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }

    /// The candidate nearest to `name`, nil when none is near: at most a third of the name's length (but at least one and at most four) edits away,
    /// or a candidate that begins with the name or the reverse, or that begins with something a letter or two away from a name of five or more (a
    /// mistyped key without its unit). Ties go to the earlier candidate.
    ///
    /// A third is where a mistyped word still looks like the word; names further away would puzzle more than help.
    public static func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
        guard name.unicodeScalars.count <= 200 else { return nil }
        let limit = min(4, max(1, name.unicodeScalars.count / 3))
        let lowered = name.lowercased()
        var best: (name: String, score: Int)?
        for candidate in candidates where candidate.unicodeScalars.count <= 200 {
            let distance = distance(name, candidate)
            // Twice the distance, so that a shared beginning ranks behind every near spelling.
            var score = 2 * distance
            let loweredCandidate = candidate.lowercased()
            if distance > limit {
                guard lowered.count >= 3, loweredCandidate.count >= 3 else { continue }
                if loweredCandidate.hasPrefix(lowered) || lowered.hasPrefix(loweredCandidate) {
                    score = 2 * limit + 1
                } else if lowered.count >= 5, isMistyped(lowered, beginningOf: loweredCandidate) {
                    score = 2 * limit + 2
                } else {
                    continue
                }
            }
            if score < best?.score ?? Int.max { best = (candidate, score) }
        }
        return best?.name
    }

    /// Whether a word of the candidate ends where the name does, give or take a letter, and the name is its beginning but for a slip.
    private static func isMistyped(_ name: String, beginningOf candidate: String) -> Bool {
        let limit = name.count >= 8 ? 2 : 1
        return (name.count - 1...name.count + 1).contains { length in
            guard candidate.count > length else { return false }
            let beginning = candidate.prefix(length)
            let next = candidate[beginning.endIndex]
            return next == "_" && distance(name, String(beginning)) <= limit
        }
    }

    /// `; did you mean 'x'?`, or nothing when no candidate is near.
    public static func suggestion(for name: String, in candidates: some Sequence<String>) -> String {
        nearest(to: name, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }
}
