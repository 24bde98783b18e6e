import RoostModel

/// Makes a broker from the sections of its image.
///
/// Nothing in the bytes is believed: what they say is checked section by section as far as a section goes, and as a
/// whole in `finish`. Memory is taken for what came, never for what is announced.
package struct BrokerImageReader {
    private typealias Format = BrokerImageFormat

    private struct Header {
        var index = (messages: 0, chunks: UInt32(0), residentChunks: UInt32(0))
        var queues: QueueDirectory
        var groups = (ids: UInt32(0), count: 0)
        var duplicates = 0
        var burials = UInt32(0)
        var moves = UInt32(0)
        var version: UInt32
    }

    private var broker: Broker
    private var header: Header?
    private var wheels = 0
    private var queuesTaken: UInt32 = 0
    private var keys = KeyImageIntake()
    private var keysEnded = false

    package init(configuration: BrokerConfiguration) { broker = Broker(configuration: configuration) }

    /// Takes the next section. After an error the reader is of no use any more.
    package mutating func take(_ section: UnsafeRawBufferPointer) throws(BrokerImageError) {
        var reader = ByteReader(section)
        do throws(EntryDecodingError) {
            guard let kind = Format.Kind(rawValue: try reader.read()) else {
                throw EntryDecodingError(reason: "unknown section")
            }
            guard kind == expectedKind(kind) else { throw EntryDecodingError(reason: "section out of order") }
            switch kind {
            case .header: try takeHeader(&reader)
            case .queues: try takeQueues(&reader)
            case .groups: try takeGroups(&reader)
            case .burials: try takeBurials(&reader)
            case .moves: try takeMoves(&reader)
            case .chunk: try takeChunk(&reader)
            case .vacant: try takeVacant(&reader)
            case .wheel: try takeWheel(&reader)
            case .duplicates: try takeDuplicates(&reader)
            case .keys: try keys.take(reader.readRaw(reader.remaining), &broker.databases)
            case .keysEnd: try takeKeysEnd(&reader)
            }
            try reader.expectEnd()
        } catch {
            throw BrokerImageError(error.reason)
        }
    }

    /// The broker, when all sections came and fit together.
    package consuming func finish() throws(BrokerImageError) -> Broker {
        guard header != nil, expectedKind(.header) == nil else { throw BrokerImageError("sections are missing") }
        guard broker.queues.liveCount == header.map({ Int($0.queues.liveCount) }),
            broker.index.residentChunks == header.map({ Int($0.index.residentChunks) }),
            broker.groups.count == header?.groups.count, broker.index.count == header?.index.messages
        else { throw BrokerImageError("queues, groups, messages or their chunks are not as many as the header says") }
        try BrokerImageCheck.check(broker)
        broker.restoreQueuesToRearm()
        broker.queues.restoreSources()
        broker.restoreOftenReceived()
        return broker
    }

    /// The kind that has to come next, or nil when all came. Both kinds of chunks have the same place.
    private func expectedKind(_ kind: Format.Kind) -> Format.Kind? {
        guard let header else { return .header }
        if queuesTaken < header.queues.idCount { return .queues }
        if broker.groups.idCount < header.groups.ids { return .groups }
        if broker.burials.idCount < header.burials { return .burials }
        if broker.moves.records.count < header.moves { return .moves }
        if broker.index.chunkCount < header.index.chunks { return kind == .vacant ? .vacant : .chunk }
        if wheels < (header.version == 1 ? 2 : 3) { return .wheel }
        if broker.deduplication.count < header.duplicates { return .duplicates }
        return header.version < 3 || keysEnded ? nil : kind == .keys ? .keys : .keysEnd
    }
}

extension BrokerImageReader {
    private mutating func takeHeader(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let version: UInt32 = try reader.read()
        guard Format.versionsRead.contains(version) else {
            throw .init(reason: "image version \(version) is not known here")
        }
        broker.nextNumber = try reader.read()
        broker.nextOrder = try reader.read()
        guard (1...Broker.numberMax + 1).contains(broker.nextNumber),
            (1...Broker.numberMax + 1).contains(broker.nextOrder)
        else {
            throw EntryDecodingError(reason: "numbers that are zero or beyond 48 bits")
        }
        broker.counts = try reader.readCounts()
        broker.totals = try reader.readTotals()
        let messages = try reader.readCount()
        let (chunks, residentChunks): (UInt32, UInt32) = (try reader.read(), try reader.read())
        broker.index.firstWithRoom = try reader.read()
        broker.index.firstVacant = try reader.read()
        broker.index.emptyChunk = try reader.read()
        let (idCount, liveCount): (UInt32, UInt32) = (try reader.read(), try reader.read())
        // The first free id of older images.
        let _: UInt32 = try reader.read()
        let queues = QueueDirectory(
            idCount: idCount, liveCount: liveCount, firstReaping: try reader.read(), lastReaping: try reader.read(),
            nameRoot: try reader.read())
        guard chunks <= MessageIndex.chunksMax, queues.idCount <= Limits.queuesMax else {
            throw EntryDecodingError(reason: "\(chunks) chunks, \(queues.idCount) queues")
        }
        broker.queues.restore(queues)
        var header = Header(index: (messages, chunks, residentChunks), queues: queues, version: version)
        if version > 1 {
            header.groups = try takeGroupDirectory(&reader)
            try takeTaskDirectory(&reader, &header)
            header.duplicates = try reader.readCount()
            guard header.duplicates <= DeduplicationTable.countMax else { throw .init(reason: "too many duplicates") }
        }
        self.header = header
    }

    private mutating func takeGroupDirectory(
        _ reader: inout ByteReader
    ) throws(EntryDecodingError) -> (ids: UInt32, count: Int) {
        broker.nextBirth = try reader.read()
        guard (1...Format.totalMax).contains(broker.nextBirth) else { throw .init(reason: "a birth beyond all") }
        try reader.readMoved(&broker.totals)
        let (ids, firstFree): (UInt32, UInt32) = (try reader.read(), try reader.read())
        guard ids <= GroupTable.groupsMax else { throw EntryDecodingError(reason: "\(ids) groups") }
        broker.groups.restore(firstFree: firstFree)
        return (ids, try reader.readCount())
    }

    private mutating func takeTaskDirectory(
        _ reader: inout ByteReader, _ header: inout Header
    ) throws(EntryDecodingError) {
        broker.counts.buried = try reader.readCount()
        let (ids, firstFree): (UInt32, UInt32) = (try reader.read(), try reader.read())
        guard ids <= 1 << 31 else { throw EntryDecodingError(reason: "\(ids) burials") }
        broker.burials.restore(firstFree: firstFree)
        header.burials = ids
        broker.moves.nextID = try reader.read()
        let (moves, reserved): (UInt32, UInt32) = (try reader.read(), try reader.read())
        guard (1...Format.totalMax).contains(broker.moves.nextID), moves <= MoveTable.tasksMax, reserved == 0 else {
            throw EntryDecodingError(reason: "\(moves) moves, the next one is \(broker.moves.nextID)")
        }
        header.moves = moves
    }

    private mutating func takeMoves(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let count = header?.moves ?? 0
        repeat {
            guard broker.moves.records.count < count else { throw .init(reason: "more moves than announced") }
            broker.moves.append(try MoveImage.decode(&reader))
        } while reader.remaining > 0
    }

    private mutating func takeBurials(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let ids = header?.burials ?? 0
        repeat {
            guard broker.burials.idCount < ids else { throw .init(reason: "more burials than announced") }
            broker.burials.restore(try BurialImage.decode(&reader))
        } while reader.remaining > 0
    }

    private mutating func takeGroups(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let ids = header?.groups.ids ?? 0
        repeat {
            guard broker.groups.idCount < ids else { throw .init(reason: "more groups than announced") }
            broker.groups.restore(try GroupImage.decode(&reader))
        } while reader.remaining > 0
    }

    private mutating func takeDuplicates(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let count = header?.duplicates ?? 0
        repeat {
            guard broker.deduplication.count < count else { throw .init(reason: "more duplicates than announced") }
            let key = DeduplicationKey(high: try reader.read(), low: try reader.read())
            let (number, sentAt): (UInt64, BrokerTime) = (try reader.read(), try reader.readTime())
            let isLater = broker.deduplication.newest.map { $0 <= sentAt } ?? true
            guard isLater, (0..<1 << 44).contains(sentAt.milliseconds), (1..<broker.nextNumber).contains(number) else {
                throw EntryDecodingError(reason: "duplicates out of order")
            }
            broker.deduplication.append(
                DeduplicationTable.Original(key: key, slot: try reader.read(), number: number, sentAt: sentAt))
        } while reader.remaining > 0
    }

    private mutating func takeKeysEnd(_ reader: inout ByteReader) throws(EntryDecodingError) {
        guard keys.isAtEnd else { throw .init(reason: "the keys end within an entry") }
        for database in 0..<UInt8(Databases.count) {
            let count: UInt64 = try reader.read()
            guard count == UInt64(broker.databases[database].count) else {
                throw EntryDecodingError(reason: "database \(database) should have \(count) keys")
            }
        }
        keysEnded = true
    }

    private mutating func takeQueues(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let (idCount, version) = (header?.queues.idCount ?? 0, header?.version ?? 0)
        repeat {
            guard queuesTaken < idCount else { throw .init(reason: "more queues than announced") }
            if let queue = try QueueImage.decode(&reader, version: version),
                !broker.queues.restore(queue, at: queuesTaken)
            {
                throw EntryDecodingError(reason: "two queues of one name")
            }
            queuesTaken += 1
        } while reader.remaining > 0
    }

    private mutating func takeChunk(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let number: UInt32 = try reader.read()
        guard number == broker.index.chunkCount else { throw .init(reason: "chunk \(number) out of order") }
        var chunk = MessageIndex.Chunk()
        chunk.previous = try reader.read()
        chunk.next = try reader.read()
        for word in chunk.used.indices {
            chunk.used[word] = try reader.read()
            chunk.usedCount += chunk.used[word].nonzeroBitCount
        }
        chunk.slots = try reader.readSlots()
        if header?.version == 1 {
            for place in chunk.slots.indices { chunk.slots[place].convertFromPlainCount() }
        }
        broker.index.restore(chunk)
    }

    private mutating func takeVacant(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let number: UInt32 = try reader.read()
        guard number == broker.index.chunkCount else { throw .init(reason: "chunk \(number) out of order") }
        let chunks = header?.index.chunks ?? 0
        repeat {
            guard broker.index.chunkCount < chunks else { throw .init(reason: "more chunks than announced") }
            var chunk = MessageIndex.Chunk()
            chunk.previous = try reader.read()
            chunk.next = try reader.read()
            broker.index.restore(chunk)
        } while reader.remaining > 0
    }

    private mutating func takeWheel(_ reader: inout ByteReader) throws(EntryDecodingError) {
        let which: UInt32 = try reader.read()
        let time: UInt64 = try reader.read()
        let count = try reader.readCount()
        guard which == wheels, time < TimerWheel.timeEnd else { throw .init(reason: "not a wheel of timers") }
        var buckets = ContiguousArray<TimerWheel.Bucket>()
        for _ in 0..<TimerWheel.bucketCount {
            buckets.append(TimerWheel.Bucket(head: try reader.read(), tail: try reader.read()))
        }
        let wheel = TimerWheel(time: time, count: count, buckets: buckets)
        switch which {
        case 0: broker.messageTimers = wheel
        case 1: broker.queueTimers = wheel
        default: broker.groupTimers = wheel
        }
        wheels += 1
    }
}

extension ByteReader {
    /// The slots of a chunk: 15 little-endian words each, without gaps, as they stand in memory.
    fileprivate mutating func readSlots() throws(EntryDecodingError) -> ContiguousArray<MessageSlot> {
        let source = try readRaw(BrokerImageFormat.slotBytes * MessageIndex.slotsPerChunk)
        return ContiguousArray(unsafeUninitializedCapacity: MessageIndex.slotsPerChunk) { slots, count in
            UnsafeMutableRawBufferPointer(slots).copyMemory(from: source)
            count = MessageIndex.slotsPerChunk
        }
    }
}
