/// Commands on keys of any type.
package enum GenericCommand: Sendable, Equatable {
    case delete([Bytes])
    /// How many there are; one that is named twice counts twice. TOUCH is the same.
    case exists([Bytes])
    case type(Bytes)
    case expire(Bytes, at: BrokerTime, ExpiryCondition)
    case persist(Bytes)
    /// When it expires: -2 without a key, -1 without an expiry.
    case expiry(Bytes)
    case rename(Bytes, to: Bytes, onlyNew: Bool)
    /// To another name, with its expiry. `replaces`: in place of what is there.
    case copy(Bytes, to: Bytes, replaces: Bool)
    case sort(Bytes, SortOptions)
    case count
    case random
    /// - Parameter type: of the keys that are answered; nil for all.
    case scan(ScanOptions, type: KeyReply.StaticWord?)
    case flush
}

/// When `EXPIRE` is carried out.
package enum ExpiryCondition: Sendable {
    case always
    /// NX: the key has none.
    case ifNone
    /// XX: the key has one.
    case ifSome
    /// GT: it is later than that of the key. A key without one never expires, so nothing is later.
    case ifLater
    /// LT: it is earlier.
    case ifEarlier
}
