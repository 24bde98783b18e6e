import RoostModel

// The chunks of the index and the table of queues.

extension BrokerImageCheck {
    func checkChunks() throws(BrokerImageError) {
        let index = broker.index
        var (withRoom, vacant, empty) = (0, 0, 0)
        for number in 0..<index.chunkCount {
            let isVacant = index[chunk: number].slots.isEmpty
            let used = index[chunk: number].usedCount
            if isVacant { vacant += 1 } else if used < MessageIndex.slotsPerChunk { withRoom += 1 }
            guard used == 0, !isVacant else { continue }
            empty += 1
            try Self.require(number == index.emptyChunk, "chunk \(number) is empty and was not freed")
        }
        try Self.require((index.emptyChunk == MessageSlot.none) == (empty == 0), "the empty chunk is not empty")
        try checkChunkList(from: index.firstWithRoom, withRoom) { !$0.slots.isEmpty && $0.usedCount < 1024 }
        try checkChunkList(from: index.firstVacant, vacant) { $0.slots.isEmpty }
    }

    private func checkChunkList(
        from first: UInt32, _ count: Int, _ belongs: (borrowing MessageIndex.Chunk) -> Bool
    ) throws(BrokerImageError) {
        var (previous, number, left) = (MessageSlot.none, first, count)
        while number != MessageSlot.none {
            guard number < broker.index.chunkCount, broker.index[chunk: number].previous == previous,
                belongs(broker.index[chunk: number])
            else { throw BrokerImageError("a list of chunks leads to chunk \(number)") }
            left -= 1
            previous = number
            number = broker.index[chunk: number].next
        }
        try Self.require(left == 0, "a list of chunks is not whole")
    }

    func checkQueueTable() throws(BrokerImageError) {
        let queues = broker.queues
        var reaping = 0
        for id in 0..<queues.idCount where queues.isUsed(id) {
            try checkQueue(queues[id], id)
            if queues[id].isReaping { reaping += 1 }
        }
        let last = try checkReaping(from: queues.firstReaping, reaping)
        try Self.require(last == queues.lastReaping, "the list of queues to reap does not end where it should")
        let isTree = queues.nameTree.isIntact(in: queues, count: queues.liveCount) { queues.isLive($0) }
        try Self.require(isTree, "the tree of names is not one")
    }

    private func checkQueue(_ queue: borrowing Queue, _ id: UInt32) throws(BrokerImageError) {
        try Self.require(
            queue.isReaping || queue.nextQueue == MessageSlot.none, "queue \(id) is in no list but has a next")
        try Self.require(
            queue.purgedBelow <= broker.nextNumber, "queue \(id) is purged beyond the newest message")
        guard queue.life != .live else {
            return try Self.require(
                queue.isReaping || queue.dead.isEmpty && queue.deadGroups.isEmpty,
                "the dead of queue \(id) are not reaped")
        }
        try Self.require(queue.isReaping, "queue \(id) is deleted and not reaped")
        let isEmpty =
            !queue.lane.hasReady && queue.lane.available.isEmpty && queue.lane.delayed.isEmpty
            && queue.damaged.isEmpty && queue.groups.isEmpty
        try Self.require(isEmpty, "queue \(id) is deleted and has messages")
    }

    /// Walks the list of queues to reap and hands back its last member. A walk of that many steps that comes to the end
    /// met no queue twice.
    private func checkReaping(from first: UInt32, _ count: Int) throws(BrokerImageError) -> UInt32 {
        var (last, id) = (MessageSlot.none, first)
        for _ in 0..<count {
            guard broker.queues.isUsed(id), broker.queues[id].isReaping else {
                throw BrokerImageError("a list of queues leads to \(id)")
            }
            last = id
            id = broker.queues[id].nextQueue
        }
        try Self.require(id == MessageSlot.none, "a list of queues is too long")
        return last
    }
}

extension Treap {
    /// Deeper than any tree of 2^31 nodes with these priorities is; the walks of a tree are recursive.
    private static let depthMax = 1000

    /// Whether the links make a tree of exactly `count` nodes with rising keys and falling priorities. A node is
    /// looked at only if it `isMember`.
    func isIntact<Nodes: TreapNodes>(
        in nodes: borrowing Nodes, count: Int, isMember: (UInt32) -> Bool
    ) -> Bool {
        // Nodes whose right side is still to be looked at, and how deep in the tree they are.
        var path: [(node: UInt32, depth: Int)] = []
        var (node, depth, limit, met) = (root, 1, UInt64.max, 0)
        var last: Nodes.Key?
        while true {
            while node != MessageSlot.none {
                // Priorities that fall on every way down mean that no way is a circle.
                guard depth <= Self.depthMax, isMember(node), Self.priority(node) < limit else { return false }
                path.append((node, depth))
                limit = Self.priority(node)
                depth += 1
                node = nodes.treapLeft(node)
            }
            guard let next = path.popLast() else { return met == count }
            met += 1
            let key = nodes.treapKey(next.node)
            // Keys that rise mean that no node is met twice.
            if let last, key <= last { return false }
            last = key
            limit = Self.priority(next.node)
            depth = next.depth + 1
            node = nodes.treapRight(next.node)
        }
    }
}

extension TimerWheel {
    /// Whether the buckets hold exactly `count` nodes, each of them in the bucket of its deadline. A node is looked at
    /// only if it `isMember`.
    func isIntact<Nodes: TimerNodes>(
        in nodes: borrowing Nodes, count: Int, isMember: (UInt32) -> Bool
    ) -> Bool {
        guard self.count == count else { return false }
        var left = count
        for number in buckets.indices {
            var (previous, node) = (Self.mark(number), buckets[number].head)
            while node < Self.firstMark {
                guard left > 0, isMember(node), nodes.timerPrevious(node) == previous else { return false }
                let deadline = Self.milliseconds(nodes.timerDeadline(node))
                guard number == Self.movingBucket || bucket(for: deadline) == number else { return false }
                left -= 1
                previous = node
                node = nodes.timerNext(node)
            }
            guard node == Self.mark(number), buckets[number].tail == previous else { return false }
        }
        return left == 0
    }
}
