package import RoostCore

/// What inputs come to, by name: counted when they are run with `--reach` (see `runFuzzer`), and not at all while
/// libFuzzer runs.
package enum Reach {
    // Unsafe only by name: libFuzzer has one thread.
    nonisolated(unsafe) static var counts: [String: Int]?

    package static func note(_ name: @autoclosure () -> String) {
        guard counts != nil else { return }
        counts?[name(), default: 0] += 1
    }

    package static func note(_ verb: String, _ kind: EntryKind) { note("\(verb) \(kind)") }

    package static let kindsMade = EntryKind.allCases.map { "made \($0)" }
    package static let kindsTaken = EntryKind.allCases.map { "took \($0)" }
}
