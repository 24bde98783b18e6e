package import RoostModel

/// What a `QueueTable` holds beside its queues and their names.
struct QueueDirectory {
    var idCount: UInt32
    var liveCount: UInt32
    var firstFree: UInt32
    var firstReaping: UInt32
    var lastReaping: UInt32
    var nameRoot: UInt32
}

/// All queues by dense id, in chunks, with their names in a table (to find) and in a tree (to list in order).
package struct QueueTable {
    static let queuesPerChunk = 64

    var chunks: ContiguousArray<ContiguousArray<Queue>> = []
    private var names = NameTable()
    private(set) var nameTree = Treap()
    /// Queues that have dead letters, by their target and their own name.
    var sourceTree = Treap()
    private(set) var idCount: UInt32 = 0
    private(set) var firstFree = MessageSlot.none
    package private(set) var liveCount = 0
    /// Of the policies, properties and pauses of all queues whose ids are not free, as in an image.
    var textBytes = 0

    /// First and last queue with dead messages.
    private(set) var firstReaping = MessageSlot.none
    private(set) var lastReaping = MessageSlot.none

    package init() {}

    /// About what a name takes up: its text, and its place in the table.
    private static let nameBytes = 128

    var residentBytes: Int {
        chunks.count * Self.queuesPerChunk * MemoryLayout<Queue>.stride + liveCount * Self.nameBytes + textBytes
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

    package func isLive(_ id: UInt32) -> Bool { id < idCount && self[id].life == .live }

    /// An id that is free now, or nil when there are too many queues. Changes nothing.
    package func freeID() -> UInt32? {
        if firstFree != MessageSlot.none { return firstFree }
        return idCount < Limits.queuesMax ? idCount : nil
    }

    /// False when the id or the name is taken, or the id is not the next free one.
    package mutating func create(_ id: UInt32, _ queue: Queue) -> Bool {
        guard id == freeID(), names[queue.name] == nil else { return false }
        if id == idCount {
            append(queue)
        } else {
            firstFree = self[id].nextQueue
            self[id] = queue
        }
        self[id].life = .live
        textBytes += Self.textBytes(queue)
        names[queue.name] = id
        changeNameTree { $0.insert(id, in: &$1) }
        enterSources(id)
        liveCount += 1
        return true
    }

    /// Takes the queue out of sight. Its id is freed by `release` when its messages are gone.
    package mutating func remove(_ id: UInt32) {
        names[self[id].name] = nil
        changeNameTree { $0.remove(id, in: &$1) }
        leaveSources(id)
        self[id].life = .deleted
        liveCount -= 1
    }

    mutating func release(_ id: UInt32) {
        textBytes -= Self.textBytes(self[id])
        self[id].life = .free
        self[id].settings = QueueSettings()
        self[id].pause = nil
        self[id].nextQueue = firstFree
        firstFree = id
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

    /// Takes up a queue as it was written down, at the next id. False when its name is taken.
    mutating func restore(_ queue: Queue) -> Bool {
        let id = idCount
        append(queue)
        if queue.life != .free { textBytes += Self.textBytes(queue) }
        guard queue.life == .live else { return true }
        liveCount += 1
        guard names[queue.name] == nil else { return false }
        names[queue.name] = id
        return true
    }

    /// Takes up what ties the queues together, as it was written down.
    mutating func restore(_ directory: QueueDirectory) {
        firstFree = directory.firstFree
        firstReaping = directory.firstReaping
        lastReaping = directory.lastReaping
        nameTree = Treap(root: directory.nameRoot)
    }

    private mutating func append(_ queue: Queue) {
        if Int(idCount) % Self.queuesPerChunk == 0 {
            var chunk = ContiguousArray<Queue>()
            chunk.reserveCapacity(Self.queuesPerChunk)
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(queue)
        idCount += 1
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
