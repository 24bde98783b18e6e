package import RoostModel

/// What a `QueueTable` holds beside its queues and their names.
struct QueueDirectory {
    var idCount: UInt32
    var liveCount: UInt32
    var firstReaping: UInt32
    var lastReaping: UInt32
    var nameRoot: UInt32
}

/// All queues by dense id, in chunks, with their names in a table (to find) and in a tree (to list in order).
///
/// A new queue gets the lowest id that is free, and a chunk without a queue takes no memory: so the table becomes small
/// again when queues go.
package struct QueueTable {
    /// As many as a word of `FreeIDs` has bits.
    static let queuesPerChunk = 64

    /// Empty: none of its ids is in use. The last one is never empty.
    var chunks: ContiguousArray<ContiguousArray<Queue>> = []
    private var free = FreeIDs()
    private var names = NameTable()
    private(set) var nameTree = Treap()
    /// Queues that have dead letters, by their target and their own name.
    var sourceTree = Treap()
    /// Of live queues to channels.
    var bindings = BindingTable()
    package private(set) var liveCount = 0
    /// Of those with ready messages.
    private(set) var readyCount = 0
    /// Of the policies, properties and pauses of all queues whose ids are not free, as in an image.
    var textBytes = 0
    private(set) var residentChunks = 0

    /// First and last queue with dead messages.
    private(set) var firstReaping = MessageSlot.none
    private(set) var lastReaping = MessageSlot.none

    package init() {}

    /// About what a name takes up: its text, and its place in the table.
    private static let nameBytes = 128

    package var residentBytes: Int {
        residentChunks * Self.queuesPerChunk * MemoryLayout<Queue>.stride + liveCount * Self.nameBytes + textBytes
    }

    package subscript(id: UInt32) -> Queue {
        @inline(__always) _read {
            yield chunks[Int(id) / Self.queuesPerChunk][Int(id) % Self.queuesPerChunk]
        }
        @inline(__always) _modify {
            yield &chunks[Int(id) / Self.queuesPerChunk][Int(id) % Self.queuesPerChunk]
        }
    }

    package func id(named name: QueueName) -> UInt32? { names[name] }

    /// The queue that has these bytes as its name.
    func id(named bytes: Bytes) -> UInt32? {
        guard liveCount > 0, bytes.count <= Limits.queueNameBytesMax, names.mayContain(bytes),
            let text = String(validating: bytes, as: UTF8.self), let name = try? QueueName(text)
        else { return nil }
        return names[name]
    }

    /// Ids from here on are free.
    var idCount: UInt32 {
        guard let last = chunks.indices.last else { return 0 }
        let used = Self.queuesPerChunk - (~free[word: last]).leadingZeroBitCount
        return UInt32(last * Self.queuesPerChunk + used)
    }

    /// Whether a queue has this id, a deleted one with messages included.
    func isUsed(_ id: UInt32) -> Bool { Int(id) < chunks.count * Self.queuesPerChunk && !free.contains(id) }

    package func isLive(_ id: UInt32) -> Bool { isUsed(id) && self[id].life == .live }

    /// Goes through all ids.
    var liveIDs: some Sequence<UInt32> { (0..<idCount).lazy.filter { isLive($0) } }

    /// An id that is free now, or nil when there are too many queues. Changes nothing.
    package func freeID() -> UInt32? {
        let id = free.lowest ?? UInt32(chunks.count * Self.queuesPerChunk)
        return id < Limits.queuesMax ? id : nil
    }

    /// False when the id or the name is taken. The id may be any that is free: older logs took others than the lowest.
    package mutating func create(_ id: UInt32, _ queue: Queue) -> Bool {
        guard id < Limits.queuesMax, !isUsed(id), names[queue.name] == nil else { return false }
        take(id, queue)
        self[id].life = .live
        names[queue.name] = id
        changeNameTree { $0.insert(id, in: &$1) }
        enterSources(id)
        bindings.set(id, queue.settings.properties)
        liveCount += 1
        return true
    }

    /// Puts a queue at a free id.
    private mutating func take(_ id: UInt32, _ queue: Queue) {
        let chunk = Int(id) / Self.queuesPerChunk
        while chunks.count <= chunk { appendChunk() }
        if chunks[chunk].isEmpty {
            chunks[chunk] = ContiguousArray(repeating: Queue.placeholder(queue.name), count: Self.queuesPerChunk)
            residentChunks += 1
        }
        self[id] = queue
        free.remove(id)
        textBytes += Self.textBytes(queue)
    }

    private mutating func appendChunk() {
        free.set(word: chunks.count, .max)
        chunks.append([])
    }

    /// Takes the queue out of sight. Its id is freed by `release` when its messages are gone.
    package mutating func remove(_ id: UInt32) {
        names[self[id].name] = nil
        changeNameTree { $0.remove(id, in: &$1) }
        leaveSources(id)
        bindings.remove(id)
        self[id].life = .deleted
        liveCount -= 1
    }

    mutating func release(_ id: UInt32) {
        textBytes -= Self.textBytes(self[id])
        self[id] = Queue.placeholder(self[id].name)
        free.insert(id)
        giveBack(chunk: Int(id) / Self.queuesPerChunk)
    }

    /// Gives up the memory of a chunk that holds no queue any more.
    private mutating func giveBack(chunk: Int) {
        guard free[word: chunk] == .max else { return }
        chunks[chunk] = []
        residentChunks -= 1
        while let last = chunks.last, last.isEmpty {
            chunks.removeLast()
            free.set(word: chunks.count, 0)
        }
    }

    /// The number of ready messages has changed by this.
    @inline(__always)
    mutating func noteReady(_ id: UInt32, _ difference: Int) {
        let count = self[id].counts.ready
        if count == 0, difference < 0 { readyCount -= 1 }
        if difference > 0, count == difference { readyCount += 1 }
    }

    mutating func setPause(of id: UInt32, _ pause: Pause?) {
        textBytes -= Self.textBytes(self[id])
        self[id].pause = pause
        textBytes += Self.textBytes(self[id])
    }

    static func textBytes(_ queue: borrowing Queue) -> Int {
        SettingsCodec.size(queue.settings) - SettingsCodec.fixedSize + (queue.pause?.reason.utf8.count ?? 0)
    }

    /// Visits queues in the order of names, from the first name that `isIncluded` on, while `visit` says so.
    package func list(from isIncluded: @escaping (QueueName) -> Bool, _ visit: (UInt32) -> Bool) {
        nameTree.ascend(from: isIncluded, in: self, visit)
    }

    /// The links of the tree stand in the queues, so the root is taken out while they change.
    private mutating func changeNameTree(_ change: (inout Treap, inout Self) -> Void) {
        var tree = nameTree
        change(&tree, &self)
        nameTree = tree
    }

    /// Takes up a queue as it was written down, at an id that none of those before had. False when its name is taken.
    mutating func restore(_ queue: Queue, at id: UInt32) -> Bool {
        take(id, queue)
        guard queue.life == .live else { return true }
        liveCount += 1
        if queue.counts.ready > 0 { readyCount += 1 }
        bindings.set(id, queue.settings.properties)
        guard names[queue.name] == nil else { return false }
        names[queue.name] = id
        return true
    }

    /// Takes up what ties the queues together, as it was written down.
    mutating func restore(_ directory: QueueDirectory) {
        firstReaping = directory.firstReaping
        lastReaping = directory.lastReaping
        nameTree = Treap(root: directory.nameRoot)
    }
}

// MARK: - Queues with dead messages

extension QueueTable {
    package var nextToReap: UInt32? { firstReaping == MessageSlot.none ? nil : firstReaping }

    package mutating func startReaping(_ id: UInt32) {
        guard !self[id].isReaping else { return }
        self[id].isReaping = true
        self[id].nextQueue = MessageSlot.none
        if lastReaping != MessageSlot.none { self[lastReaping].nextQueue = id } else { firstReaping = id }
        lastReaping = id
    }

    /// Ends the reaping of the first queue, and frees its id if it was deleted.
    package mutating func finishReaping() {
        let id = firstReaping
        firstReaping = self[id].nextQueue
        if firstReaping == MessageSlot.none { lastReaping = MessageSlot.none }
        self[id].isReaping = false
        self[id].nextQueue = MessageSlot.none
        if self[id].life == .deleted { release(id) }
    }
}

extension QueueTable: TreapNodes {
    package func treapKey(_ node: UInt32) -> QueueName { self[node].name }
    package func treapLeft(_ node: UInt32) -> UInt32 { self[node].nameLeft }
    package func treapRight(_ node: UInt32) -> UInt32 { self[node].nameRight }
    package mutating func setTreapLeft(_ node: UInt32, _ child: UInt32) { self[node].nameLeft = child }
    package mutating func setTreapRight(_ node: UInt32, _ child: UInt32) { self[node].nameRight = child }
}

extension QueueTable: TimerNodes {
    package func timerDeadline(_ node: UInt32) -> BrokerTime {
        self[node].lane.retentionTimer ?? BrokerTime(milliseconds: .max)
    }
    package func timerPrevious(_ node: UInt32) -> UInt32 { self[node].lane.timerPrevious }
    package func timerNext(_ node: UInt32) -> UInt32 { self[node].lane.timerNext }
    package mutating func setTimerPrevious(_ node: UInt32, _ value: UInt32) { self[node].lane.timerPrevious = value }
    package mutating func setTimerNext(_ node: UInt32, _ value: UInt32) { self[node].lane.timerNext = value }
}
