// Which keys a command names.

extension KeyCommand {
    /// All of them, in the order in which they were said; one that is named twice comes twice. None for commands on
    /// whole databases. Keys that SORT finds by patterns are not named.
    package func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .string(let command): command.forEachKey(visit)
        case .bits(let command): command.forEachKey(visit)
        case .list(let command): command.forEachKey(visit)
        case .hash(let command): command.forEachKey(visit)
        case .set(let command): command.forEachKey(visit)
        case .sortedSet(let command): command.forEachKey(visit)
        case .key(let command): command.forEachKey(visit)
        case .databases(let command): command.forEachKey(visit)
        case .publish: break
        }
    }
}

extension StringCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .get(let key), .set(let key, _, _), .getAndExpire(let key, _), .getAndDelete(let key),
            .append(let key, _), .length(let key), .range(let key, _, _), .setRange(let key, _, _),
            .increment(let key, _), .incrementFloat(let key, _):
            visit(key)
        case .getMany(let keys): keys.forEach(visit)
        case .setMany(let pairs, _): for pair in pairs { visit(pair.key) }
        case .longestCommon(let one, let other, _):
            visit(one)
            visit(other)
        }
    }
}

extension BitCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .get(let key, _), .set(let key, _, _), .count(let key, _), .position(let key, _, _), .fields(let key, _):
            visit(key)
        case .combine(_, let keys, let target):
            visit(target)
            keys.forEach(visit)
        }
    }
}

extension ListCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .push(let key, _, _, _), .pop(let key, _, _), .length(let key), .element(let key, _),
            .range(let key, _, _), .set(let key, _, _), .insert(let key, _, _, _), .remove(let key, _, _),
            .trim(let key, _, _), .positions(let key, _, _, _, _):
            visit(key)
        case .popFirst(let keys, _, _), .popFirstElement(let keys, _): keys.forEach(visit)
        case .move(let from, _, let to, _):
            visit(from)
            visit(to)
        }
    }
}

extension HashCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .set(let key, _, _), .setNew(let key, _, _), .get(let key, _), .getMany(let key, _), .getAll(let key),
            .fields(let key), .values(let key), .length(let key), .exists(let key, _), .valueLength(let key, _),
            .remove(let key, _), .increment(let key, _, _), .incrementFloat(let key, _, _), .pick(let key),
            .pickMany(let key, _, _), .scan(let key, _):
            visit(key)
        }
    }
}

extension SetCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .add(let key, _), .remove(let key, _), .count(let key), .contains(let key, _),
            .containsEach(let key, _), .members(let key), .pop(let key, _), .randomMembers(let key, _),
            .scan(let key, _):
            visit(key)
        case .move(let from, let to, _):
            visit(from)
            visit(to)
        case .combine(_, let keys), .intersectionCount(let keys, _): keys.forEach(visit)
        case .store(_, let keys, let target):
            visit(target)
            keys.forEach(visit)
        }
    }
}

extension SortedSetCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .add(let key, _, _, _), .increment(let key, _, _), .remove(let key, _), .count(let key),
            .score(let key, _), .scores(let key, _), .rank(let key, _, _, _), .countRange(let key, _),
            .range(let key, _, _), .removeRange(let key, _), .pop(let key, _, _), .randomMember(let key),
            .randomMembers(let key, _, _), .scan(let key, _):
            visit(key)
        case .storeRange(let from, let to, _):
            visit(to)
            visit(from)
        case .popFirst(let keys, _, _), .popFirstMember(let keys, _), .countIntersection(let keys, _):
            keys.forEach(visit)
        case .combine(let combination, _): for source in combination.sources { visit(source.key) }
        case .storeCombination(let combination, let target):
            visit(target)
            for source in combination.sources { visit(source.key) }
        }
    }
}

extension GenericCommand {
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .delete(let keys), .exists(let keys): keys.forEach(visit)
        case .type(let key), .expire(let key, _, _), .expireAfter(let key, _, _), .persist(let key),
            .expiry(let key, _), .about(let key, _), .dump(let key), .restore(let key, _, _, _):
            visit(key)
        case .rename(let key, let new, _), .copy(let key, let new, _):
            visit(key)
            visit(new)
        case .sort(let key, let options):
            visit(key)
            if let target = options.destination { visit(target) }
        case .count, .random, .scan, .names, .flush: break
        }
    }
}

extension DatabaseCommand {
    /// Those in other databases too.
    fileprivate func forEachKey(_ visit: (Bytes) -> Void) {
        switch self {
        case .copy(let key, let new, _, _):
            visit(key)
            visit(new)
        case .move(let key, _): visit(key)
        case .swap, .flushAll: break
        }
    }
}
