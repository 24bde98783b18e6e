import FuzzRunner
import FuzzSupport
import Glibc
import RoostCore
import RoostLog
import RoostModel

private let facts = SegmentFacts(number: 3, bytes: 8192, salt: 42, firstSequence: 1_000_000)

/// A record read by its location. With a good frame it has to be taken; with one bit of it turned it must not be.
private func checkFrame(_ payload: [UInt8], _ mode: UInt8, _ length: UInt32) {
    var frame = [UInt8](repeating: 0, count: RecordFrame.bytes(payloadBytes: payload.count))
    for (index, byte) in payload.enumerated() { frame[RecordFrame.headerBytes + index] = byte }
    let sequence = facts.firstSequence + UInt64(length & 0xFFFF)
    frame.withUnsafeMutableBytes {
        RecordFrame(length: UInt32(payload.count), kind: mode | 1, time: UInt16(truncatingIfNeeded: length))
            .encode(into: $0, sequence: sequence, seed: facts.seed)
    }
    frame.withUnsafeBytes {
        let found = try? facts.verify($0, payloadBytes: payload.count)
        precondition(found?.kind == mode | 1 && found?.payload.elementsEqual(payload) == true)
    }
    let bit = Int(length >> 8) % (frame.count * 8)
    frame[bit / 8] ^= 1 << UInt8(bit % 8)
    frame.withUnsafeBytes { precondition((try? facts.verify($0, payloadBytes: payload.count)) == nil) }
}

// MARK: Messages

/// A text of at most 127 bytes; none for a length of 128 and more.
private func text(_ source: inout ByteSource) -> String? {
    let count = source.byte()
    return count < 128 ? String(decoding: source.take(Int(count)), as: UTF8.self) : nil
}

/// What a sender may hand over: any group, id and labels, and up to three attributes.
private func message(_ source: inout ByteSource) -> NewMessage {
    var message = NewMessage(body: [])
    message.group = text(&source)
    message.deduplication = text(&source).map { Deduplication(id: $0) }
    message.labels = MessageLabels(sender: text(&source), trace: text(&source))
    for _ in 0..<source.byte() % 4 {
        let (name, type, isText) = (text(&source) ?? "", text(&source) ?? "", source.byte() & 1 == 0)
        let value = source.take(Int(source.byte()))
        message.attributes.append(
            MessageAttribute(
                name: name, type: type,
                value: isText ? .text(String(decoding: value, as: UTF8.self)) : .binary(value)))
    }
    message.body = source.rest()
    return message
}

/// The fixed part of a send with the parts of this message, as `SendRecord` decodes it.
private func entry(for message: NewMessage) -> SendEntry? {
    var bytes = EntryText.fixedPart(slot: 7, number: 9)
    bytes[33] = (message.group == nil ? 0 : 1) | (message.deduplication == nil ? 0 : 2)
    // Each with 16 bytes of a name, and no text.
    for isThere in [message.group != nil, message.deduplication != nil] where isThere {
        bytes += (1...16).map { UInt8($0) } + [0, 0]
    }
    return bytes.withUnsafeBytes { try? SendRecord.decodeEntry($0) }
}

/// The record of a message holds all of it; cut off or changed somewhere, it is read without a trap.
private func checkMessage(_ source: inout ByteSource, _ mode: UInt8, _ length: UInt32) {
    let message = message(&source)
    guard let entry = entry(for: message) else { report("there is no entry for \(message)") }
    let payload = EntryText.record(entry, message)
    let found = payload.withUnsafeBytes { try? SendRecord.decodeContent($0) }
    guard let found, found.body == message.body, found.attributes == message.attributes, found.group == message.group,
        found.deduplicationID == message.deduplication?.id, found.labels == message.labels,
        payload.withUnsafeBytes({ try? SendRecord.decodeEntry($0) }) == entry
    else { report("\(message) came back as \(String(describing: found))") }
    note(message)
    checkFrame(payload, mode, length)
    let place = Int(length) % payload.count
    payload.prefix(place).withUnsafeBytes { _ = try? SendRecord.decodeContent($0) }
    var changed = payload
    changed[place] ^= UInt8(truncatingIfNeeded: length >> 24) | 1
    changed.withUnsafeBytes { _ = try? SendRecord.decodeContent($0) }
}

private func note(_ message: NewMessage) {
    if message.group != nil { Reach.note("group") }
    if message.deduplication != nil { Reach.note("duplicate") }
    if message.labels.sender != nil { Reach.note("sender") }
    if message.labels.trace != nil { Reach.note("trace") }
    if !message.attributes.isEmpty { Reach.note("attributes") }
}

// A frame, or a whole message. Bit 0 of the first byte: the frame is made to fit. Bit 1: it is the record of a message.
exit(
    runFuzzer(
        seeds: { _ in
            [
                [0, 5, 0, 0, 0] + Array("12345678901234567890123".utf8), [1, 4, 0, 0, 0] + Array("body".utf8),
                [3, 9, 0, 0, 0, 1, 103, 1, 100, 128, 128, 0] + Array("in a group".utf8),
                [3, 40, 1, 0, 0, 128, 128, 1, 115, 1, 116, 0] + Array("with labels".utf8),
                [
                    3, 60, 9, 0, 0, 1, 103, 1, 100, 0, 1, 116, 2, 1, 110, 1, 116, 0, 1, 118, 1, 111, 1, 66, 1, 2, 3, 4,
                    5,
                ],
            ]
        }, reaches: ["group", "duplicate", "sender", "trace", "attributes"]
    ) { bytes, count in
        var source = ByteSource(bytes, count)
        let mode = source.byte()
        let length: UInt32 = source.number()
        switch mode & 3 {
        case 0, 2:
            source.rest().withUnsafeBytes { _ = try? facts.verify($0, payloadBytes: Int(Int32(bitPattern: length))) }
        case 1: checkFrame(source.rest(), mode, length)
        default: checkMessage(&source, mode, length)
        }
        return 0
    })
