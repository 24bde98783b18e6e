/// Commands that reach beyond the database they are given in.
package enum DatabaseCommand: Sendable, Equatable {
    /// To a name in another database, with its expiry. `replaces`: in place of what is there.
    case copy(Bytes, to: Bytes, in: UInt8, replaces: Bool)
    /// To the same name in another database, with its expiry, unless that has such a key.
    case move(Bytes, to: UInt8)
    /// Each has the keys of the other from now on.
    case swap(UInt8, UInt8)
    /// All keys of all databases go.
    case flushAll
}
