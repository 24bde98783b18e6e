/// The name of a queue: 1 to 80 of `A-Z a-z 0-9 - _`, optionally ending in `.fifo` (the rule of SQS, so that every
/// queue can be reached by every protocol). A name never becomes a file name.
package struct QueueName: Sendable, Hashable, Comparable {
    package let text: String

    /// Throws `Rejection.invalidQueueName` for anything else.
    package init(_ text: String) throws(Rejection) {
        guard Self.isValid(text) else { throw .invalidQueueName(text) }
        self.text = text
    }

    package var isFIFO: Bool { text.hasSuffix(".fifo") }

    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }

    private static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= Limits.queueNameBytesMax else { return false }
        let stem = text.hasSuffix(".fifo") ? bytes.dropLast(5) : bytes[...]
        return !stem.isEmpty && stem.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension QueueName: CustomStringConvertible {
    package var description: String { text }
}
