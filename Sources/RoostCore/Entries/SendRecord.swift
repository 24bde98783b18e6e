package import RoostModel

/// The record of a send: the one place where a message stands whole.
///
/// ```
/// queue u32 | slot u32 | number u64 | sentAt i64 | availableAt i64
/// | attribute count u8 | parts u8 (1: group, 2: deduplication, 4: labels) | reserved (2), zero
/// group:          hash u64, u64 | text length u16 | text
/// deduplication:  key u64, u64 | id length u16 | id
/// labels:         sender length u16 | trace length u16 (65,535: none) | sender | trace
/// for each attribute:  name length u16 | type length u16 | value length u32 | is binary u8 | name | type | value
/// body to the end
/// ```
package enum SendRecord {
    private static let fixedSize = 36
    private static let attributeFixedSize = 9
    private static let groupFixedSize = 18
    private static let deduplicationFixedSize = 18
    private static let labelsFixedSize = 4
    private static let groupPart: UInt32 = 1 << 8
    private static let deduplicationPart: UInt32 = 2 << 8
    private static let labelsPart: UInt32 = 4 << 8
    private static let noLabel: UInt16 = .max

    /// Bytes of the payload for this message.
    package static func size(_ message: borrowing NewMessage) -> Int {
        var size = fixedSize + message.body.count
        if let group = message.group { size += groupFixedSize + group.utf8.count }
        if let told = message.deduplication { size += deduplicationFixedSize + told.id.utf8.count }
        size += labelsSize(message.labels)
        for attribute in message.attributes { size += attributeFixedSize + attribute.countedBytes }
        return size
    }

    private static func labelsSize(_ labels: MessageLabels) -> Int {
        labels.isEmpty ? 0 : labelsFixedSize + (labels.sender?.utf8.count ?? 0) + (labels.trace?.utf8.count ?? 0)
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
        writer.write(UInt32(UInt8(clamping: message.attributes.count)) | parts(of: entry, message))
        if let group = entry.group { encode(group.high, group.low, message.group ?? "", &writer) }
        if let key = entry.deduplication { encode(key.high, key.low, message.deduplication?.id ?? "", &writer) }
        if !message.labels.isEmpty { encode(message.labels, &writer) }
        for attribute in message.attributes { encode(attribute, &writer) }
        writer.write(bytes: message.body)
    }

    private static func parts(of entry: SendEntry, _ message: borrowing NewMessage) -> UInt32 {
        (entry.group == nil ? 0 : groupPart) | (entry.deduplication == nil ? 0 : deduplicationPart)
            | (message.labels.isEmpty ? 0 : labelsPart)
    }

    private static func encode(_ high: UInt64, _ low: UInt64, _ text: String, _ writer: inout ByteWriter) {
        writer.write(high)
        writer.write(low)
        writer.write(UInt16(text.utf8.count))
        writer.write(text: text)
    }

    private static func encode(_ labels: MessageLabels, _ writer: inout ByteWriter) {
        writer.write(labels.sender.map { UInt16($0.utf8.count) } ?? noLabel)
        writer.write(labels.trace.map { UInt16($0.utf8.count) } ?? noLabel)
        writer.write(text: labels.sender ?? "")
        writer.write(text: labels.trace ?? "")
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
            sentAt: fixed.entry.sentAt, group: fixed.group, deduplicationID: fixed.deduplicationID,
            labels: fixed.labels, attributes: attributes, body: try reader.readRest())
    }

    /// What stands before the attributes.
    private struct Head {
        var entry: SendEntry
        var group: String?
        var deduplicationID: String?
        var labels = MessageLabels()
        var attributeCount: UInt8 = 0
    }

    private static func decodeFixed(_ reader: inout ByteReader) throws(EntryDecodingError) -> Head {
        let entry = SendEntry(
            queue: try reader.read(), slot: try reader.read(), number: try reader.read(),
            sentAt: try reader.readTime(), availableAt: try reader.readTime())
        let countAndParts: UInt32 = try reader.read()
        var head = Head(entry: entry, attributeCount: UInt8(truncatingIfNeeded: countAndParts))
        let parts = countAndParts & ~0xff
        guard parts != 0 else { return head }
        guard parts & ~(groupPart | deduplicationPart | labelsPart) == 0 else {
            throw EntryDecodingError(reason: "unknown parts of a message")
        }
        if parts & groupPart != 0 {
            head.entry.group = GroupName(high: try reader.read(), low: try reader.read())
            head.group = try decodeText(&reader)
        }
        if parts & deduplicationPart != 0 {
            head.entry.deduplication = DeduplicationKey(high: try reader.read(), low: try reader.read())
            head.deduplicationID = try decodeText(&reader)
        }
        if parts & labelsPart != 0 { head.labels = try decodeLabels(&reader) }
        return head
    }

    private static func decodeText(_ reader: inout ByteReader) throws(EntryDecodingError) -> String {
        let length: UInt16 = try reader.read()
        return try reader.readText(Int(length))
    }

    private static func decodeLabels(_ reader: inout ByteReader) throws(EntryDecodingError) -> MessageLabels {
        let (sender, trace): (UInt16, UInt16) = (try reader.read(), try reader.read())
        var labels = MessageLabels()
        if sender != noLabel { labels.sender = try reader.readText(Int(sender)) }
        if trace != noLabel { labels.trace = try reader.readText(Int(trace)) }
        return labels
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
    package var deduplicationID: String?
    package var labels: MessageLabels
    package var attributes: [MessageAttribute]
    package var body: [UInt8]

    package init(
        sentAt: BrokerTime, group: String? = nil, deduplicationID: String? = nil,
        labels: MessageLabels = MessageLabels(), attributes: [MessageAttribute], body: [UInt8]
    ) {
        self.sentAt = sentAt
        self.group = group
        self.deduplicationID = deduplicationID
        self.labels = labels
        self.attributes = attributes
        self.body = body
    }
}
