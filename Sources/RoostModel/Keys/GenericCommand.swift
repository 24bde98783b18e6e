/// Commands on keys of any type.
package enum GenericCommand: Sendable, Equatable {
    case delete([Bytes])
    /// How many there are; one that is named twice counts twice. TOUCH is the same.
    case exists([Bytes])
    case type(Bytes)
    case expire(Bytes, at: BrokerTime, ExpiryCondition)
    case expireAfter(Bytes, Milliseconds, ExpiryCondition)
    case persist(Bytes)
    /// When it expires: -2 without a key, -1 without an expiry.
    case expiry(Bytes, ExpiryForm = .milliseconds)
    case rename(Bytes, to: Bytes, onlyNew: Bool)
    /// To another name, with its expiry. `replaces`: in place of what is there.
    case copy(Bytes, to: Bytes, replaces: Bool)
    case sort(Bytes, SortOptions)
    case count
    case random
    /// - Parameter type: of the keys that are answered; nil for all.
    case scan(ScanOptions, type: KeyReply.StaticWord?)
    /// All names that match; all that there are without a pattern.
    case names(GlobPattern?)
    case flush
    case about(Bytes, KeyQuestion)
    /// All that the key holds. Null without it.
    case dump(Bytes)
    /// Makes a key of what was dumped. `replaces`: in place of what is there; otherwise there must be none.
    case restore(Bytes, KeyContent, RestoredExpiry, replaces: Bool)
}

/// When a key expires that is made of a dump.
package enum RestoredExpiry: Sendable, Equatable {
    case never
    case after(Milliseconds)
    case at(BrokerTime)
}

/// How it is said when a key expires. Seconds are rounded to the nearest.
package enum ExpiryForm: Sendable {
    case milliseconds, seconds
    case millisecondsLeft, secondsLeft
}

/// What OBJECT and MEMORY ask of a key. Without the key the answer is null.
package enum KeyQuestion: Sendable {
    /// The name that Redis has for the form of a value of this type and size.
    case encoding
    case references
    /// Not known: nobody counts accesses, or notes their times.
    case idleTime, frequency
    /// About what the key takes in memory.
    case bytes
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
    /// XX and LT
    case ifSomeEarlier
}
