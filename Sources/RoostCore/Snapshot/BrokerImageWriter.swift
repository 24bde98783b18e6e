import RoostModel

/// Hands out the image of a broker section by section, and lets go of each chunk of messages once it is handed out.
///
/// It holds a copy of the broker. While it does, the first change of a chunk by the broker itself copies that chunk;
/// from the moment the chunk is let go of here, it does not any more.
package struct BrokerImageWriter: Sendable {
    private enum Part {
        case header, queues, groups, burials, moves, chunks, messageWheel, queueWheel, groupWheel, duplicates, keys
        case keysEnd, end
    }

    private typealias Format = BrokerImageFormat

    private var broker: Broker
    private var part = Part.header
    private var nextQueue: UInt32 = 0
    private var nextGroup: UInt32 = 0
    private var nextBurial: UInt32 = 0
    private var nextMove = 0
    private var nextChunk: UInt32 = 0
    private var nextDuplicate = 0
    private var keys: KeyImageStream

    package init(_ broker: consuming Broker) {
        keys = KeyImageStream(broker.databases)
        self.broker = broker
    }

    /// Replaces the content of `section` with the next section, of at most 70 KiB. False, and an empty section, when
    /// there are no more.
    package mutating func next(_ section: inout [UInt8]) -> Bool {
        section.removeAll(keepingCapacity: true)
        switch part {
        case .header:
            writeHeader(&section)
            part = broker.queues.idCount > 0 ? .queues : partAfterQueues
        case .queues:
            writeQueues(&section)
            if nextQueue == broker.queues.idCount { part = partAfterQueues }
        case .groups:
            writeGroups(&section)
            if nextGroup == broker.groups.idCount { part = partAfterGroups }
        case .burials:
            writeBurials(&section)
            if nextBurial == broker.burials.idCount { part = partAfterBurials }
        case .moves:
            writeMoves(&section)
            if nextMove == broker.moves.records.count { part = partAfterMoves }
        case .chunks:
            writeChunks(&section)
            if nextChunk == broker.index.chunkCount { part = .messageWheel }
        case .messageWheel:
            write(broker.messageTimers, 0, &section)
            part = .queueWheel
        case .queueWheel:
            write(broker.queueTimers, 1, &section)
            part = .groupWheel
        case .groupWheel:
            write(broker.groupTimers, 2, &section)
            part = broker.deduplication.count > 0 ? .duplicates : partAfterDuplicates
        case .duplicates:
            writeDuplicates(&section)
            if nextDuplicate == broker.deduplication.count { part = partAfterDuplicates }
        case .keys:
            section.append(bytes: 4) { $0.write(Format.Kind.keys.rawValue) }
            if !keys.fill(&section, upTo: Format.sectionBytesMax) { part = .keysEnd }
        case .keysEnd:
            writeKeysEnd(&section)
            part = .end
        case .end: return false
        }
        return true
    }

    private var partAfterQueues: Part { broker.groups.idCount > 0 ? .groups : partAfterGroups }
    private var partAfterGroups: Part { broker.burials.idCount > 0 ? .burials : partAfterBurials }
    private var partAfterBurials: Part { broker.moves.records.isEmpty ? partAfterMoves : .moves }
    private var partAfterMoves: Part { broker.index.chunkCount > 0 ? .chunks : .messageWheel }

    private var partAfterDuplicates: Part { broker.databases.keyCount > 0 ? .keys : .keysEnd }

    private func writeHeader(_ section: inout [UInt8]) {
        section.append(bytes: Format.headerBytes) { writer in
            writer.write(Format.Kind.header.rawValue)
            writer.write(Format.version)
            writer.write(broker.nextNumber)
            writer.write(broker.nextOrder)
            writer.write(broker.counts)
            writer.write(broker.totals)
            writer.write(UInt64(broker.index.count))
            writer.write(broker.index.chunkCount)
            writer.write(UInt32(broker.index.residentChunks))
            writer.write(broker.index.firstWithRoom)
            writer.write(broker.index.firstVacant)
            writer.write(broker.index.emptyChunk)
            writer.write(broker.queues.idCount)
            writer.write(UInt32(broker.queues.liveCount))
            writer.write(MessageSlot.none)
            writer.write(broker.queues.firstReaping)
            writer.write(broker.queues.lastReaping)
            writer.write(broker.queues.nameTree.root)
            writer.write(broker.nextBirth)
            writer.write(broker.totals.movedOut)
            writer.write(broker.totals.movedIn)
            writer.write(broker.groups.idCount)
            writer.write(broker.groups.firstFree)
            writer.write(UInt64(broker.groups.count))
            writer.write(UInt64(broker.counts.buried))
            writer.write(broker.burials.idCount)
            writer.write(broker.burials.firstFree)
            writer.write(broker.moves.nextID)
            writer.write(UInt32(broker.moves.records.count))
            writer.write(UInt32(0))
            writer.write(UInt64(broker.deduplication.count))
        }
    }

    private mutating func writeQueues(_ section: inout [UInt8]) {
        section.append(bytes: 4) { $0.write(Format.Kind.queues.rawValue) }
        repeat {
            let isFree = !broker.queues.isUsed(nextQueue)
            let bytes = isFree ? Format.freeQueueBytes : QueueImage.size(broker.queues[nextQueue])
            guard section.count == 4 || section.count + bytes <= Format.sectionBytesMax else { return }
            section.append(bytes: bytes) {
                if isFree { QueueImage.encodeFree(&$0) } else { QueueImage.encode(broker.queues[nextQueue], &$0) }
            }
            nextQueue += 1
        } while nextQueue < broker.queues.idCount
    }

    private mutating func writeGroups(_ section: inout [UInt8]) {
        section.append(bytes: 4) { $0.write(Format.Kind.groups.rawValue) }
        repeat {
            section.append(bytes: Format.groupBytes) { GroupImage.encode(broker.groups[nextGroup], &$0) }
            nextGroup += 1
        } while nextGroup < broker.groups.idCount && section.count + Format.groupBytes <= Format.sectionBytesMax
    }

    private mutating func writeDuplicates(_ section: inout [UInt8]) {
        section.append(bytes: 4) { $0.write(Format.Kind.duplicates.rawValue) }
        repeat {
            let original = broker.deduplication[nextDuplicate]
            section.append(bytes: Format.duplicateBytes) { writer in
                writer.write(original.key.high)
                writer.write(original.key.low)
                writer.write(original.number)
                writer.write(original.sentAt)
                writer.write(original.slot)
            }
            nextDuplicate += 1
        } while nextDuplicate < broker.deduplication.count
            && section.count + Format.duplicateBytes <= Format.sectionBytesMax
    }

    private mutating func writeBurials(_ section: inout [UInt8]) {
        section.append(bytes: 4) { $0.write(Format.Kind.burials.rawValue) }
        repeat {
            let bytes = BurialImage.size(broker.burials[nextBurial])
            guard section.count == 4 || section.count + bytes <= Format.sectionBytesMax else { return }
            section.append(bytes: bytes) { BurialImage.encode(broker.burials[nextBurial], &$0) }
            nextBurial += 1
        } while nextBurial < broker.burials.idCount
    }

    private mutating func writeMoves(_ section: inout [UInt8]) {
        section.append(bytes: 4) { $0.write(Format.Kind.moves.rawValue) }
        while nextMove < broker.moves.records.count {
            let bytes = MoveImage.size(broker.moves.records[nextMove])
            guard section.count + bytes <= Format.sectionBytesMax else { return }
            section.append(bytes: bytes) { MoveImage.encode(broker.moves.records[nextMove], &$0) }
            nextMove += 1
        }
    }

    private mutating func writeChunks(_ section: inout [UInt8]) {
        guard broker.index[chunk: nextChunk].slots.isEmpty else { return writeChunk(&section) }
        section.append(bytes: 8) {
            $0.write(Format.Kind.vacant.rawValue)
            $0.write(nextChunk)
        }
        repeat {
            let (previous, next) = (broker.index[chunk: nextChunk].previous, broker.index[chunk: nextChunk].next)
            section.append(bytes: Format.vacantBytes) {
                $0.write(previous)
                $0.write(next)
            }
            nextChunk += 1
        } while nextChunk < broker.index.chunkCount && broker.index[chunk: nextChunk].slots.isEmpty
            && section.count + Format.vacantBytes <= Format.sectionBytesMax
    }

    private mutating func writeChunk(_ section: inout [UInt8]) {
        let chunk = broker.index[chunk: nextChunk]
        // The links of a full chunk are left over from when it had room.
        let isFull = chunk.usedCount == MessageIndex.slotsPerChunk
        section.append(bytes: Format.chunkBytes - Format.slotBytes * MessageIndex.slotsPerChunk) { writer in
            writer.write(Format.Kind.chunk.rawValue)
            writer.write(nextChunk)
            writer.write(isFull ? MessageSlot.none : chunk.previous)
            writer.write(isFull ? MessageSlot.none : chunk.next)
            for word in chunk.used.indices { writer.write(chunk.used[word]) }
        }
        // A slot is 15 little-endian words without gaps: see `MessageSlot`.
        chunk.slots.withUnsafeBytes { section.append(contentsOf: $0) }
        broker.index[chunk: nextChunk].slots = []
        nextChunk += 1
    }

    private func writeKeysEnd(_ section: inout [UInt8]) {
        section.append(bytes: Format.keysEndBytes) { writer in
            writer.write(Format.Kind.keysEnd.rawValue)
            for database in 0..<UInt8(Databases.count) { writer.write(UInt64(broker.databases[database].count)) }
        }
    }

    private func write(_ wheel: TimerWheel, _ which: UInt32, _ section: inout [UInt8]) {
        section.append(bytes: Format.wheelBytes) { writer in
            writer.write(Format.Kind.wheel.rawValue)
            writer.write(which)
            writer.write(wheel.time)
            writer.write(UInt64(wheel.count))
            for bucket in wheel.buckets {
                writer.write(bucket.head)
                writer.write(bucket.tail)
            }
        }
    }
}

extension Broker {
    /// About how many bytes the sections of an image of this broker have: right but for the lengths of names.
    package var imageBytesEstimate: Int {
        BrokerImageFormat.headerBytes + 3 * BrokerImageFormat.wheelBytes
            + Int(groups.idCount) * BrokerImageFormat.groupBytes
            + deduplication.count * BrokerImageFormat.duplicateBytes
            + Int(burials.idCount) * BurialImage.fixedSize + burials.textBytes
            + moves.records.count * (MoveImage.fixedSize + Limits.queueNameBytesMax)
            + index.residentChunks * BrokerImageFormat.chunkBytes
            + Int(index.chunkCount) * BrokerImageFormat.vacantBytes
            + Int(queues.idCount)
            * (BrokerImageFormat.queueBytes + SettingsCodec.fixedSize + Limits.queueNameBytesMax)
            + queues.textBytes
            + databases.imageBytesEstimate
    }

    /// How much longer one more message can make an image: by a chunk of the index, when the others are full.
    package static var imageStepBytes: Int { BrokerImageFormat.chunkBytes }
}

extension [UInt8] {
    /// Appends exactly as many bytes as `body` writes.
    fileprivate mutating func append(bytes: Int, _ body: (inout ByteWriter) -> Void) {
        let start = count
        append(contentsOf: repeatElement(0, count: bytes))
        withUnsafeMutableBytes { buffer in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
            body(&writer)
        }
    }
}
