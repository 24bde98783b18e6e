/// What inputs come to, by name: counted when they are run with `--reach` (see `runFuzzer`), and not at all while
/// libFuzzer runs.
package enum Reach {
    // Unsafe only by name: libFuzzer has one thread.
    nonisolated(unsafe) static var counts: [String: Int]?

    package static func note(_ name: @autoclosure () -> String) {
        guard counts != nil else { return }
        counts?[name(), default: 0] += 1
    }
}
