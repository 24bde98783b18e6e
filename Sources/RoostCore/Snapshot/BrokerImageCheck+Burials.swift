import RoostModel

// Buried messages: the lists of the queues, and the table of what is known of them.

extension BrokerImageCheck {
    /// `count`: buried messages of the queue that were met in its lanes.
    func checkBuried(of id: UInt32, _ count: Int) throws(BrokerImageError) {
        let list = broker.queues[id].buried
        var (previous, slot, left) = (MessageSlot.none, list.head, count)
        while slot != MessageSlot.none {
            guard let message = broker.index.message(inUsed: slot), message.place == .buried,
                message.previous == previous, isAlive(message, in: id)
            else { throw BrokerImageError("the buried messages of queue \(id) lead to slot \(slot)") }
            left -= 1
            previous = slot
            slot = message.next
        }
        try Self.require(list.tail == previous && left == 0, "the list of buried messages of queue \(id) is not whole")
    }

    private func isAlive(_ message: MessageSlot, in queue: UInt32) -> Bool {
        let owner = message.owner
        guard owner.isGroup else { return owner.id == queue && Self.isAlive(message, in: broker) }
        return broker.groups.isUsed(owner.id) && broker.groups[owner.id].queue == queue
            && Self.isAlive(message, in: broker)
    }

    /// Each burial names a message that names it. As there are as many of one as of the other, none is left over.
    func checkBurialTable() throws(BrokerImageError) {
        let burials = broker.burials
        try Self.require(buriedMet == burials.count, "there are more buried messages than burials, or fewer")
        for id in 0..<burials.idCount where burials[id].isUsed {
            guard let message = broker.index.message(inUsed: burials[id].slot), message.place == .buried,
                message.burial == id, message.deadline.milliseconds <= Int64(UInt32.max)
            else { throw BrokerImageError("burial \(id) is of another message") }
        }
        var (id, free) = (burials.firstFree, Int(burials.idCount) - burials.count)
        while id != MessageSlot.none {
            guard free > 0, id < burials.idCount, !burials[id].isUsed else {
                throw BrokerImageError("a list of free burials leads to \(id)")
            }
            free -= 1
            id = burials[id].nextFree
        }
        try Self.require(free == 0, "some free burials are in no list")
    }
}
