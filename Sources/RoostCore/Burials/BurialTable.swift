import RoostModel

/// One buried message: the texts that were given with it, and when.
struct BurialRecord {
    /// `MessageSlot.none` while nothing is buried under this id.
    var slot: UInt32
    var at: BrokerTime
    private(set) var reasonBytes: UInt16 = 0
    private(set) var errorBytes: UInt16 = 0
    /// Reason, error and worker, one behind the other.
    private(set) var texts: [UInt8] = []
    /// Of a free id: the next free one.
    var nextFree = MessageSlot.none

    init(slot: UInt32, at: BrokerTime, _ burial: Burial) {
        self.slot = slot
        self.at = at
        reasonBytes = UInt16(clamping: burial.reason.utf8.count)
        errorBytes = UInt16(clamping: burial.error.utf8.count)
        texts.reserveCapacity(burial.countedBytes)
        for text in [burial.reason, burial.error, burial.by] { texts += text.utf8 }
    }

    /// An id that nothing is buried under.
    init(nextFree: UInt32) {
        slot = MessageSlot.none
        at = BrokerTime(milliseconds: 0)
        self.nextFree = nextFree
    }

    var isUsed: Bool { slot != MessageSlot.none }

    var burial: Burial {
        let (reason, error) = (Int(reasonBytes), Int(reasonBytes) + Int(errorBytes))
        return Burial(
            reason: String(decoding: texts[..<reason], as: UTF8.self),
            error: String(decoding: texts[reason..<error], as: UTF8.self),
            by: String(decoding: texts[error...], as: UTF8.self))
    }
}

extension Burial {
    var countedBytes: Int { reason.utf8.count + error.utf8.count + by.utf8.count }
}

/// What is known of buried messages beyond their slots, by dense id, in chunks. A slot says under which id.
struct BurialTable {
    /// So that a chunk stays below 64 KiB.
    private static let burialsPerChunk = 1024
    /// What the allocator and the array need beside the texts of one burial.
    private static let overheadBytes = 48

    private var chunks: ContiguousArray<ContiguousArray<BurialRecord>> = []
    private(set) var idCount: UInt32 = 0
    private(set) var firstFree = MessageSlot.none
    private(set) var count = 0
    private(set) var textBytes = 0

    subscript(id: UInt32) -> BurialRecord {
        @inline(__always) _read {
            yield chunks[Int(id) / Self.burialsPerChunk][Int(id) % Self.burialsPerChunk]
        }
        @inline(__always) _modify {
            yield &chunks[Int(id) / Self.burialsPerChunk][Int(id) % Self.burialsPerChunk]
        }
    }

    var residentBytes: Int {
        chunks.count * Self.burialsPerChunk * MemoryLayout<BurialRecord>.stride + textBytes
            + count * Self.overheadBytes
    }

    func isUsed(_ id: UInt32) -> Bool { id < idCount && self[id].isUsed }

    /// The id that the burial has got.
    mutating func create(_ record: BurialRecord) -> UInt32 {
        let id = firstFree == MessageSlot.none ? idCount : firstFree
        if id == idCount {
            append(record)
        } else {
            firstFree = self[id].nextFree
            self[id] = record
        }
        note(record)
        return id
    }

    mutating func free(_ id: UInt32) {
        textBytes -= self[id].texts.count
        count -= 1
        self[id] = BurialRecord(nextFree: firstFree)
        firstFree = id
    }

    /// Takes up a burial as it was written down, at the next id.
    mutating func restore(_ record: BurialRecord) {
        append(record)
        if record.isUsed { note(record) }
    }

    mutating func restore(firstFree: UInt32) { self.firstFree = firstFree }

    private mutating func note(_ record: BurialRecord) {
        textBytes += record.texts.count
        count += 1
    }

    private mutating func append(_ record: BurialRecord) {
        if Int(idCount) % Self.burialsPerChunk == 0 {
            var chunk = ContiguousArray<BurialRecord>()
            chunk.reserveCapacity(Self.burialsPerChunk)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(record)
        idCount += 1
    }
}
