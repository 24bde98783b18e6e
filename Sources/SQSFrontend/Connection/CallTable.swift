import RoostStorage

/// Leads from a token that the storage gives back to who waits for it. Slots are reused, so in the long run a call
/// allocates nothing; the generation in the upper half of a token tells an old call from the one that has its slot.
struct CallTable<Owner: AnyObject> {
    private struct Slot {
        var owner: Owner?
        var index: Int
        var generation: UInt32
        var group: RequestGroup
        /// Of the monotonic clock.
        var start: UInt64
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    /// Never 0: that token is for requests whose answer nobody waits for.
    ///
    /// - Parameter start: when the request began, in nanoseconds.
    mutating func insert(_ owner: Owner, _ index: Int, _ group: RequestGroup, start: UInt64) -> UInt64 {
        if let slot = free.popLast() {
            slots[slot].owner = owner
            slots[slot].index = index
            slots[slot].group = group
            slots[slot].start = start
            return token(slot)
        }
        slots.append(Slot(owner: owner, index: index, generation: 1, group: group, start: start))
        return token(slots.count - 1)
    }

    private func token(_ slot: Int) -> UInt64 {
        UInt64(slots[slot].generation) << 32 | UInt64(truncatingIfNeeded: slot)
    }

    /// Nil for a token that was answered already.
    mutating func remove(_ token: UInt64) -> (owner: Owner, index: Int, group: RequestGroup, start: UInt64)? {
        let slot = Int(truncatingIfNeeded: token & 0xFFFF_FFFF)
        guard slot < slots.count, UInt64(slots[slot].generation) == token >> 32,
            let owner = slots[slot].owner
        else { return nil }
        slots[slot].owner = nil
        // Wraps from the highest to 1.
        slots[slot].generation = slots[slot].generation &+ 1 == 0 ? 1 : slots[slot].generation &+ 1
        free.append(slot)
        return (owner, slots[slot].index, slots[slot].group, slots[slot].start)
    }
}
