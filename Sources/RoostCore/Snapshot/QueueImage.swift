import RoostModel

/// One queue in an image: the layout is drawn at `BrokerImageFormat`.
enum QueueImage {
    private typealias Format = BrokerImageFormat

    private static let reapingFlag: UInt8 = 1
    private static let pausedFlag: UInt8 = 2
    private static let timerFlag: UInt8 = 4

    static func size(_ queue: borrowing Queue) -> Int {
        Format.queueBytes + SettingsCodec.size(queue.settings) + queue.name.text.utf8.count
            + (queue.pause?.reason.utf8.count ?? 0)
    }

    /// Writes exactly `Format.freeQueueBytes`: no queue has this id.
    static func encodeFree(_ writer: inout ByteWriter) {
        writer.write(code(of: .free))
        writer.write(UInt8(0))
        writer.write(UInt16(0))
        writer.write(UInt32(0))
        writer.write(MessageSlot.none)
    }

    /// Writes exactly `size` bytes.
    static func encode(_ queue: borrowing Queue, _ writer: inout ByteWriter) {
        writer.write(code(of: queue.life))
        writer.write(flags(of: queue))
        writer.write(UInt16(queue.name.text.utf8.count))
        writer.write(UInt32(queue.pause?.reason.utf8.count ?? 0))
        writer.write(queue.nextQueue)
        SettingsCodec.encode(queue.settings, &writer)
        writer.write(queue.createdAt)
        writer.write(queue.modifiedAt)
        writer.write(queue.pause?.since ?? BrokerTime(milliseconds: 0))
        writer.write(queue.purgedBelow)
        writer.write(queue.counts)
        writer.write(queue.totals)
        encodeLinks(queue, &writer)
        encodeGroups(queue, &writer)
        writer.write(text: queue.name.text)
        writer.write(text: queue.pause?.reason ?? "")
    }

    private static func encodeLinks(_ queue: borrowing Queue, _ writer: inout ByteWriter) {
        writer.write(queue.lane)
        writer.write(queue.damaged)
        writer.write(queue.dead)
        let (isArmed, isNamed) = (queue.lane.retentionTimer != nil, queue.life == .live)
        writer.write(queue.lane.retentionTimer ?? BrokerTime(milliseconds: 0))
        writer.write(isArmed ? queue.lane.timerPrevious : MessageSlot.none)
        writer.write(isArmed ? queue.lane.timerNext : MessageSlot.none)
        writer.write(isNamed ? queue.nameLeft : MessageSlot.none)
        writer.write(isNamed ? queue.nameRight : MessageSlot.none)
    }

    private static func encodeGroups(_ queue: borrowing Queue, _ writer: inout ByteWriter) {
        writer.write(queue.birth)
        writer.write(queue.groups)
        writer.write(queue.turns)
        writer.write(queue.turnCount)
        writer.write(queue.turnsUntilLane)
        writer.write(queue.deadGroups)
        writer.write(queue.groupsBornFrom)
        writer.write(queue.rearmFrom)
        writer.write(UInt32(0))
        writer.write(queue.totals.movedOut)
        writer.write(queue.totals.movedIn)
        writer.write(UInt64(queue.counts.buried))
        writer.write(queue.buried.head)
        writer.write(queue.buried.tail)
        writer.write(queue.moveFrom)
        writer.write(UInt32(0))
    }

    private static func decodeGroups(_ queue: inout Queue, _ reader: inout ByteReader) throws(EntryDecodingError) {
        queue.birth = try reader.read()
        queue.groups = try reader.readGroupList()
        queue.turns = try reader.readGroupList()
        queue.turnCount = try reader.read()
        queue.turnsUntilLane = try reader.read()
        queue.deadGroups = try reader.readGroupList()
        queue.groupsBornFrom = try reader.read()
        queue.rearmFrom = try reader.read()
        let reserved: UInt32 = try reader.read()
        guard reserved == 0 else { throw EntryDecodingError(reason: "a queue has parts that are not known here") }
        try reader.readMoved(&queue.totals)
        queue.counts.buried = try reader.readCount()
        queue.buried = MessageList(head: try reader.read(), tail: try reader.read())
        queue.moveFrom = try reader.read()
        let behind: UInt32 = try reader.read()
        guard behind == 0 else { throw EntryDecodingError(reason: "a queue has parts that are not known here") }
    }

    /// Nil: the id is free. Older images have the next free one there, which means nothing any more.
    static func decode(_ reader: inout ByteReader, version: UInt32) throws(EntryDecodingError) -> Queue? {
        let life = try life(of: reader.read())
        let flags: UInt8 = try reader.read()
        let nameBytes: UInt16 = try reader.read()
        let reasonBytes: UInt32 = try reader.read()
        let nextQueue: UInt32 = try reader.read()
        guard life != .free else {
            guard flags == 0, nameBytes == 0, reasonBytes == 0 else { throw .init(reason: "a free queue has content") }
            return nil
        }
        guard flags <= reapingFlag | pausedFlag | timerFlag, reasonBytes <= Limits.reasonBytesMax else {
            throw EntryDecodingError(reason: "a queue has unknown flags or too long a reason")
        }
        var queue = try decodeFixed(&reader, flags)
        queue.life = life
        queue.isReaping = flags & reapingFlag != 0
        queue.nextQueue = nextQueue
        if version > 1 { try decodeGroups(&queue, &reader) }
        queue.name = try name(reader.readText(Int(nameBytes)))
        let reason = try reader.readText(Int(reasonBytes))
        guard queue.pause != nil || reason.isEmpty else { throw .init(reason: "a reason without a pause") }
        queue.pause?.reason = reason
        return queue
    }

    /// All but what stands before and behind the fixed part.
    private static func decodeFixed(_ reader: inout ByteReader, _ flags: UInt8) throws(EntryDecodingError) -> Queue {
        let settings = try SettingsCodec.decode(&reader)
        var queue = Queue(name: try name("free"), settings: settings, createdAt: try reader.readTime())
        queue.modifiedAt = try reader.readTime()
        let since = try reader.readTime()
        if flags & pausedFlag != 0 { queue.pause = Pause(reason: "", since: since) }
        queue.purgedBelow = try reader.read()
        queue.counts = try reader.readCounts()
        queue.totals = try reader.readTotals()
        queue.lane = try reader.readLane()
        queue.damaged = MessageList(head: try reader.read(), tail: try reader.read())
        queue.dead = MessageList(head: try reader.read(), tail: try reader.read())
        let timer = try reader.readTime()
        if flags & timerFlag != 0 { queue.lane.retentionTimer = timer }
        queue.lane.timerPrevious = try reader.read()
        queue.lane.timerNext = try reader.read()
        queue.nameLeft = try reader.read()
        queue.nameRight = try reader.read()
        return queue
    }

    private static func name(_ text: String) throws(EntryDecodingError) -> QueueName {
        do throws(Rejection) {
            return try QueueName(text)
        } catch {
            throw EntryDecodingError(reason: "not the name of a queue")
        }
    }

    private static func flags(of queue: borrowing Queue) -> UInt8 {
        (queue.isReaping ? reapingFlag : 0) | (queue.pause != nil ? pausedFlag : 0)
            | (queue.lane.retentionTimer != nil ? timerFlag : 0)
    }

    private static func code(of life: Queue.Life) -> UInt8 {
        switch life {
        case .free: 0
        case .live: 1
        case .deleted: 2
        }
    }

    private static func life(of code: UInt8) throws(EntryDecodingError) -> Queue.Life {
        switch code {
        case 0: .free
        case 1: .live
        case 2: .deleted
        default: throw EntryDecodingError(reason: "a queue in state \(code)")
        }
    }
}

extension ByteWriter {
    mutating func write(_ counts: MessageCounts) {
        for count in [counts.ready, counts.inFlight, counts.delayed, counts.damaged] { write(UInt64(count)) }
    }

    mutating func write(_ totals: MessageTotals) {
        for total in [totals.sent, totals.received, totals.deleted, totals.returned, totals.expired] { write(total) }
    }

    mutating func write(_ list: MessageList<AgeLinks>) {
        write(list.head)
        write(list.tail)
    }
}

extension ByteWriter {
    mutating func write(_ list: GroupList) {
        write(list.head)
        write(list.tail)
    }

    /// Without its timer.
    mutating func write(_ lane: Lane) {
        write(lane.ready.head)
        write(lane.ready.tail)
        write(lane.returned.root)
        write(lane.available)
        write(lane.delayed)
    }
}

extension ByteReader {
    mutating func readGroupList() throws(EntryDecodingError) -> GroupList {
        GroupList(head: try read(), tail: try read())
    }

    mutating func readLane() throws(EntryDecodingError) -> Lane {
        var lane = Lane()
        lane.ready = MessageList(head: try read(), tail: try read())
        lane.returned = Treap(root: try read())
        lane.available = MessageList(head: try read(), tail: try read())
        lane.delayed = MessageList(head: try read(), tail: try read())
        return lane
    }

    mutating func readCounts() throws(EntryDecodingError) -> MessageCounts {
        MessageCounts(
            ready: try readCount(), inFlight: try readCount(), delayed: try readCount(), damaged: try readCount())
    }

    mutating func readTotals() throws(EntryDecodingError) -> MessageTotals {
        var totals = MessageTotals()
        totals.sent = try readTotal()
        totals.received = try readTotal()
        totals.deleted = try readTotal()
        totals.returned = try readTotal()
        totals.expired = try readTotal()
        return totals
    }

    /// There are at most 2^31 messages.
    mutating func readCount() throws(EntryDecodingError) -> Int {
        let count: UInt64 = try read()
        guard count <= 1 << 31 else { throw EntryDecodingError(reason: "\(count) messages") }
        return Int(count)
    }

    mutating func readMoved(_ totals: inout MessageTotals) throws(EntryDecodingError) {
        totals.movedOut = try readTotal()
        totals.movedIn = try readTotal()
    }

    private mutating func readTotal() throws(EntryDecodingError) -> UInt64 {
        let total: UInt64 = try read()
        guard total <= BrokerImageFormat.totalMax else { throw EntryDecodingError(reason: "a total of \(total)") }
        return total
    }
}
