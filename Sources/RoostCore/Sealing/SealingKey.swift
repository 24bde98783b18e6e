/// The secret of a data directory that ids and handles are sealed with. Losing it makes every handle that is out
/// invalid; knowing it lets one forge them.
package struct SealingKey: Sendable, Equatable {
    package static let byteCount = 32

    let ids: (UInt64, UInt64)
    let handles: (UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) {
        ids = (words.0, words.1)
        handles = (words.2, words.3)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.ids == right.ids && left.handles == right.handles
    }
}
