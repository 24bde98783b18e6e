package import RoostModel

// The keys of the Redis protocol, beside the queues.

extension Broker {
    /// Of all databases, with what is gone and not freed yet.
    package var keyBytes: Int { databases.residentBytes }

    /// See `Databases.prepare`.
    package func prepare(
        _ command: KeyCommand, in database: UInt8, now: BrokerTime, random: UInt64, growthMax: Int = .max
    ) throws(KeyError) -> PreparedKeys {
        try databases.prepare(command, in: database, now: now, random: random, growthMax: growthMax)
    }

    /// See `Databases.prepare`.
    package func prepare(
        _ request: borrowing KeyRequest, now: BrokerTime, random: UInt64, growthMax: Int = .max
    ) throws(KeyError) -> (replies: [KeyReply], entry: KeysEntry) {
        try databases.prepare(request, now: now, random: random, growthMax: growthMax)
    }

    /// See `Databases.prepare`.
    package func prepare(
        _ request: borrowing KeyRequest, now: BrokerTime, random: UInt64, growthMax: Int, events: inout KeyEventLog
    ) throws(KeyError) -> (replies: [KeyReply], entry: KeysEntry) {
        try databases.prepare(request, now: now, random: random, growthMax: growthMax, events: &events)
    }

    /// See `apply(_:at:effects:)`: keys have no other effects.
    package mutating func apply(_ entry: borrowing KeysEntry) throws(EntryMismatch) {
        do throws(KeyMismatch) {
            try databases.apply(entry)
        } catch {
            throw EntryMismatch(kind: .keys, reason: error.reason)
        }
    }

    package func hasKey(_ key: Bytes, in database: UInt8, now: BrokerTime) -> Bool {
        databases[database].record(key, now) != nil
    }

    /// When the key expires; nil when it does not, or there is no such key.
    package func expiry(of key: Bytes, in database: UInt8, now: BrokerTime) -> BrokerTime? {
        databases[database].record(key, now)?.expiry
    }

    /// When `prepareExpiry` has to be called next; nil when no key expires.
    package var nextExpiry: BrokerTime? {
        databases.nextExpiry.map { max($0, retentionHeldUntil ?? $0) }
    }

    /// Removes a slice of the keys that have expired: nobody has seen them since, so it only gives memory back. Nil
    /// when there are none.
    package func prepareExpiry(now: BrokerTime, atMost count: Int) -> KeysEntry? {
        guard let due = nextExpiry, due <= now else { return nil }
        return databases.prepareExpiry(now: now, atMost: count)
    }

    /// Whether memory of values that are gone is still to be freed.
    package var hasKeyRemains: Bool { databases.hasRemains }

    /// Frees about so many elements of values that are gone. It is in no log: nobody can see it.
    package mutating func freeKeyRemains(_ elementsMax: Int) { databases.freeRemains(elementsMax) }
}
