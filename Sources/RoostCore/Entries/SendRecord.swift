package import RoostModel

/// The record of a send: the one place where a message stands whole.
///
/// ```
/// queue u32 | slot u32 | number u64 | sentAt i64 | availableAt i64
/// | attribute count u8 | parts u8 (1: group) | reserved (2), zero
/// group, if there is one:  hash u64, u64 | text length u16 | text
/// for each attribute:  name length u16 | type length u16 | value length u32 | is binary u8 | name | type | value
/// body to the end
/// ```
package enum SendRecord {
    private static let fixedSize = 36
    private static let attributeFixedSize = 9
    private static let groupFixedSize = 18
    private static let groupPart: UInt32 = 1 << 8

    /// Bytes of the payload for this message.
    package static func size(_ message: borrowing NewMessage) -> Int {
        var size = fixedSize + message.body.count
        if let group = message.group { size += groupFixedSize + group.utf8.count }
        for attribute in message.attributes { size += attributeFixedSize + attribute.countedBytes }
        return size
    }

    /// Fills exactly `size` bytes. Names and types are at most 256 bytes long, as the front ends see to.
    package static func encode(
        _ entry: SendEntry, _ message: borrowing NewMessage, into buffer: UnsafeMutableRawBufferPointer
    ) {
        var writer = ByteWriter(buffer)
        writer.write(entry.queue)
        writer.write(entry.slot)
        writer.write(entry.number)
        writer.write(entry.sentAt)
        writer.write(entry.availableAt)
        let parts = entry.group == nil ? 0 : groupPart
        writer.write(UInt32(UInt8(clamping: message.attributes.count)) | parts)
        if let group = entry.group { encode(group, message.group ?? "", &writer) }
        for attribute in message.attributes { encode(attribute, &writer) }
        writer.write(bytes: message.body)
    }

    private static func encode(_ group: GroupName, _ text: String, _ writer: inout ByteWriter) {
        writer.write(group.high)
        writer.write(group.low)
        writer.write(UInt16(text.utf8.count))
        writer.write(text: text)
    }

    private static func encode(_ attribute: MessageAttribute, _ writer: inout ByteWriter) {
        writer.write(UInt16(attribute.name.utf8.count))
        writer.write(UInt16(attribute.type.utf8.count))
        writer.write(UInt32(attribute.countedBytes - attribute.name.utf8.count - attribute.type.utf8.count))
        switch attribute.value {
        case .text(let text):
            writer.write(UInt8(0))
            writer.write(text: attribute.name)
            writer.write(text: attribute.type)
            writer.write(text: text)
        case .binary(let bytes):
            writer.write(UInt8(1))
            writer.write(text: attribute.name)
            writer.write(text: attribute.type)
            writer.write(bytes: bytes)
        }
    }

    static func decodeEntry(_ reader: inout ByteReader) throws(EntryDecodingError) -> SendEntry {
        let entry = try decodeFixed(&reader).entry
        _ = try reader.readBytes(reader.remaining)
        return entry
    }

    /// The fixed part alone: what `Broker.apply` needs.
    package static func decodeEntry(_ payload: UnsafeRawBufferPointer) throws(EntryDecodingError) -> SendEntry {
        var reader = ByteReader(payload)
        return try decodeFixed(&reader).entry
    }

    /// What a receiver gets.
    package static func decodeContent(
        _ payload: UnsafeRawBufferPointer
    ) throws(EntryDecodingError) -> MessageContent {
        var reader = ByteReader(payload)
        let fixed = try decodeFixed(&reader)
        var attributes: [MessageAttribute] = []
        for _ in 0..<fixed.attributeCount { attributes.append(try decodeAttribute(&reader)) }
        return MessageContent(
            sentAt: fixed.entry.sentAt, group: fixed.groupText, attributes: attributes, body: try reader.readRest())
    }

    private static func decodeFixed(
        _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> (entry: SendEntry, groupText: String?, attributeCount: UInt8) {
        var entry = SendEntry(
            queue: try reader.read(), slot: try reader.read(), number: try reader.read(),
            sentAt: try reader.readTime(), availableAt: try reader.readTime(), group: nil)
        let countAndParts: UInt32 = try reader.read()
        let count = UInt8(truncatingIfNeeded: countAndParts)
        guard countAndParts & ~groupPart == UInt32(count) else { throw .init(reason: "unknown parts of a message") }
        guard countAndParts & groupPart != 0 else { return (entry, nil, count) }
        entry.group = GroupName(high: try reader.read(), low: try reader.read())
        let length: UInt16 = try reader.read()
        return (entry, try reader.readText(Int(length)), count)
    }

    private static func decodeAttribute(_ reader: inout ByteReader) throws(EntryDecodingError) -> MessageAttribute {
        let nameLength: UInt16 = try reader.read()
        let typeLength: UInt16 = try reader.read()
        let valueLength: UInt32 = try reader.read()
        let isBinary: UInt8 = try reader.read()
        let name = try reader.readText(Int(nameLength))
        let type = try reader.readText(Int(typeLength))
        let value: MessageAttribute.Value
        switch isBinary {
        case 0: value = .text(try reader.readText(Int(valueLength)))
        case 1: value = .binary(try reader.readBytes(Int(valueLength)))
        default: throw EntryDecodingError(reason: "an attribute of kind \(isBinary)")
        }
        return MessageAttribute(name: name, type: type, value: value)
    }
}

/// What a receiver gets of a record.
package struct MessageContent: Sendable {
    package var sentAt: BrokerTime
    package var group: String?
    package var attributes: [MessageAttribute]
    package var body: [UInt8]

    package init(sentAt: BrokerTime, group: String?, attributes: [MessageAttribute], body: [UInt8]) {
        self.sentAt = sentAt
        self.group = group
        self.attributes = attributes
        self.body = body
    }
}
