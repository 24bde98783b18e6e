/// Where a look through a queue stopped, so that the next one goes on behind it. It stays of use when the message that
/// it names is gone.
package struct BrowsePlace: Sendable, Equatable {
    /// The last message that was looked at. Nil: none of those that tell the place.
    package var message: MessageID?
    /// When its group was made among all groups and queues; 0: it is in no group.
    package var birth: UInt64
    /// What the messages of its list are ordered by.
    package var key: UInt64

    package init(message: MessageID?, birth: UInt64, key: UInt64) {
        self.message = message
        self.birth = birth
        self.key = key
    }

    /// The form in which clients carry it: `ID.BIRTH.KEY` or `-.BIRTH.KEY`, with hexadecimal numbers.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let birth = Self.number(parts[1]), let key = Self.number(parts[2]) else { return nil }
        let id = MessageID(String(parts[0]))
        guard id != nil || parts[0] == "-" else { return nil }
        self.init(message: id, birth: birth, key: key)
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy({ hexValue($0) != nil }) else { return nil }
        return UInt64(text, radix: 16)
    }
}

extension BrowsePlace: CustomStringConvertible {
    package var description: String {
        "\(message?.description ?? "-").\(String(birth, radix: 16)).\(String(key, radix: 16))"
    }
}
