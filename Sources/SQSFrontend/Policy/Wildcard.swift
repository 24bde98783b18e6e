/// A pattern in which `*` stands for any text and `?` for one byte.
package struct Wildcard: Sendable, Equatable, Hashable {
    private let pattern: [UInt8]
    private let ignoresCase: Bool

    package init(_ pattern: String, ignoresCase: Bool = false) {
        self.pattern = ignoresCase ? Array(pattern.lowercased().utf8) : Array(pattern.utf8)
        self.ignoresCase = ignoresCase
    }

    package var matchesEverything: Bool { !pattern.isEmpty && pattern.allSatisfy { $0 == star } }

    /// Takes no more steps than the pattern has bytes times the text has: at a dead end it goes back to the last star
    /// and never further.
    package func matches(_ text: String) -> Bool {
        let text = ignoresCase ? Array(text.lowercased().utf8) : Array(text.utf8)
        var at = 0
        var index = 0
        var retry: (at: Int, index: Int)?
        while index < text.count {
            if at < pattern.count, pattern[at] == star {
                retry = (at &+ 1, index)
                at &+= 1
            } else if at < pattern.count, pattern[at] == text[index] || pattern[at] == UInt8(ascii: "?") {
                at &+= 1
                index &+= 1
            } else if let last = retry {
                retry = (last.at, last.index &+ 1)
                (at, index) = (last.at, last.index &+ 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == star }
    }
}

private let star = UInt8(ascii: "*")
