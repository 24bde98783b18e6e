package import RoostModel

/// What a command does to more than the database of its entry, as it stands in the log.
package enum DatabaseEffect: Sendable, Equatable {
    /// The value is in another database too, with its expiry, in place of what is there.
    case copy(Bytes, to: Bytes, in: UInt8)
    /// The key goes to another database, with its expiry, in place of what is there.
    case move(Bytes, to: UInt8)
    case swap(UInt8, UInt8)
    /// All keys of all databases go.
    case flushAll
}
