import FoundationEssentials
import RoostModel

extension JSON {
    init(_ message: TailedMessage) {
        let isCut = message.body.count < message.bodyBytes
        var members = [
            Member(name: "queue", value: .string(message.queue.text)),
            Member(name: "id", value: .string(message.id.description)),
            Member(name: "sent_at_ms", value: .time(message.sentAt)),
            Member(name: "sequence", value: .counter(message.sequence)),
            Self.text(isCut ? message.body.withoutHalfCharacter : message.body, named: "body"),
            Member(name: "body_bytes", value: .count(message.bodyBytes)), Member(name: "is_cut", value: .bool(isCut)),
            Member(name: "attributes", value: Self.attributes(message.attributes)),
            Member(name: "left_out", value: .count(message.leftOut)),
        ]
        if let group = message.group { members.append(Member(name: "group", value: .string(group))) }
        self = .object(members)
    }

    /// Messages that were sent and not shown.
    init(leftOut count: Int, of queue: QueueName) {
        self = ["queue": .string(queue.text), "left_out": .count(count)]
    }

    init(published message: Bytes, on channel: Bytes) {
        let shown = message.prefix(Limits.tailedBytesMax)
        let isCut = shown.count < message.count
        let bytes = isCut ? [UInt8](shown).withoutHalfCharacter : [UInt8](shown)
        self = .object([
            Self.text([UInt8](channel), named: "channel"), Self.text(bytes, named: "message"),
            Member(name: "message_bytes", value: .count(message.count)), Member(name: "is_cut", value: .bool(isCut)),
        ])
    }

    /// A text under this name, or, when it is none, its base64 form under the name with `_base64`.
    static func text(_ bytes: some Collection<UInt8>, named name: String) -> Member {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return Member(name: "\(name)_base64", value: .string(Data(bytes).base64EncodedString()))
        }
        return Member(name: name, value: .string(text))
    }
}

extension [UInt8] {
    /// The end of what was cut off may be the beginning of a character: without it, a text stays a text.
    fileprivate var withoutHalfCharacter: [UInt8] {
        let start = lastIndex { $0 & 0xC0 != 0x80 } ?? endIndex
        guard start < endIndex, self[start] >= 0xC0, endIndex - start < 4 else { return self }
        return Array(self[..<start])
    }
}
