import RoostModel

// Which keys a command looks at to answer what is there: that one is not there is told, where somebody wants to hear.

extension KeyCommand {
    /// All of them, in the order in which they were said.
    func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .string(let command): command.forEachKeyRead(visit)
        case .bits(let command): command.forEachKeyRead(visit)
        case .list(let command): command.keyRead.map(visit)
        case .hash(let command): command.keyRead.map(visit)
        case .set(let command): command.forEachKeyRead(visit)
        case .sortedSet(let command): command.forEachKeyRead(visit)
        case .key(let command): command.forEachKeyRead(visit)
        case .databases(.copy(let key, _, _, _)): visit(key)
        case .databases, .publish: break
        }
    }
}

extension StringCommand {
    fileprivate func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .get(let key), .getAndExpire(let key, _), .getAndDelete(let key), .length(let key), .range(let key, _, _):
            visit(key)
        case .set(let key, _, let options): if options.answersOld { visit(key) }
        case .getMany(let keys): keys.forEach(visit)
        case .longestCommon(let one, let other, _):
            visit(one)
            visit(other)
        case .append, .setRange, .increment, .incrementFloat, .setMany: break
        }
    }
}

extension BitCommand {
    fileprivate func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .get(let key, _), .count(let key, _), .position(let key, _, _): visit(key)
        case .combine(_, let keys, _): keys.forEach(visit)
        case .fields(let key, let steps): if steps.allSatisfy({ $0.action == .get }) { visit(key) }
        case .set: break
        }
    }
}

extension ListCommand {
    fileprivate var keyRead: Bytes? {
        switch self {
        case .length(let key), .element(let key, _), .range(let key, _, _), .positions(let key, _, _, _, _): key
        case .push, .pop, .popFirst, .popFirstElement, .move, .set, .insert, .remove, .trim: nil
        }
    }
}

extension HashCommand {
    fileprivate var keyRead: Bytes? {
        switch self {
        case .get(let key, _), .getMany(let key, _), .getAll(let key), .fields(let key), .values(let key),
            .length(let key), .exists(let key, _), .valueLength(let key, _), .pick(let key), .pickMany(let key, _, _),
            .scan(let key, _):
            key
        case .set, .setNew, .remove, .increment, .incrementFloat: nil
        }
    }
}

extension SetCommand {
    fileprivate func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .count(let key), .contains(let key, _), .containsEach(let key, _), .members(let key),
            .randomMembers(let key, _), .scan(let key, _):
            visit(key)
        case .combine(_, let keys), .intersectionCount(let keys, _), .store(_, let keys, _): keys.forEach(visit)
        case .add, .remove, .pop, .move: break
        }
    }
}

extension SortedSetCommand {
    fileprivate func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .count(let key), .score(let key, _), .scores(let key, _), .rank(let key, _, _, _),
            .countRange(let key, _), .range(let key, _, _), .randomMember(let key), .randomMembers(let key, _, _),
            .scan(let key, _), .storeRange(let key, _, _):
            visit(key)
        case .combine(let combination, _), .storeCombination(let combination, _):
            for source in combination.sources { visit(source.key) }
        case .countIntersection(let keys, _): keys.forEach(visit)
        case .add, .increment, .remove, .removeRange, .pop, .popFirst, .popFirstMember: break
        }
    }
}

extension GenericCommand {
    fileprivate func forEachKeyRead(_ visit: (Bytes) -> Void) {
        switch self {
        case .exists(let keys): keys.forEach(visit)
        case .type(let key), .expiry(let key, _), .copy(let key, _, _), .sort(let key, _), .dump(let key): visit(key)
        case .delete, .expire, .expireAfter, .persist, .rename, .count, .random, .scan, .names, .flush, .about,
            .restore:
            break
        }
    }
}
