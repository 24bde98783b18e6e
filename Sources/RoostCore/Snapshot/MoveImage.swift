import RoostModel

/// One move in an image: the layout is drawn at `BrokerImageFormat`.
enum MoveImage {
    private static let movedFlag: UInt8 = 1
    private static let unknownFlag: UInt8 = 2
    /// Without the name of the target.
    static let fixedSize = 16 + 16 + 16 + MoveStatusCodec.size + 2

    static func size(_ record: borrowing MoveRecord) -> Int { fixedSize + (record.to?.text.utf8.count ?? 0) }

    /// Writes exactly `size` bytes.
    static func encode(_ record: borrowing MoveRecord, _ writer: inout ByteWriter) {
        writer.write(record.id)
        writer.write(record.from)
        writer.write(UInt32(clamping: record.rate ?? 0))
        writer.write(UInt64(record.moved))
        writer.write(UInt64(record.toMove))
        writer.write(record.startedAt)
        writer.write(record.finishedAt?.milliseconds ?? .min)
        MoveStatusCodec.encode(record.status, &writer)
        writer.write((record.pass.hasMoved ? movedFlag : 0) | (record.pass.hasMetUnknown ? unknownFlag : 0))
        writer.write(UInt8(record.to?.text.utf8.count ?? 0))
        writer.write(text: record.to?.text ?? "")
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> MoveRecord {
        let id: UInt64 = try reader.read()
        let (from, rate): (UInt32, UInt32) = (try reader.read(), try reader.read())
        let (moved, toMove) = (try reader.readCount(), try reader.readCount())
        let (startedAt, finishedAt) = (try reader.readTime(), try reader.readTime())
        let status = try MoveStatusCodec.decode(&reader)
        let (flags, nameBytes): (UInt8, UInt8) = (try reader.read(), try reader.read())
        let to = try reader.readQueueName(Int(nameBytes))
        guard flags <= movedFlag | unknownFlag, (status == .running) == (finishedAt.milliseconds == .min) else {
            throw EntryDecodingError(reason: "a move has unknown flags, or runs and is over")
        }
        var record = MoveRecord(
            id: id, from: from, to: to, rate: rate == 0 ? nil : Int(rate), toMove: toMove, startedAt: startedAt)
        record.moved = moved
        record.status = status
        record.finishedAt = status == .running ? nil : finishedAt
        record.pass.hasMoved = flags & movedFlag != 0
        record.pass.hasMetUnknown = flags & unknownFlag != 0
        return record
    }
}
