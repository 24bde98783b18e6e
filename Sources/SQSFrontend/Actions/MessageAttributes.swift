package import RoostModel

/// Message attributes as a request has them, before they are checked.
///
/// Reading and checking are apart because they fail differently in a batch: JSON of a wrong form refuses the call,
/// an attribute that SQS does not accept refuses its entry.
package struct RawMessageAttributes: Sendable {
    struct Attribute: Sendable {
        var name: String
        var type: String?
        var text: String?
        var binary: [UInt8]?
        var hasLists = false
    }

    private var attributes: [Attribute] = []
    private var count = 0

    package init() {}

    private static let members: [StaticString] = [
        "DataType", "StringValue", "BinaryValue", "StringListValues", "BinaryListValues",
    ]

    /// Reads a map from names to values. No more are kept than one above the limit.
    package mutating func read(_ reader: inout JSONReader) throws(SQSFault) {
        try reader.enterObject("MessageAttributes")
        while let name = try reader.nextName() {
            count &+= 1
            if count > Limits.messageAttributesMax {
                try reader.skipValue()
            } else {
                try readAttribute(reader.string(name), &reader)
            }
        }
    }

    private mutating func readAttribute(_ name: String, _ reader: inout JSONReader) throws(SQSFault) {
        guard !attributes.contains(where: { $0.name == name }) else { throw .malformed("\(name) stands twice.") }
        var attribute = Attribute(name: name)
        try reader.enterObject("MessageAttributeValue")
        var seen: UInt32 = 0
        while let member = try reader.nextMember(Self.members, seen: &seen) {
            switch member {
            case 0: attribute.type = try reader.readString("DataType")
            case 1: attribute.text = try reader.readString("StringValue")
            case 2: attribute.binary = try Self.readBinary(&reader)
            default: attribute.hasLists = try Self.readList(&reader) || attribute.hasLists
            }
        }
        attributes.append(attribute)
    }

    private static func readBinary(_ reader: inout JSONReader) throws(SQSFault) -> [UInt8] {
        let text = try reader.readText("BinaryValue")
        guard let bytes = Base64.decode(reader.array(text)) else { throw .malformed("BinaryValue is not base64.") }
        return bytes
    }

    /// Some SDKs send these lists empty. True when one has an element.
    private static func readList(_ reader: inout JSONReader) throws(SQSFault) -> Bool {
        try reader.enterArray("ListValues")
        var isFilled = false
        while try reader.hasNextElement() {
            isFilled = true
            try reader.skipValue()
        }
        return isFilled
    }

    // MARK: Checks

    package func checked() throws(SQSFault) -> [MessageAttribute] {
        guard count <= Limits.messageAttributesMax else {
            throw SQSFault(
                .invalidParameterValue,
                "Number of message attributes [\(count)] exceeds the allowed maximum [\(Limits.messageAttributesMax)]."
            )
        }
        var checked: [MessageAttribute] = []
        for attribute in attributes { checked.append(try MessageAttributeRules.check(attribute)) }
        return checked
    }

    /// The only system attribute that a sender may give: AWSTraceHeader, a text. Nil without it.
    func checkedTrace() throws(SQSFault) -> (attribute: MessageAttribute, text: String)? {
        guard count > 0 else { return nil }
        for attribute in attributes where attribute.name != Self.traceName {
            throw SQSFault(
                .invalidParameterValue,
                "Message system attribute name '\(attribute.name.prefix(256))' is invalid. It must be "
                    + "\(Self.traceName).")
        }
        guard count == 1, let raw = attributes.first, raw.type == "String", raw.binary == nil, !raw.hasLists else {
            throw SQSFault(
                .invalidParameterValue,
                "The type of message (system) attribute '\(Self.traceName)' is invalid. You must use only the "
                    + "following supported type prefixes: String.")
        }
        guard let text = raw.text, Self.isTrace(text) else {
            throw SQSFault(
                .invalidParameterValue,
                "Message (system) attribute '\(Self.traceName)' must contain 1 to \(Limits.labelBytesMax) bytes of "
                    + "characters that a message may have.")
        }
        return (MessageAttribute(name: raw.name, type: "String", value: .text(text)), text)
    }

    private static let traceName = "AWSTraceHeader"

    package static func isTrace(_ text: String) -> Bool {
        1...Limits.labelBytesMax ~= text.utf8.count && UTF8Text.isLegalMessage(text)
    }
}

/// What SQS accepts as a message attribute.
enum MessageAttributeRules {
    static func check(_ raw: RawMessageAttributes.Attribute) throws(SQSFault) -> MessageAttribute {
        try checkName(raw.name)
        if raw.hasLists {
            throw SQSFault(.unsupportedOperation, "Message attribute list values in SendMessage are not supported.")
        }
        guard let type = raw.type, !type.isEmpty else {
            throw refused(raw.name, "must contain a non-empty message attribute type.")
        }
        let kind = try checkType(type, of: raw.name)
        if kind == "Binary" {
            guard raw.text == nil, let bytes = raw.binary, !bytes.isEmpty else { throw noValue(raw.name, kind) }
            return MessageAttribute(name: raw.name, type: type, value: .binary(bytes))
        }
        guard raw.binary == nil, let text = raw.text, !text.isEmpty else { throw noValue(raw.name, kind) }
        guard UTF8Text.isLegalMessage(text) else {
            throw refused(
                raw.name,
                "contains characters that are not allowed: only "
                    + "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF are.")
        }
        if kind == "Number", !AttributeNumber.isNumber(text) {
            throw SQSFault(
                .invalidParameterValue, "Can't cast the value of message (user) attribute '\(raw.name)' to a number."
            )
        }
        return MessageAttribute(name: raw.name, type: type, value: .text(text))
    }

    private static func checkName(_ name: String) throws(SQSFault) {
        let lowered = name.lowercased()
        let isReserved = lowered.hasPrefix("aws.") || lowered.hasPrefix("amazon.")
        let hasBadDots = name.hasPrefix(".") || name.hasSuffix(".") || name.contains("..")
        guard !name.isEmpty, name.utf8.count <= Limits.attributeNameBytesMax, !isReserved, !hasBadDots,
            name.utf8.allSatisfy(isNameByte)
        else {
            let longest = Limits.attributeNameBytesMax
            throw SQSFault(
                .invalidParameterValue,
                "Message attribute name '\(name.prefix(longest))' is invalid. It can contain letters, digits, "
                    + "underscores, hyphens and dots, is 1 to \(longest) bytes long, does not start or end with a dot "
                    + "or hold two in a row, and does not start with AWS. or Amazon."
            )
        }
    }

    /// Bytes above 0x7F belong to letters outside ASCII, which SQS lets through.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...:
            true
        default: false
        }
    }

    /// The type without its label.
    private static func checkType(_ type: String, of name: String) throws(SQSFault) -> String {
        let kind = String(type.prefix { $0 != "." })
        guard ["String", "Number", "Binary"].contains(kind), type.utf8.count <= Limits.attributeNameBytesMax,
            UTF8Text.isLegalMessage(type)
        else {
            throw SQSFault(
                .invalidParameterValue,
                "The type of message (user) attribute '\(name)' is invalid. You must use only the following supported "
                    + "type prefixes: Binary, Number, String."
            )
        }
        return kind
    }

    private static func refused(_ name: String, _ reason: String) -> SQSFault {
        SQSFault(.invalidParameterValue, "Message (user) attribute '\(name)' \(reason)")
    }

    private static func noValue(_ name: String, _ kind: String) -> SQSFault {
        refused(
            name, "must contain a non-empty message attribute value for message attribute type '\(kind)', and no other."
        )
    }
}
