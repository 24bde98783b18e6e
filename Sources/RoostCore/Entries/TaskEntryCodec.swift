import RoostModel

/// The bytes of the entries of task queues and moves; see `EntryCodec`.
///
/// ```
/// bury       slot u32 | number u64 | at i64 | burial, to the end
/// kick       queue u32 | at i64 | slot u32, to the end
///
/// burial     reason bytes u16 | error bytes u16 | worker bytes u16 | reason | error | worker
/// ```
enum TaskEntryCodec {
    static func size(_ entry: borrowing Entry) -> Int {
        switch entry {
        case .bury(let entry): 20 + BurialCodec.size(entry.burial)
        case .kick(let entry): 12 + 4 * entry.slots.count
        default: 0
        }
    }

    static func encode(_ entry: borrowing Entry, _ writer: inout ByteWriter) {
        switch entry {
        case .bury(let entry):
            writer.write(entry.slot)
            writer.write(entry.number)
            writer.write(entry.at)
            BurialCodec.encode(entry.burial, &writer)
        case .kick(let entry):
            writer.write(entry.queue)
            writer.write(entry.at)
            for slot in entry.slots { writer.write(slot) }
        default: break
        }
    }

    static func decode(_ kind: EntryKind, _ reader: inout ByteReader) throws(EntryDecodingError) -> Entry {
        switch kind {
        case .bury:
            .bury(
                BuryEntry(
                    slot: try reader.read(), number: try reader.read(), at: try reader.readTime(),
                    burial: try BurialCodec.decode(&reader)))
        case .kick: .kick(try decodeKick(&reader))
        default: throw EntryDecodingError(reason: "not an entry of task queues or moves")
        }
    }

    private static func decodeKick(_ reader: inout ByteReader) throws(EntryDecodingError) -> KickEntry {
        let queue: UInt32 = try reader.read()
        let at = try reader.readTime()
        return KickEntry(queue: queue, at: at, slots: try EntryCodec.decodeSlots(reader.remaining / 4, &reader))
    }
}

/// The texts of a burial, in entries and in images.
enum BurialCodec {
    static let fixedSize = 6

    static func size(_ burial: Burial) -> Int { fixedSize + burial.countedBytes }

    static func encode(_ burial: Burial, _ writer: inout ByteWriter) {
        let texts = [burial.reason, burial.error, burial.by]
        for text in texts { writer.write(UInt16(clamping: text.utf8.count)) }
        for text in texts { writer.write(text: text) }
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> Burial {
        let (reason, error, by): (UInt16, UInt16, UInt16) = (try reader.read(), try reader.read(), try reader.read())
        guard Int(reason) + Int(error) + Int(by) <= Limits.burialBytesMax else {
            throw EntryDecodingError(reason: "the texts of a burial are too long")
        }
        return Burial(
            reason: try reader.readText(Int(reason)), error: try reader.readText(Int(error)),
            by: try reader.readText(Int(by)))
    }
}
