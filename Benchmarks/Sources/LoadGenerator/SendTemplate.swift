/// What differs between the messages of a load.
package struct MessageMarks {
    /// Messages take turns in so many groups, by their numbers; 0: they have none.
    package var groups = 0
    package var groupPrefix = "group"
    /// Each message has a MessageDeduplicationId of its own.
    package var deduplicates = false
    /// The body begins with the time of sending, so that who receives it knows how long it took.
    package var isStamped = false

    package init(groups: Int = 0, groupPrefix: String = "group", deduplicates: Bool = false, isStamped: Bool = false) {
        self.groups = groups
        self.groupPrefix = groupPrefix
        self.deduplicates = deduplicates
        self.isStamped = isStamped
    }
}

/// Numbers of messages, over all connections. Those of a later run are larger: a deduplication id never comes again.
package final class MessageNumbers {
    private let base: UInt64
    private var next: UInt64 = 0

    /// With the nanoseconds since 1970 as base, no run sends as fast as the base of the next one grows.
    package init(base: UInt64) {
        self.base = base
    }

    fileprivate func take(_ count: Int) -> (first: UInt64, base: UInt64) {
        defer { next += UInt64(count) }
        return (next, base)
    }
}

/// A request whose bytes are built once; each time only the digits of its marks are written.
package struct SendTemplate {
    /// Characters that stand for the digits while a request is put together.
    package enum Placeholder: UInt8, CaseIterable {
        case group = 1
        case deduplication = 2
        case time = 3

        var width: Int {
            switch self {
            case .group: 9
            case .deduplication: 16
            case .time: stampDigits
            }
        }

        var text: String { String(repeating: Character(Unicode.Scalar(rawValue)), count: width) }
    }

    package static let stampDigits = 20

    private struct Mark {
        let placeholder: Placeholder
        let offset: Int
        /// Which message of the request.
        let index: Int
    }

    package let messages: Int
    private let bytes: [UInt8]
    private let groups: UInt64
    private let numbers: MessageNumbers
    private var marks: [Mark] = []

    package init(_ bytes: [UInt8], messages: Int, groups: Int, numbers: MessageNumbers) {
        self.bytes = bytes
        self.messages = messages
        self.groups = UInt64(max(1, groups))
        self.numbers = numbers
        var seen: [Placeholder: Int] = [:]
        var offset = 0
        while offset < bytes.count {
            guard let placeholder = Placeholder(rawValue: bytes[offset]) else {
                offset += 1
                continue
            }
            marks.append(Mark(placeholder: placeholder, offset: offset, index: seen[placeholder, default: 0]))
            seen[placeholder, default: 0] += 1
            offset += placeholder.width
        }
    }

    package func write(to out: inout [UInt8], at now: UInt64) {
        out.removeAll(keepingCapacity: true)
        out += bytes
        guard !marks.isEmpty else { return }
        let (first, base) = numbers.take(messages)
        for mark in marks {
            let number = first + UInt64(mark.index)
            switch mark.placeholder {
            case .group: out.writeDigits(of: number % groups, at: mark.offset, width: mark.placeholder.width, radix: 10)
            case .deduplication:
                out.writeDigits(of: base &+ number, at: mark.offset, width: mark.placeholder.width, radix: 16)
            case .time: out.writeDigits(of: now, at: mark.offset, width: mark.placeholder.width, radix: 10)
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func writeDigits(of value: UInt64, at offset: Int, width: Int, radix: UInt64) {
        var rest = value
        for index in stride(from: offset + width - 1, through: offset, by: -1) {
            let digit = UInt8(rest % radix)
            self[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest /= radix
        }
    }
}
