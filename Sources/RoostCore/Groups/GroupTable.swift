import RoostModel

/// All groups of all queues by dense id, in chunks, and by queue and name.
struct GroupTable {
    /// So that a chunk stays below 64 KiB.
    private static let groupsPerChunk = 384
    /// Ids have 24 bits in message slots.
    static let groupsMax = 1 << 24

    private var chunks: ContiguousArray<ContiguousArray<Group>> = []
    private var names = HashTable()
    private(set) var idCount: UInt32 = 0
    private(set) var firstFree = MessageSlot.none
    private(set) var count = 0

    subscript(id: UInt32) -> Group {
        @inline(__always) _read {
            yield chunks[Int(id) / Self.groupsPerChunk][Int(id) % Self.groupsPerChunk]
        }
        @inline(__always) _modify {
            yield &chunks[Int(id) / Self.groupsPerChunk][Int(id) % Self.groupsPerChunk]
        }
    }

    var residentBytes: Int {
        chunks.count * Self.groupsPerChunk * MemoryLayout<Group>.stride + names.residentBytes
    }

    func isUsed(_ id: UInt32) -> Bool { id < idCount && self[id].isUsed }

    /// The group of this queue that was born at `birth` or later; earlier ones were purged.
    func find(_ name: GroupName, from origin: QueueOrigin, in queue: UInt32, bornFrom birth: UInt64) -> UInt32? {
        names.find(Self.hash(name, origin, queue), in: self) { id in
            self[id].queue == queue && self[id].name == name && self[id].origin == origin && self[id].birth >= birth
        }
    }

    /// Nil when there are too many groups.
    func freeID() -> UInt32? {
        if firstFree != MessageSlot.none { return firstFree }
        return idCount < Self.groupsMax ? idCount : nil
    }

    /// Takes the next free id, which there must be.
    mutating func create(_ group: Group) -> UInt32 {
        let id = firstFree == MessageSlot.none ? idCount : firstFree
        if id == idCount {
            append(group)
        } else {
            firstFree = self[id].siblingNext
            self[id] = group
        }
        self[id].isUsed = true
        enter(id)
        return id
    }

    mutating func free(_ id: UInt32) {
        changeNames { $0.remove(id, in: &$1) }
        self[id].isUsed = false
        self[id].siblingNext = firstFree
        firstFree = id
        count -= 1
    }

    /// Takes up a group as it was written down, at the next id.
    mutating func restore(_ group: Group) {
        let id = idCount
        append(group)
        if group.isUsed { enter(id) }
    }

    mutating func restore(firstFree: UInt32) { self.firstFree = firstFree }

    private mutating func enter(_ id: UInt32) {
        changeNames { $0.insert(id, in: &$1) }
        count += 1
    }

    private mutating func append(_ group: Group) {
        if Int(idCount) % Self.groupsPerChunk == 0 {
            var chunk = ContiguousArray<Group>()
            chunk.reserveCapacity(Self.groupsPerChunk)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(group)
        idCount += 1
    }

    /// The links of the table stand in the groups, so it is taken out while they change.
    private mutating func changeNames(_ change: (inout HashTable, inout Self) -> Void) {
        var table = HashTable()
        swap(&table, &names)
        change(&table, &self)
        swap(&table, &names)
    }

    /// Names are keyed hashes already. A queue that was made again and again has the same id, but not the same birth.
    private static func hash(_ name: GroupName, _ origin: QueueOrigin, _ queue: UInt32) -> UInt64 {
        let from = UInt64(origin.queue) ^ origin.birth << 24
        var bits = name.low ^ UInt64(queue) &* 0x9e37_79b9_7f4a_7c15 ^ from &* 0xc2b2_ae3d_27d4_eb4f
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}

// MARK: - Lists of groups

extension GroupTable {
    mutating func appendTurn(_ id: UInt32, to list: inout GroupList) {
        self[id].hasTurn = true
        self[id].turnPrevious = list.tail
        self[id].turnNext = MessageSlot.none
        if list.isEmpty { list.head = id } else { self[list.tail].turnNext = id }
        list.tail = id
    }

    mutating func removeTurn(_ id: UInt32, from list: inout GroupList) {
        let (previous, next) = (self[id].turnPrevious, self[id].turnNext)
        if previous == MessageSlot.none { list.head = next } else { self[previous].turnNext = next }
        if next == MessageSlot.none { list.tail = previous } else { self[next].turnPrevious = previous }
        self[id].hasTurn = false
    }

    mutating func appendSibling(_ id: UInt32, to list: inout GroupList) {
        self[id].siblingPrevious = list.tail
        self[id].siblingNext = MessageSlot.none
        if list.isEmpty { list.head = id } else { self[list.tail].siblingNext = id }
        list.tail = id
    }

    mutating func removeSibling(_ id: UInt32, from list: inout GroupList) {
        let (previous, next) = (self[id].siblingPrevious, self[id].siblingNext)
        if previous == MessageSlot.none { list.head = next } else { self[previous].siblingNext = next }
        if next == MessageSlot.none { list.tail = previous } else { self[next].siblingPrevious = previous }
    }

    /// Takes over all of `other`, behind the present tail.
    mutating func appendSiblings(_ other: inout GroupList, to list: inout GroupList) {
        guard !other.isEmpty else { return }
        if list.isEmpty {
            list = other
        } else {
            self[list.tail].siblingNext = other.head
            self[other.head].siblingPrevious = list.tail
            list.tail = other.tail
        }
        other = GroupList()
    }
}

extension GroupTable: HashNodes {
    func hash(of node: UInt32) -> UInt64 { Self.hash(self[node].name, self[node].origin, self[node].queue) }
    func hashNext(_ node: UInt32) -> UInt32 { self[node].hashNext }
    mutating func setHashNext(_ node: UInt32, _ next: UInt32) { self[node].hashNext = next }
}

extension GroupTable: TimerNodes {
    func timerDeadline(_ node: UInt32) -> BrokerTime {
        self[node].lane.retentionTimer ?? BrokerTime(milliseconds: .max)
    }
    func timerPrevious(_ node: UInt32) -> UInt32 { self[node].lane.timerPrevious }
    func timerNext(_ node: UInt32) -> UInt32 { self[node].lane.timerNext }
    mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { self[node].lane.timerPrevious = value }
    mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { self[node].lane.timerNext = value }
}
