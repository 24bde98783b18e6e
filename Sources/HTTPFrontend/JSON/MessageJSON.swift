import FoundationEssentials
package import RoostModel
package import RoostStorage

/// A message as a client sends it.
package struct MessageFields: Decodable {
    package static let names = [
        "body", "body_base64", "attributes", "delay_seconds", "group", "deduplication_id", "trace",
    ]

    package var message: NewMessage

    package init(from decoder: any Decoder) throws {
        try self.init(StrictFields(decoder, allowed: Self.names))
    }

    init(_ fields: StrictFields) throws {
        message = NewMessage(
            body: try Self.body(fields),
            attributes: try fields.value("attributes", as: AttributeFields.self)?.attributes ?? [],
            delay: try fields.seconds("delay_seconds"),
            group: try fields.text("group"),
            deduplication: try fields.text("deduplication_id").map { Deduplication(id: $0) },
            labels: MessageLabels(trace: try fields.text("trace"))
        )
    }

    private static func body(_ fields: StrictFields) throws -> [UInt8] {
        switch (try fields.text("body"), try fields.text("body_base64")) {
        case (let text?, nil): return [UInt8](text.utf8)
        case (nil, let base64?): return try bytes(base64: base64, field: "body_base64")
        case (nil, nil): throw Problem.missingField("body (or body_base64)")
        case (_?, _?): throw Problem.invalidField("body and body_base64 exclude each other.")
        }
    }

    static func bytes(base64 text: String, field: String) throws -> [UInt8] {
        guard let data = Data(base64Encoded: text) else {
            throw Problem.invalidField("\(field) must be base64 with padding (RFC 4648 section 4).")
        }
        return [UInt8](data)
    }
}

/// The attributes of a message: an object whose names are those of the attributes.
struct AttributeFields: Decodable {
    var attributes: [MessageAttribute]

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: nil)
        guard fields.names.count <= Limits.messageAttributesMax else {
            throw Problem.invalidAttribute(
                "There are \(fields.names.count) attributes; a message may have \(Limits.messageAttributesMax)."
            )
        }
        attributes = try fields.names.map { name in
            guard let value = try fields.value(name, as: AttributeValueFields.self) else {
                throw Problem.missingField("attributes.\(name)")
            }
            return try value.attribute(named: name)
        }
    }
}

private struct AttributeValueFields: Decodable {
    var type: String
    var text: String?
    var base64: String?

    init(from decoder: any Decoder) throws {
        let fields = try StrictFields(decoder, allowed: ["type", "value", "value_base64"])
        type = try fields.text("type") ?? "String"
        text = try fields.text("value")
        base64 = try fields.text("value_base64")
    }

    /// The rules of SQS, so that the message can be received there as well.
    func attribute(named name: String) throws -> MessageAttribute {
        guard Self.isName(name) else {
            throw Problem.invalidAttribute(
                "An attribute name has 1 to \(Limits.attributeNameBytesMax) of A-Z a-z 0-9 _ - . and no dot at an end,"
                    + " and does not begin with AWS. or Amazon."
            )
        }
        let kind = type.prefix { $0 != "." }
        guard ["String", "Number", "Binary"].contains(kind), type.utf8.count <= Limits.attributeNameBytesMax,
            type.last != "."
        else {
            throw Problem.invalidAttribute(
                "The type of \(name) must be String, Number or Binary, or one with a .label.")
        }
        let value = try value(of: name, isBinary: kind == "Binary")
        if kind == "Number", case .text(let text) = value, !AttributeNumber.isNumber(text) {
            throw Problem.invalidAttribute(
                "The value of \(name) has to be a number, as its type says, not \"\(text.prefix(100))\".")
        }
        return MessageAttribute(name: name, type: type, value: value)
    }

    private func value(of name: String, isBinary: Bool) throws -> MessageAttribute.Value {
        switch (text, base64, isBinary) {
        case (let text?, nil, false) where !text.isEmpty: return .text(text)
        case (nil, let base64?, true) where !base64.isEmpty:
            return .binary(try MessageFields.bytes(base64: base64, field: "attributes.\(name).value_base64"))
        default:
            throw Problem.invalidAttribute(
                isBinary ? "\(name) needs value_base64, not empty." : "\(name) needs value, not empty."
            )
        }
    }

    private static func isName(_ name: String) -> Bool {
        let bytes = name.utf8
        let lowercased = name.lowercased()
        return (1...Limits.attributeNameBytesMax).contains(bytes.count) && bytes.allSatisfy(isNameByte)
            && name.first != "." && name.last != "."
            && !lowercased.hasPrefix("aws.") && !lowercased.hasPrefix("amazon.")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

extension JSON {
    package init(_ sent: SentMessage) {
        self = [
            "id": .string(sent.id.description), "sent_at_ms": .time(sent.sentAt), "sequence": .counter(sent.sequence),
        ]
    }

    package init(_ message: ReceivedMessage) {
        let body = Self.bodyMember(message.body)
        self = .object(
            [
                Member(name: "id", value: .string(message.id.description)),
                Member(name: "handle", value: .string(message.handle.description)),
                body,
                Member(name: "attributes", value: Self.attributes(message.attributes)),
                Member(name: "sent_at_ms", value: .time(message.sentAt)),
                Member(name: "first_received_at_ms", value: .time(message.firstReceivedAt)),
                Member(name: "receive_count", value: .count(Int(message.receiveCount))),
                Member(name: "sequence", value: .counter(message.sequence)),
            ]
                + Self.members([
                    ("group", message.group), ("deduplication_id", message.deduplicationID),
                    ("trace", message.labels.trace), ("sender", message.labels.sender),
                    ("dead_letter_source", message.deadLetterSource?.text),
                ]))
    }

    package init(_ message: PeekedMessage) {
        let body = Self.bodyMember(message.body)
        self = .object(
            [
                Member(name: "id", value: .string(message.id.description)),
                Member(name: "state", value: .string(message.state.name)),
                body,
                // What cannot be read has no length either.
                Member(name: "body_bytes", value: message.state == .damaged ? nil : .count(message.body.count)),
                Member(name: "attributes", value: Self.attributes(message.attributes)),
                Member(name: "sent_at_ms", value: .time(message.sentAt)),
                Member(name: "first_received_at_ms", value: message.firstReceivedAt.map(JSON.time) ?? nil),
                Member(name: "receive_count", value: .count(Int(message.receiveCount))),
                Member(name: "due_ms", value: message.due.map(JSON.time) ?? nil),
                Member(name: "sequence", value: .counter(message.sequence)),
            ]
                + Self.members([
                    ("group", message.group), ("deduplication_id", message.deduplicationID),
                    ("trace", message.labels.trace), ("sender", message.labels.sender),
                    ("dead_letter_source", message.deadLetterSource?.text),
                ])
                + Self.burial(message))
    }

    /// Most messages have none of these: they stand there only when they are.
    private static func members(_ texts: [(name: String, text: String?)]) -> [Member] {
        texts.compactMap { name, text in text.map { Member(name: name, value: .string($0)) } }
    }

    private static func burial(_ message: PeekedMessage) -> [Member] {
        guard let burial = message.burial else { return [] }
        return [
            Member(
                name: "burial",
                value: [
                    "reason": .string(burial.reason), "error": .string(burial.error), "by": .string(burial.by),
                    "at_ms": message.buriedAt.map(JSON.time) ?? nil,
                ])
        ]
    }

    private static func bodyMember(_ bytes: [UInt8]) -> Member { text(bytes, named: "body") }

    static func attributes(_ attributes: [MessageAttribute]) -> JSON {
        .object(
            attributes.map { attribute in
                let value: JSON =
                    switch attribute.value {
                    case .text(let text): ["type": .string(attribute.type), "value": .string(text)]
                    case .binary(let bytes):
                        [
                            "type": .string(attribute.type),
                            "value_base64": .string(Data(bytes).base64EncodedString()),
                        ]
                    }
                return Member(name: attribute.name, value: value)
            })
    }
}

extension MessageState {
    package var name: String {
        switch self {
        case .delayed: "delayed"
        case .ready: "ready"
        case .inFlight: "in_flight"
        case .damaged: "damaged"
        case .buried: "buried"
        }
    }
}
