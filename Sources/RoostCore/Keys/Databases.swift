package import RoostModel

/// The databases of Redis, by number.
package struct Databases: Sendable {
    package static let count = 16

    var keyspaces: ContiguousArray<Keyspace>
    /// With what is gone and not freed yet. Kept, because it is asked for with every message.
    package private(set) var residentBytes = 0
    /// When the next key of all expires.
    package private(set) var nextExpiry: BrokerTime?
    package private(set) var hasRemains = false
    package private(set) var keyCount = 0

    package init(_ key: SealingKey) {
        keyspaces = ContiguousArray(repeating: Keyspace(key), count: Self.count)
    }

    package subscript(database: UInt8) -> Keyspace { keyspaces[Int(database)] }

    /// What the commands would do and answer, each after the ones before. Changes nothing. Without effects nothing is
    /// to be logged.
    ///
    /// A command that fails does nothing, and the others go on: so it is in Redis.
    ///
    /// - Parameter random: decides random picks; a new number for each request.
    /// - Parameter growthMax: bytes that may be added. What would add more is refused before they are.
    package func prepare(
        _ request: KeyRequest, now: BrokerTime, random: UInt64, growthMax: Int = .max
    ) throws(KeyError) -> (replies: [KeyReply], entry: KeysEntry) {
        var events = KeyEventLog([])
        return try prepare(request, now: now, random: random, growthMax: growthMax, events: &events)
    }

    /// The same.
    ///
    /// - Parameter events: gets those of the commands.
    package func prepare(
        _ request: KeyRequest, now: BrokerTime, random: UInt64, growthMax: Int, events: inout KeyEventLog
    ) throws(KeyError) -> (replies: [KeyReply], entry: KeysEntry) {
        var entry = KeysEntry(database: request.database, effects: [])
        if request.commands.count == 1 {
            let prepared = try prepare(
                request.commands[0], in: request.database, now: now, random: random, growthMax: growthMax)
            events.note(request.commands[0], prepared, in: request.database, self, now)
            entry.effects = prepared.effects
            return ([prepared.reply], entry)
        }
        guard request.database < Self.count else { throw .noSuchDatabase }
        let replies = try rehearse(request, now, random, growthMax, &entry, &events)
        return (replies, entry)
    }

    /// The same for one command.
    package func prepare(
        _ command: KeyCommand, in database: UInt8, now: BrokerTime, random: UInt64, growthMax: Int = .max
    ) throws(KeyError) -> PreparedKeys {
        guard database < Self.count else { throw .noSuchDatabase }
        let prepared = prepare(command, database, now, random)
        guard growth(prepared.effects, in: database) <= growthMax else { throw .outOfMemory }
        return prepared
    }

    /// On a copy, of which only what they touch is copied.
    private func rehearse(
        _ request: KeyRequest, _ now: BrokerTime, _ random: UInt64, _ growthMax: Int, _ entry: inout KeysEntry,
        _ events: inout KeyEventLog
    ) throws(KeyError) -> [KeyReply] {
        var (copy, random, room) = (self, random, growthMax)
        return try request.commands.map { command throws(KeyError) in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let prepared = copy.prepare(command, request.database, now, random ^ random >> 33)
            room -= copy.growth(prepared.effects, in: request.database)
            guard room >= 0 else { throw .outOfMemory }
            events.note(command, prepared, in: request.database, copy, now)
            do throws(KeyMismatch) {
                try copy.apply(KeysEntry(database: request.database, effects: prepared.effects))
            } catch {
                preconditionFailure("keys refused their own effect: \(error)")
            }
            entry.effects += prepared.effects
            return prepared.reply
        }
    }

    func growth(_ effects: [KeyEffect], in database: UInt8) -> Int {
        var sum = 0
        effects.visit { effect in
            guard case .extend(let key, _) = effect.pointee else { return sum += effect.pointee.growth(onto: 0) }
            sum += effect.pointee.growth(onto: keyspaces[Int(database)].stringBytes(key))
        }
        return sum
    }

    /// What makes these databases out of empty ones, in pieces of about 48 KiB where values can be parted.
    package func image() -> some Sequence<KeysEntry> {
        sequence(state: KeyImageWriter(self)) { $0.next() }
    }

    /// Throws when the entry does not fit the keys: then log and keys do not belong together.
    package mutating func apply(_ entry: KeysEntry) throws(KeyMismatch) {
        guard entry.database < Self.count else { throw KeyMismatch(reason: "no database \(entry.database)") }
        let database = Int(entry.database)
        let before = sums(of: database)
        var changesOthers = false
        defer { changesOthers ? noteAll() : note(database, before) }
        try entry.effects.visit { (effect) throws(KeyMismatch) in
            guard case .databases(let change) = effect.pointee else {
                return try keyspaces[database].apply(effect.pointee)
            }
            changesOthers = true
            try apply(change, database)
        }
    }

    private func prepare(
        _ command: KeyCommand, _ database: UInt8, _ now: BrokerTime, _ random: UInt64
    ) -> PreparedKeys {
        guard case .databases(let command) = command else {
            return keyspaces[Int(database)].prepare(command, now: now, random: random)
        }
        return prepare(command, database, now)
    }
}

// MARK: - Time and memory

extension Databases {
    private struct Sums {
        var bytes: Int
        var count: Int
        var expiry: BrokerTime?
    }

    private func sums(of database: Int) -> Sums {
        Sums(
            bytes: keyspaces[database].residentBytes, count: keyspaces[database].count,
            expiry: keyspaces[database].nextExpiry)
    }

    package func count(of database: UInt8) -> (keys: Int, expiring: Int) {
        (keyspaces[Int(database)].count, keyspaces[Int(database)].expiringCount)
    }

    /// Sums and the like are kept, because they are asked for in every turn.
    private mutating func note(_ database: Int, _ before: Sums) {
        let after = sums(of: database)
        residentBytes += after.bytes - before.bytes
        keyCount += after.count - before.count
        if keyspaces[database].hasRemains { hasRemains = true }
        guard after.expiry != before.expiry else { return }
        nextExpiry = keyspaces.reduce(nil) { earliest, keys in earliest.orEarlier(keys.nextExpiry) }
    }

    private mutating func noteAll() {
        residentBytes = keyspaces.reduce(0) { $0 + $1.residentBytes }
        keyCount = keyspaces.reduce(0) { $0 + $1.count }
        hasRemains = keyspaces.contains { $0.hasRemains }
        nextExpiry = keyspaces.reduce(nil) { earliest, keys in earliest.orEarlier(keys.nextExpiry) }
    }

    /// The keys of one database that have expired, or some of them.
    func prepareExpiry(now: BrokerTime, atMost count: Int) -> KeysEntry? {
        for database in 0..<UInt8(Self.count) {
            let keys = self[database].expired(now, atMost: count, bytes: Self.expiryBytesMax)
            if !keys.isEmpty { return KeysEntry(database: database, effects: keys.map { .delete($0) }) }
        }
        return nil
    }

    /// Names of keys in one entry, if they are more than one.
    private static let expiryBytesMax = 64 * 1024

    package mutating func freeRemains(_ elementsMax: Int) {
        guard let database = keyspaces.firstIndex(where: { $0.hasRemains }) else { return hasRemains = false }
        let before = sums(of: database)
        keyspaces[database].freeRemains(elementsMax)
        note(database, before)
    }
}
