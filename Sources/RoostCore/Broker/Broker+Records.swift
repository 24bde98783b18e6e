import RoostModel

// What becomes of the records of messages: they are moved, found damaged, and counted.

extension Broker {
    /// Nil when the message is gone, or its record lies elsewhere by now.
    package func prepareMove(slot: UInt32, number: UInt64, from location: BodyLocation) -> MoveEntry? {
        isLiving(slot: slot, number: number, at: location) ? MoveEntry(slot: slot, number: number) : nil
    }

    /// Nil when the message is gone, or known to be damaged.
    package func prepareDamage(slot: UInt32, number: UInt64) -> DamageEntry? {
        guard isAlive(slot), index[slot].number == number, index[slot].place != .damaged else { return nil }
        return DamageEntry(slot: slot, number: number)
    }

    /// Whether this message lives and its record lies there. Damaged messages live: their record is kept until they go.
    package func isLiving(slot: UInt32, number: UInt64, at location: BodyLocation) -> Bool {
        isAlive(slot) && index[slot].number == number && index[slot].location == location
    }

    /// Where the record of this message lies; nil when the message is gone.
    package func location(slot: UInt32, number: UInt64) -> BodyLocation? {
        isAlive(slot) && index[slot].number == number ? index[slot].location : nil
    }

    /// Visits the records of all messages that live, damaged ones included, in the order of their slots. Those of
    /// messages that were purged and are not freed yet are left out, though `Effects.released` will name them too.
    package func forEachLiving(_ visit: (BodyLocation) -> Void) {
        index.forEachUsed { slot in
            if isAlive(slot) { visit(index[slot].location) }
        }
    }

    /// Visits the records of all messages that `Effects.released` has not named: `forEachLiving`, and those that wait
    /// to be freed. Who keeps account of releases starts with this.
    package func forEachHeld(_ visit: (BodyLocation) -> Void) {
        index.forEachUsed { visit(index[$0].location) }
    }

    mutating func apply(
        _ entry: MoveEntry, at location: BodyLocation, _ effects: inout Effects
    ) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .move)
        effects.released.append(index[entry.slot].location)
        index[entry.slot].location = location
    }

    mutating func apply(_ entry: DamageEntry) throws(EntryMismatch) {
        try requireAlive(entry.slot, number: entry.number, .damage)
        guard index[entry.slot].place != .damaged else {
            throw EntryMismatch(kind: .damage, reason: "the message in slot \(entry.slot) is damaged already")
        }
        takeOut(entry.slot)
        let owner = index[entry.slot].owner
        let queue = queue(of: owner)
        index[entry.slot].place = .damaged
        queues[queue].damaged.append(entry.slot, in: &index)
        count(queue, .damaged, 1)
        guard owner.isGroup else { return }
        groups[owner.id].damaged += 1
        refreshTurn(ofGroup: owner.id)
    }
}
