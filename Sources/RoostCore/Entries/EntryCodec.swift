import RoostModel

/// Entries to bytes and back: the payload of a log record. All numbers are little-endian; the kind stands in the frame.
///
/// ```
/// createQueue       queue u32 | at i64 | settings | name to the end
/// deleteQueue       queue u32
/// purgeQueue        queue u32 | below u64
/// changeSettings    queue u32 | at i64 | settings
/// pauseQueue        queue u32 | since i64 | reason to the end
/// resumeQueue       queue u32
/// lease             queue u32 | at i64 | deadline i64 | slot u32, to the end
/// delete            slot u32 | number u64
/// changeVisibility  slot u32 | number u64 | deadline i64 (lowest number: none)
/// transfer          from u32 | to u32 | at i64 | purpose u8 | of a redrive: move u64 | slot u32, to the end
/// damage            slot u32 | number u64
/// bury              as in TaskEntryCodec, and so are the next ones
/// kick, startMove, endMove
/// take              queue u32 | at i64 | slot u32, to the end
/// keys              database u8 | effects (as in KeyEffectCodec), to the end
/// transaction       count u32 (zero: the one before is void)
/// tick              at i64 | reaped u32 | fired count u32 | fired slots u32 | expired slots u32, to the end
/// ```
/// Settings have a codec of their own (`SettingsCodec`). A send has one too, and a move has the payload of the send:
/// see `SendRecord`.
package enum EntryCodec {
    /// Bytes of the payload. Not for `.send` and `.move`, whose content the core does not hold.
    package static func size(_ entry: borrowing Entry) -> Int {
        switch entry {
        case .createQueue(let entry): 12 + SettingsCodec.size(entry.settings) + entry.name.text.utf8.count
        case .deleteQueue, .resumeQueue: 4
        case .purgeQueue: 12
        case .changeSettings(let entry): 12 + SettingsCodec.size(entry.settings)
        case .pauseQueue(let entry): 12 + entry.pause.reason.utf8.count
        case .send, .move: preconditionFailure("a send is encoded by SendRecord")
        case .lease(let entry): 20 + 4 * entry.slots.count
        case .take(let entry): 12 + 4 * entry.slots.count
        case .delete, .damage: 12
        case .transfer(let entry): 17 + (entry.purpose == .redrive ? 8 : 0) + 4 * entry.slots.count
        case .bury, .kick, .startMove, .endMove: TaskEntryCodec.size(entry)
        case .changeVisibility: 20
        case .tick(let entry): 16 + 4 * (entry.fired.count + entry.expired.count)
        case .keys(let entry): entry.size
        case .transaction: 4
        }
    }

    /// Fills exactly `size` bytes.
    package static func encode(_ entry: borrowing Entry, into buffer: UnsafeMutableRawBufferPointer) {
        var writer = ByteWriter(buffer)
        switch entry {
        case .createQueue(let entry):
            writer.write(entry.queue)
            writer.write(entry.at)
            SettingsCodec.encode(entry.settings, &writer)
            writer.write(text: entry.name.text)
        case .changeSettings(let entry):
            writer.write(entry.queue)
            writer.write(entry.at)
            SettingsCodec.encode(entry.settings, &writer)
        case .pauseQueue(let entry):
            writer.write(entry.queue)
            writer.write(entry.pause.since)
            writer.write(text: entry.pause.reason)
        case .deleteQueue(let entry): writer.write(entry.queue)
        case .resumeQueue(let entry): writer.write(entry.queue)
        case .purgeQueue(let entry):
            writer.write(entry.queue)
            writer.write(entry.below)
        case .send, .move: preconditionFailure("a send is encoded by SendRecord")
        case .lease, .delete, .changeVisibility, .damage, .transfer, .take, .tick: encodeMessageEntry(entry, &writer)
        case .bury, .kick, .startMove, .endMove: TaskEntryCodec.encode(entry, &writer)
        case .keys(let entry): entry.encode(&writer)
        case .transaction(let entry): writer.write(entry.count)
        }
    }

    package static func decode(
        kind: EntryKind, _ payload: UnsafeRawBufferPointer
    ) throws(EntryDecodingError) -> Entry {
        var reader = ByteReader(payload)
        let entry = try decode(kind, &reader)
        try reader.expectEnd()
        return entry
    }

    private static func encodeMessageEntry(_ entry: borrowing Entry, _ writer: inout ByteWriter) {
        switch entry {
        case .lease(let entry):
            writer.write(entry.queue)
            writer.write(entry.at)
            writer.write(entry.deadline)
            for slot in entry.slots { writer.write(slot) }
        case .take(let entry):
            writer.write(entry.queue)
            writer.write(entry.at)
            for slot in entry.slots { writer.write(slot) }
        case .delete(let entry):
            writer.write(entry.slot)
            writer.write(entry.number)
        case .changeVisibility(let entry):
            writer.write(entry.slot)
            writer.write(entry.number)
            writer.write(entry.deadline?.milliseconds ?? .min)
        case .damage(let entry):
            writer.write(entry.slot)
            writer.write(entry.number)
        case .transfer(let entry):
            writer.write(entry.from)
            writer.write(entry.to)
            writer.write(entry.at)
            writer.write(entry.purpose.rawValue)
            if entry.purpose == .redrive { writer.write(entry.move) }
            for slot in entry.slots { writer.write(slot) }
        case .tick(let entry):
            writer.write(entry.at)
            writer.write(entry.reaped)
            writer.write(UInt32(entry.fired.count))
            for slot in entry.fired { writer.write(slot) }
            for slot in entry.expired { writer.write(slot) }
        default: break
        }
    }

    private static func decode(_ kind: EntryKind, _ reader: inout ByteReader) throws(EntryDecodingError) -> Entry {
        switch kind {
        case .createQueue: .createQueue(try decodeCreateQueue(&reader))
        case .deleteQueue: .deleteQueue(DeleteQueueEntry(queue: try reader.read()))
        case .purgeQueue: .purgeQueue(PurgeQueueEntry(queue: try reader.read(), below: try reader.read()))
        case .changeSettings:
            .changeSettings(
                ChangeSettingsEntry(
                    queue: try reader.read(), at: try reader.readTime(), settings: try SettingsCodec.decode(&reader)))
        case .pauseQueue: .pauseQueue(try decodePause(&reader))
        case .resumeQueue: .resumeQueue(ResumeQueueEntry(queue: try reader.read()))
        case .send: .send(try SendRecord.decodeEntry(&reader))
        case .lease: .lease(try decodeLease(&reader))
        case .delete: .delete(DeleteEntry(slot: try reader.read(), number: try reader.read()))
        case .changeVisibility: .changeVisibility(try decodeChangeVisibility(&reader))
        case .move: .move(try decodeMove(&reader))
        case .damage: .damage(DamageEntry(slot: try reader.read(), number: try reader.read()))
        case .transfer: .transfer(try decodeTransfer(&reader))
        case .bury, .kick, .startMove, .endMove: try TaskEntryCodec.decode(kind, &reader)
        case .take: .take(try decodeTake(&reader))
        case .keys: .keys(try KeysEntry(&reader))
        case .transaction: .transaction(TransactionEntry(count: try reader.read()))
        case .tick: .tick(try decodeTick(&reader))
        }
    }

    private static func decodeCreateQueue(_ reader: inout ByteReader) throws(EntryDecodingError) -> CreateQueueEntry {
        let queue: UInt32 = try reader.read()
        let at = try reader.readTime()
        let settings = try SettingsCodec.decode(&reader)
        guard let name = try? QueueName(try reader.readText(reader.remaining)) else {
            throw EntryDecodingError(reason: "not the name of a queue")
        }
        return CreateQueueEntry(queue: queue, at: at, name: name, settings: settings)
    }

    private static func decodePause(_ reader: inout ByteReader) throws(EntryDecodingError) -> PauseQueueEntry {
        let queue: UInt32 = try reader.read()
        let since = try reader.readTime()
        return PauseQueueEntry(queue: queue, pause: Pause(reason: try reader.readText(reader.remaining), since: since))
    }

    private static func decodeLease(_ reader: inout ByteReader) throws(EntryDecodingError) -> LeaseEntry {
        let queue: UInt32 = try reader.read()
        let at = try reader.readTime()
        let deadline = try reader.readTime()
        let slots = try decodeSlots(reader.remaining / 4, &reader)
        return LeaseEntry(queue: queue, at: at, deadline: deadline, slots: slots)
    }

    private static func decodeTake(_ reader: inout ByteReader) throws(EntryDecodingError) -> TakeEntry {
        let queue: UInt32 = try reader.read()
        let at = try reader.readTime()
        return TakeEntry(queue: queue, at: at, slots: try decodeSlots(reader.remaining / 4, &reader))
    }

    private static func decodeChangeVisibility(
        _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> ChangeVisibilityEntry {
        let slot: UInt32 = try reader.read()
        let number: UInt64 = try reader.read()
        let deadline = try reader.readTime()
        return ChangeVisibilityEntry(
            slot: slot, number: number, deadline: deadline.milliseconds == .min ? nil : deadline)
    }

    private static func decodeMove(_ reader: inout ByteReader) throws(EntryDecodingError) -> MoveEntry {
        let send = try SendRecord.decodeEntry(&reader)
        return MoveEntry(slot: send.slot, number: send.number)
    }

    private static func decodeTransfer(_ reader: inout ByteReader) throws(EntryDecodingError) -> TransferEntry {
        let (from, to): (UInt32, UInt32) = (try reader.read(), try reader.read())
        let at = try reader.readTime()
        guard let purpose = TransferEntry.Purpose(rawValue: try reader.read()) else {
            throw EntryDecodingError(reason: "a transfer for an unknown purpose")
        }
        let move: UInt64 = purpose == .redrive ? try reader.read() : 0
        let slots = try decodeSlots(reader.remaining / 4, &reader)
        return TransferEntry(from: from, to: to, at: at, purpose: purpose, slots: slots, move: move)
    }

    private static func decodeTick(_ reader: inout ByteReader) throws(EntryDecodingError) -> TickEntry {
        var entry = TickEntry(at: try reader.readTime())
        entry.reaped = try reader.read()
        let fired: UInt32 = try reader.read()
        entry.fired = try decodeSlots(Int(fired), &reader)
        entry.expired = try decodeSlots(reader.remaining / 4, &reader)
        return entry
    }

    static func decodeSlots(_ count: Int, _ reader: inout ByteReader) throws(EntryDecodingError) -> [UInt32] {
        guard count <= reader.remaining / 4 else { throw EntryDecodingError(reason: "record ends early") }
        var slots: [UInt32] = []
        slots.reserveCapacity(count)
        for _ in 0..<count { slots.append(try reader.read()) }
        return slots
    }
}
