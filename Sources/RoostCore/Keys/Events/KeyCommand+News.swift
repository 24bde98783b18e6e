import RoostModel

// What commands tell of keys, in the order in which Redis tells it.

extension KeyCommand {
    /// - Parameter prepared: what it does and answers; no error.
    func news(of prepared: PreparedKeys, in database: UInt8) -> [KeyNews] {
        switch self {
        case .string(let command): command.news(prepared, database)
        case .bits(let command): command.news(prepared, database)
        case .list(let command): command.news(prepared, database)
        case .hash(let command): command.news(prepared, database)
        case .set(let command): command.news(prepared, database)
        case .sortedSet(let command): command.news(prepared, database)
        case .key(let command): command.news(prepared, database)
        case .databases(let command): command.news(prepared, database)
        case .publish: []
        }
    }
}

extension PreparedKeys {
    /// Of a command that changed the key, if it did.
    fileprivate func news(_ kind: KeyEventKind?, _ key: Bytes, _ database: UInt8) -> [KeyNews] {
        effects.isEmpty ? [] : [KeyNews(kind: kind, key: key, database: database)]
    }

    /// Of one that changed the first of several keys that had something.
    fileprivate func newsOfFirst(_ kind: KeyEventKind, _ database: UInt8) -> [KeyNews] {
        (effects.first?.changedKeys?.first).map { [KeyNews(kind: kind, key: $0, database: database)] } ?? []
    }

    /// What its expiry became: a time that is over removes the key.
    fileprivate func newsOfExpiry(_ key: Bytes, _ database: UInt8) -> [KeyNews] {
        switch effects.first {
        case .setExpiry(_, nil): news(.persist, key, database)
        case .setExpiry: news(.expire, key, database)
        default: news(nil, key, database)
        }
    }
}

/// Of a command that puts its result there, or removes the key where there is none.
private func stored(_ kind: KeyEventKind, _ key: Bytes, _ database: UInt8) -> [KeyNews] {
    [KeyNews(kind: kind, key: key, database: database, needsKey: true)]
}

extension StringCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .get, .length, .range, .getMany, .longestCommon: []
        case .set(let key, _, let options): newsOfSet(key, options, prepared, database)
        case .getAndExpire(let key, let change):
            if prepared.effects.isEmpty, prepared.reply != .null, change.isTime {
                [KeyNews(kind: .expire, key: key, database: database)]
            } else {
                prepared.newsOfExpiry(key, database)
            }
        case .getAndDelete(let key): prepared.news(nil, key, database)
        case .append(let key, _): [KeyNews(kind: .append, key: key, database: database)]
        case .setRange(let key, _, _): prepared.news(.setrange, key, database)
        case .increment(let key, _): prepared.news(.incrby, key, database)
        case .incrementFloat(let key, _): prepared.news(.incrbyfloat, key, database)
        case .setMany(let pairs, _): pairs.flatMap { prepared.news(.set, $0.key, database) }
        }
    }

    private func newsOfSet(
        _ key: Bytes, _ options: SetOptions, _ prepared: PreparedKeys, _ database: UInt8
    ) -> [KeyNews] {
        // A time that is over already removes the key.
        guard case .putString? = prepared.effects.last else { return prepared.news(nil, key, database) }
        return prepared.news(.set, key, database)
            + (options.expiry.isTime ? prepared.news(.expire, key, database) : [])
    }
}

extension ExpiryChange {
    fileprivate var isTime: Bool {
        switch self {
        case .after, .at: true
        case .keep, .remove: false
        }
    }
}

extension BitCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .get, .count, .position: []
        case .set(let key, _, _), .fields(let key, _): prepared.news(.setbit, key, database)
        case .combine(_, _, let target): stored(.set, target, database)
        }
    }
}

extension ListCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .length, .element, .range, .positions: []
        case .push(let key, let end, _, _): prepared.news(end.push, key, database)
        case .pop(let key, let end, _): prepared.news(end.pop, key, database)
        case .popFirst(_, let end, _), .popFirstElement(_, let end): prepared.newsOfFirst(end.pop, database)
        case .move(let from, let fromEnd, let to, let toEnd):
            prepared.news(toEnd.push, to, database) + prepared.news(fromEnd.pop, from, database)
        case .set(let key, _, _): prepared.news(.lset, key, database)
        case .insert(let key, _, _, _): prepared.news(.linsert, key, database)
        case .remove(let key, _, _): prepared.news(.lrem, key, database)
        // Told also when nothing had to go.
        case .trim(let key, _, _): [KeyNews(kind: .ltrim, key: key, database: database, neededKey: true)]
        }
    }
}

extension ListEnd {
    fileprivate var push: KeyEventKind { self == .left ? .lpush : .rpush }
    fileprivate var pop: KeyEventKind { self == .left ? .lpop : .rpop }
}

extension HashCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .get, .getMany, .getAll, .fields, .values, .length, .exists, .valueLength, .pick, .pickMany, .scan: []
        case .set(let key, _, _), .setNew(let key, _, _): prepared.news(.hset, key, database)
        case .remove(let key, _): prepared.news(.hdel, key, database)
        case .increment(let key, _, _): prepared.news(.hincrby, key, database)
        case .incrementFloat(let key, _, _): prepared.news(.hincrbyfloat, key, database)
        }
    }
}

extension SetCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .count, .contains, .containsEach, .members, .randomMembers, .combine, .intersectionCount, .scan: []
        case .add(let key, _): prepared.news(.sadd, key, database)
        case .remove(let key, _): prepared.news(.srem, key, database)
        case .pop(let key, _): prepared.news(.spop, key, database)
        case .move(let from, let to, _):
            prepared.news(.srem, from, database) + (prepared.adds ? prepared.news(.sadd, to, database) : [])
        case .store(.intersection, _, let target): stored(.sinterstore, target, database)
        case .store(.union, _, let target): stored(.sunionstore, target, database)
        case .store(.difference, _, let target): stored(.sdiffstore, target, database)
        }
    }
}

extension PreparedKeys {
    /// A member that is moved may be in the other set already.
    fileprivate var adds: Bool {
        if case .set(.add)? = effects.last { true } else { false }
    }
}

extension SortedSetCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .count, .score, .scores, .rank, .countRange, .range, .randomMember, .randomMembers, .combine,
            .countIntersection, .scan:
            []
        case .add(let key, _, _, _): prepared.news(.zadd, key, database)
        case .increment(let key, _, _): prepared.news(.zincr, key, database)
        case .remove(let key, _): prepared.news(.zrem, key, database)
        case .removeRange(let key, .ranks): prepared.news(.zremrangebyrank, key, database)
        case .removeRange(let key, .scores): prepared.news(.zremrangebyscore, key, database)
        case .removeRange(let key, .members): prepared.news(.zremrangebylex, key, database)
        case .pop(let key, let end, _): prepared.news(end.pop, key, database)
        case .popFirst(_, let end, _), .popFirstMember(_, let end): prepared.newsOfFirst(end.pop, database)
        case .storeRange(_, let target, _): stored(.zrangestore, target, database)
        case .storeCombination(let combination, let target): stored(combination.kind.event, target, database)
        }
    }
}

extension ScoreEnd {
    fileprivate var pop: KeyEventKind { self == .lowest ? .zpopmin : .zpopmax }
}

extension SortedSetCombination.Kind {
    fileprivate var event: KeyEventKind {
        switch self {
        case .union: .zunionstore
        case .intersection: .zinterstore
        case .difference: .zdiffstore
        }
    }
}

extension GenericCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .exists, .type, .expiry, .count, .random, .scan, .names, .flush, .about, .dump: []
        case .delete:
            prepared.effects.flatMap { effect in
                (effect.changedKeys ?? []).map { KeyNews(key: $0, database: database) }
            }
        case .expire(let key, _, _), .expireAfter(let key, _, _), .persist(let key):
            prepared.newsOfExpiry(key, database)
        case .rename(let key, let new, _): newsOfRename(key, new, prepared, database)
        case .copy(_, let new, _): copied(new, prepared, database)
        case .restore(let key, _, _, _):
            // Without an effect, or with the end of what was there alone, its time was over before it began.
            prepared.effects.contains { $0.grows }
                ? [KeyNews(kind: .restore, key: key, database: database, isPlaced: true)]
                : [KeyNews(key: key, database: database)]
        case .sort(_, let options):
            options.destination.map { stored(.sortstore, $0, database) } ?? []
        }
    }

    private func newsOfRename(
        _ key: Bytes, _ new: Bytes, _ prepared: PreparedKeys, _ database: UInt8
    ) -> [KeyNews] {
        guard !prepared.effects.isEmpty else { return [] }
        return [
            KeyNews(key: new, database: database, isPlaced: true),
            KeyNews(kind: .renamedFrom, key: key, database: database, isMoved: true),
            KeyNews(kind: .renamedTo, key: new, database: database),
        ]
    }
}

private func copied(_ key: Bytes, _ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
    guard !prepared.effects.isEmpty else { return [] }
    return [KeyNews(kind: .copiedTo, key: key, database: database, isPlaced: true)]
}

extension DatabaseCommand {
    fileprivate func news(_ prepared: PreparedKeys, _ database: UInt8) -> [KeyNews] {
        switch self {
        case .swap, .flushAll: return []
        case .copy(_, let new, let target, _): return copied(new, prepared, target)
        case .move(let key, let target):
            guard !prepared.effects.isEmpty else { return [] }
            return [
                KeyNews(key: key, database: target, isPlaced: true),
                KeyNews(kind: .movedFrom, key: key, database: database, isMoved: true),
                KeyNews(kind: .movedTo, key: key, database: target),
            ]
        }
    }
}
