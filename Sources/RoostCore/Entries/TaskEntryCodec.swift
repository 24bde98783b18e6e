import RoostModel

/// The bytes of the entries of task queues and moves; see `EntryCodec`.
///
/// ```
/// bury       slot u32 | number u64 | at i64 | burial, to the end
/// kick       queue u32 | at i64 | slot u32, to the end
/// startMove  id u64 | from u32 | at i64 | rate u32 (0: none) | to move u64 | target to the end (empty: none)
/// endMove    id u64 | at i64 | status, as in MoveStatusCodec
///
/// burial     reason bytes u16 | error bytes u16 | worker bytes u16 | reason | error | worker
/// ```
enum TaskEntryCodec {
    static func size(_ entry: borrowing Entry) -> Int {
        switch entry {
        case .bury(let entry): 20 + BurialCodec.size(entry.burial)
        case .kick(let entry): 12 + 4 * entry.slots.count
        case .startMove(let entry): 32 + (entry.to?.text.utf8.count ?? 0)
        case .endMove: 16 + MoveStatusCodec.size
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
        case .startMove(let entry):
            writer.write(entry.id)
            writer.write(entry.from)
            writer.write(entry.at)
            writer.write(UInt32(clamping: entry.rate ?? 0))
            writer.write(UInt64(entry.toMove))
            writer.write(text: entry.to?.text ?? "")
        case .endMove(let entry):
            writer.write(entry.id)
            writer.write(entry.at)
            MoveStatusCodec.encode(entry.status, &writer)
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
        case .startMove: .startMove(try decodeStartMove(&reader))
        case .endMove: .endMove(try decodeEndMove(&reader))
        default: throw EntryDecodingError(reason: "not an entry of task queues or moves")
        }
    }

    private static func decodeKick(_ reader: inout ByteReader) throws(EntryDecodingError) -> KickEntry {
        let queue: UInt32 = try reader.read()
        let at = try reader.readTime()
        return KickEntry(queue: queue, at: at, slots: try EntryCodec.decodeSlots(reader.remaining / 4, &reader))
    }

    private static func decodeStartMove(_ reader: inout ByteReader) throws(EntryDecodingError) -> StartMoveEntry {
        let (id, from): (UInt64, UInt32) = (try reader.read(), try reader.read())
        let at = try reader.readTime()
        let rate: UInt32 = try reader.read()
        let toMove = try reader.readCount()
        let to = try reader.readQueueName(reader.remaining)
        return StartMoveEntry(
            id: id, from: from, at: at, rate: rate == 0 ? nil : Int(rate), toMove: toMove, to: to)
    }

    private static func decodeEndMove(_ reader: inout ByteReader) throws(EntryDecodingError) -> EndMoveEntry {
        let id: UInt64 = try reader.read()
        let at = try reader.readTime()
        let status = try MoveStatusCodec.decode(&reader)
        guard status != .running else { throw EntryDecodingError(reason: "the end of a move that goes on") }
        return EndMoveEntry(id: id, at: at, status: status)
    }
}

/// What became of a move: status u8 (0 running, 1 completed, 2 cancelled, 3 failed) | failure u8 (0: none).
enum MoveStatusCodec {
    static let size = 2

    static func encode(_ status: MoveTask.Status, _ writer: inout ByteWriter) {
        let (code, failure): (UInt8, UInt8) =
            switch status {
            case .running: (0, 0)
            case .completed: (1, 0)
            case .cancelled: (2, 0)
            case .failed(let failure): (3, failure.rawValue)
            }
        writer.write(code)
        writer.write(failure)
    }

    static func decode(_ reader: inout ByteReader) throws(EntryDecodingError) -> MoveTask.Status {
        let (code, failure): (UInt8, UInt8) = (try reader.read(), try reader.read())
        switch (code, failure) {
        case (0, 0): return .running
        case (1, 0): return .completed
        case (2, 0): return .cancelled
        case (3, _):
            guard let failure = MoveTask.Failure(rawValue: failure) else { break }
            return .failed(failure)
        default: break
        }
        throw EntryDecodingError(reason: "a move in a state that is not known here")
    }
}

extension ByteReader {
    /// Nil when there are no bytes.
    mutating func readQueueName(_ bytes: Int) throws(EntryDecodingError) -> QueueName? {
        let text = try readText(bytes)
        guard !text.isEmpty else { return nil }
        do throws(Rejection) { return try QueueName(text) } catch { throw .init(reason: "not the name of a queue") }
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
