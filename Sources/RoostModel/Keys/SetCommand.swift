/// Commands on sets.
package enum SetCommand: Sendable, Equatable {
    case add(Bytes, [Bytes])
    case remove(Bytes, [Bytes])
    case count(Bytes)
    case contains(Bytes, Bytes)
    case containsEach(Bytes, [Bytes])
    case members(Bytes)
    /// Takes members away, picked at random. Without a count it answers one member or null.
    case pop(Bytes, count: Int?)
    /// Members picked at random. Without a count it answers one or null; with a negative count one member may come
    /// several times.
    case randomMembers(Bytes, count: Int?)
    case move(from: Bytes, to: Bytes, Bytes)
    case combine(SetOperation, [Bytes])
    case store(SetOperation, [Bytes], in: Bytes)
    /// Counts no further than `limit`; zero for no limit.
    case intersectionCount([Bytes], limit: Int)
    case scan(Bytes, ScanOptions)
}

package enum SetOperation: Sendable, CaseIterable {
    case intersection
    case union
    /// The members of the first set that no other has.
    case difference
}
