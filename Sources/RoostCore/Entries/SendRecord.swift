package import RoostModel

/// The record of a send: the one place where a message stands whole.
///
/// ```
/// queue u32 | slot u32 | number u64 | sentAt i64 | availableAt i64 | attribute count u8 | reserved (3), zero
/// for each attribute:  name length u16 | type length u16 | value length u32 | is binary u8 | name | type | value
/// body to the end
/// ```
package enum SendRecord {
    private static let fixedSize = 36
    private static let attributeFixedSize = 9

    /// Bytes of the payload for this message.
    package static func size(_ message: borrowing NewMessage) -> Int {
        var size = fixedSize + message.body.count
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
        writer.write(UInt32(UInt8(clamping: message.attributes.count)))
        for attribute in message.attributes { encode(attribute, &writer) }
        writer.write(bytes: message.body)
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
    ) throws(EntryDecodingError) -> (sentAt: BrokerTime, attributes: [MessageAttribute], body: [UInt8]) {
        var reader = ByteReader(payload)
        let fixed = try decodeFixed(&reader)
        var attributes: [MessageAttribute] = []
        for _ in 0..<fixed.attributeCount { attributes.append(try decodeAttribute(&reader)) }
        return (fixed.entry.sentAt, attributes, try reader.readRest())
    }

    private static func decodeFixed(
        _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> (entry: SendEntry, attributeCount: UInt8) {
        let entry = SendEntry(
            queue: try reader.read(), slot: try reader.read(), number: try reader.read(),
            sentAt: try reader.readTime(), availableAt: try reader.readTime())
        let count: UInt32 = try reader.read()
        guard let count = UInt8(exactly: count) else { throw EntryDecodingError(reason: "too many attributes") }
        return (entry, count)
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
