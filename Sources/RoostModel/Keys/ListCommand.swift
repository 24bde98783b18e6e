package enum ListEnd: UInt8, Sendable {
    case left = 0
    case right = 1
}

/// Commands on lists. Positions count from the end when they are negative.
package enum ListCommand: Sendable, Equatable {
    /// One after the other: pushed to the left they stand in reverse.
    case push(Bytes, ListEnd, [Bytes], onlyExisting: Bool)
    /// Without a count it answers one element or null.
    case pop(Bytes, ListEnd, count: Int?)
    /// The first of the lists that has elements: its name and them, or a null array.
    case popFirst([Bytes], ListEnd, count: Int)
    /// The first of the lists that has elements: its name and one of them, or a null array.
    case popFirstElement([Bytes], ListEnd)
    case move(from: Bytes, ListEnd, to: Bytes, ListEnd)
    case length(Bytes)
    case element(Bytes, at: Int64)
    /// Both ends included.
    case range(Bytes, start: Int64, end: Int64)
    case set(Bytes, at: Int64, Bytes)
    case insert(Bytes, before: Bool, pivot: Bytes, Bytes)
    /// At most `count` from the left, from the right when negative, all when zero.
    case remove(Bytes, count: Int64, Bytes)
    case trim(Bytes, start: Int64, end: Int64)
    /// `rank`: from which match on, from the right when negative, never zero. `count`: nil for one position, zero for
    /// all. `lengthMax`: how many elements are looked at, zero for all.
    case positions(Bytes, Bytes, rank: Int64, count: Int?, lengthMax: Int)
}
