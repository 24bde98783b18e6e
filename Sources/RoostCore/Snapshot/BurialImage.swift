import RoostModel

/// One burial in an image: the layout is drawn at `BrokerImageFormat`.
enum BurialImage {
    /// Without the texts.
    static let fixedSize = 16 + BurialCodec.fixedSize

    static func size(_ record: borrowing BurialRecord) -> Int {
        fixedSize + record.texts.count
    }

    /// Writes exactly `size` bytes.
    static func encode(_ record: borrowing BurialRecord, _ writer: inout ByteWriter) {
        writer.write(record.slot)
        writer.write(record.nextFree)
        writer.write(record.at)
        BurialCodec.encode(record.burial, &writer)
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> BurialRecord {
        let (slot, nextFree): (UInt32, UInt32) = (try reader.read(), try reader.read())
        let at = try reader.readTime()
        let burial = try BurialCodec.decode(&reader)
        guard slot == MessageSlot.none else {
            guard nextFree == MessageSlot.none else { throw .init(reason: "a burial has a next free one") }
            return BurialRecord(slot: slot, at: at, burial)
        }
        guard at.milliseconds == 0, burial.countedBytes == 0 else { throw .init(reason: "a free burial has content") }
        return BurialRecord(nextFree: nextFree)
    }
}
