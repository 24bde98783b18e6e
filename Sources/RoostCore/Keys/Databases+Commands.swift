import RoostModel

// Commands and effects that name databases.

extension Databases {
    func prepare(_ command: DatabaseCommand, _ database: UInt8, _ now: BrokerTime) -> PreparedKeys {
        do throws(KeyError) {
            return switch command {
            case .copy(let key, let new, let target, let replaces):
                try copy(key, database, new, target, replaces, now)
            case .move(let key, let target): try move(key, database, target, now)
            case .swap(let one, let other): try swap(one, other)
            case .flushAll: PreparedKeys(.ok, keyCount == 0 ? [] : [.databases(.flushAll)])
            }
        } catch {
            return PreparedKeys(.failure(error))
        }
    }

    private func copy(
        _ key: Bytes, _ database: UInt8, _ new: Bytes, _ target: UInt8, _ replaces: Bool, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard target < Self.count else { throw .noSuchDatabase }
        guard target != database || key != new else { throw .sameObject }
        guard self[database].record(key, now) != nil, replaces || self[target].record(new, now) == nil else {
            return PreparedKeys(.integer(0))
        }
        let effect: KeyEffect =
            target == database ? .copy(from: key, to: new) : .databases(.copy(key, to: new, in: target))
        return PreparedKeys(.integer(1), [effect])
    }

    private func move(
        _ key: Bytes, _ database: UInt8, _ target: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> PreparedKeys {
        guard target < Self.count else { throw .noSuchDatabase }
        guard target != database else { throw .sameObject }
        guard self[database].record(key, now) != nil, self[target].record(key, now) == nil else {
            return PreparedKeys(.integer(0))
        }
        return PreparedKeys(.integer(1), [.databases(.move(key, to: target))])
    }

    private func swap(_ one: UInt8, _ other: UInt8) throws(KeyError) -> PreparedKeys {
        guard one < Self.count, other < Self.count else { throw .noSuchDatabase }
        let isNothing = one == other || self[one].count == 0 && self[other].count == 0
        return PreparedKeys(.ok, isNothing ? [] : [.databases(.swap(one, other))])
    }

    /// Sums are not kept up: the caller has to.
    mutating func apply(_ effect: DatabaseEffect, _ database: Int) throws(KeyMismatch) {
        switch effect {
        case .copy(let key, let new, let target):
            guard let record = keyspaces[database].heldRecord(key) else { throw KeyMismatch(reason: "no key to copy") }
            try requireOther(target, than: database)
            keyspaces[Int(target)].put(new, record)
        case .move(let key, let target):
            try requireOther(target, than: database)
            guard let record = keyspaces[database].take(key) else { throw KeyMismatch(reason: "no key to move") }
            keyspaces[Int(target)].put(key, record)
        case .swap(let one, let other):
            try requireOther(one, than: Int(other))
            keyspaces.swapAt(Int(one), Int(other))
        case .flushAll:
            for database in keyspaces.indices { keyspaces[database].flush() }
        }
    }

    private func requireOther(_ target: UInt8, than database: Int) throws(KeyMismatch) {
        guard target < Self.count, database < Self.count, target != database else {
            throw KeyMismatch(reason: "no other database \(target)")
        }
    }
}
