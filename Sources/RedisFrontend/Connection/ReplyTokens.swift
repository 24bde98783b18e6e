/// Leads from a token that the storage gives back to the connection that asked.
///
/// A token is made of what is there anyway, so it is in no table: the slot of the connection in its upper half, counted
/// from 1 because 0 is the token of requests whose answer nobody waits for, and in its lower half the lower half of the
/// number that the reply has in the ring.
struct ReplyTokens {
    private var connections: ContiguousArray<RedisConnection?> = []
    private var free: ContiguousArray<Int> = []

    /// The slot that the connection has until `remove`.
    mutating func add(_ connection: RedisConnection) -> Int {
        if let slot = free.popLast() {
            connections[slot] = connection
            return slot
        }
        connections.append(connection)
        return connections.count - 1
    }

    /// Only when no answer is due: it would go to the next one that gets the slot.
    mutating func remove(_ slot: Int) {
        connections[slot] = nil
        free.append(slot)
    }

    /// Of requests for all connections together: no slot has such a number.
    static let barrier = UInt64.max

    static func token(_ slot: Int, _ number: Int) -> UInt64 {
        UInt64(slot + 1) << 32 | UInt64(UInt32(truncatingIfNeeded: number))
    }

    func connection(of token: UInt64) -> RedisConnection? {
        let slot = Int(token >> 32) - 1
        return connections.indices.contains(slot) ? connections[slot] : nil
    }
}
