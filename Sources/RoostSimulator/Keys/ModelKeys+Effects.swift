import RoostCore
import RoostModel

// What stands in the log, carried out on the model. An effect that does not fit is a mismatch.

extension ModelKeys {
    /// The names under which something was done, in the order of the effects.
    mutating func apply(_ entry: KeysEntry) throws(Mismatch) -> Set<Name> {
        var touched: Set<Name> = []
        for effect in entry.effects { touched.formUnion(try apply(effect, entry.database)) }
        return touched
    }

    private mutating func apply(_ effect: KeyEffect, _ database: UInt8) throws(Mismatch) -> [Name] {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch effect {
        case .putString(let key, let text, let expiry): keys[name(key)] = ModelKey(value: .string(text), expiry: expiry)
        case .splice(let key, let offset, let bytes): try splice(name(key), offset, bytes)
        case .extend(let key, let count): try extend(name(key), count)
        case .setExpiry(let key, let expiry):
            try require(keys[name(key)] != nil, "a key expires that is not there")
            keys[name(key)]?.expiry = expiry
        case .delete(let key):
            try require(keys.removeValue(forKey: name(key)) != nil, "a key is deleted that is not there")
        case .rename(let key, let new): return try move(name(key), to: name(new), removes: true)
        case .copy(let key, let new): return try move(name(key), to: name(new), removes: false)
        case .flush: return flush(database)
        case .databases(let effect): return try apply(effect, database)
        case .hash(let effect): return [try apply(effect, database)]
        case .set(let effect): return [try apply(effect, database)]
        case .sortedSet(let effect): return [try apply(effect, database)]
        default: return [try applyToList(effect, database)]
        }
        return [nameOf(effect, database)].compactMap { $0 }
    }

    private func nameOf(_ effect: KeyEffect, _ database: UInt8) -> Name? {
        switch effect {
        case .putString(let key, _, _), .splice(let key, _, _), .extend(let key, _), .setExpiry(let key, _),
            .delete(let key):
            Name(database: database, key: key)
        default: nil
        }
    }

    private mutating func flush(_ database: UInt8) -> [Name] {
        let names = names(in: database)
        for name in names { keys[name] = nil }
        return names
    }

    private mutating func move(_ name: Name, to new: Name, removes: Bool) throws(Mismatch) -> [Name] {
        guard let key = keys[name] else { throw Mismatch("a key goes to another name, and is not there") }
        if removes { keys[name] = nil }
        keys[new] = key
        return removes ? [name, new] : [new]
    }

    private mutating func apply(_ effect: DatabaseEffect, _ database: UInt8) throws(Mismatch) -> [Name] {
        switch effect {
        case .copy(let key, let new, let target):
            return try move(
                Name(database: database, key: key), to: Name(database: target, key: new), removes: false)
        case .move(let key, let target):
            return try move(Name(database: database, key: key), to: Name(database: target, key: key), removes: true)
        case .swap(let one, let other): return swap(one, other)
        case .flushAll:
            let names = Array(keys.keys)
            keys = [:]
            return names
        }
    }

    /// Names under which there is something in one of the two.
    mutating func swap(_ one: UInt8, _ other: UInt8) -> [Name] {
        let (ones, others) = (names(in: one), names(in: other))
        let held = ones.map { keys.removeValue(forKey: $0) }
        for name in others { keys[Name(database: one, key: name.key)] = keys.removeValue(forKey: name) }
        for (name, key) in zip(ones, held) { keys[Name(database: other, key: name.key)] = key }
        return (ones + others).flatMap { [Name(database: one, key: $0.key), Name(database: other, key: $0.key)] }
    }

    // MARK: strings and lists

    private mutating func splice(_ name: Name, _ offset: Int, _ bytes: Bytes) throws(Mismatch) {
        guard case .string(var text)? = keys[name]?.value, offset <= text.count else {
            throw Mismatch("bytes go into a string that is not there, or too short")
        }
        text.replaceSubrange(offset..<min(text.count, offset + bytes.count), with: bytes)
        keys[name]?.value = .string(text)
    }

    private mutating func extend(_ name: Name, _ count: Int) throws(Mismatch) {
        guard case .string(let text)? = keys[name]?.value, count >= text.count else {
            throw Mismatch("a string grows that is not there, or longer")
        }
        keys[name]?.value = .string(text + Bytes(repeating: 0, count: count - text.count))
    }

    private mutating func applyToList(_ effect: KeyEffect, _ database: UInt8) throws(Mismatch) -> Name {
        switch effect {
        case .push(let key, let end, let added):
            return try changeList(Name(database: database, key: key), makes: true) { elements in
                for element in added { elements.insert(element, at: end == .left ? 0 : elements.count) }
                return true
            }
        case .setElement(let key, let place, let element):
            return try changeList(Name(database: database, key: key)) { elements in
                guard elements.indices.contains(place) else { return false }
                elements[place] = element
                return true
            }
        case .insertElement(let key, let place, let element):
            return try changeList(Name(database: database, key: key)) { elements in
                guard (0...elements.count).contains(place) else { return false }
                elements.insert(element, at: place)
                return true
            }
        case .removeElements(let key, let range):
            return try changeList(Name(database: database, key: key)) { elements in
                guard range.lowerBound >= 0, range.upperBound <= elements.count else { return false }
                elements.removeSubrange(range)
                return true
            }
        default: throw Mismatch("an effect that is unknown: \(effect)")
        }
    }

    private mutating func changeList(
        _ name: Name, makes: Bool = false, _ change: (inout [Bytes]) -> Bool
    ) throws(Mismatch) -> Name {
        let key = keys[name] ?? (makes ? ModelKey(value: .list([])) : nil)
        guard let key, case .list(var elements) = key.value, change(&elements) else {
            throw Mismatch("a list changes that is not there, or has other elements")
        }
        put(name, .list(elements), expiry: key.expiry)
        return name
    }

    // MARK: hashes, sets and sorted sets

    private mutating func apply(_ effect: HashEffect, _ database: UInt8) throws(Mismatch) -> Name {
        let (key, isPut) =
            switch effect {
            case .put(let key, _): (key, true)
            case .remove(let key, _): (key, false)
            }
        let name = Name(database: database, key: key)
        let old = keys[name] ?? (isPut ? ModelKey(value: .hash([:])) : nil)
        guard let old, case .hash(var fields) = old.value else { throw Mismatch("a hash changes that is not there") }
        switch effect {
        case .put(_, let pairs): for pair in pairs { fields[pair.key] = pair.value }
        case .remove(_, let removed):
            for field in removed {
                try require(fields.removeValue(forKey: field) != nil, "a field is removed that is not there")
            }
        }
        put(name, .hash(fields), expiry: old.expiry)
        return name
    }

    private mutating func apply(_ effect: SetEffect, _ database: UInt8) throws(Mismatch) -> Name {
        switch effect {
        case .put(let key, let members):
            let name = Name(database: database, key: key)
            put(name, .set(Set(members)), expiry: nil)
            return name
        case .add(let key, let members):
            return try changeSet(Name(database: database, key: key), makes: true) { set in
                members.allSatisfy { set.insert($0).inserted }
            }
        case .remove(let key, let members):
            return try changeSet(Name(database: database, key: key), makes: false) { set in
                members.allSatisfy { set.remove($0) != nil }
            }
        }
    }

    private mutating func changeSet(
        _ name: Name, makes: Bool, _ change: (inout Set<Bytes>) -> Bool
    ) throws(Mismatch) -> Name {
        let old = keys[name] ?? (makes ? ModelKey(value: .set([])) : nil)
        guard let old, case .set(var set) = old.value, change(&set) else {
            throw Mismatch("a set changes that is not there, or has other members")
        }
        put(name, .set(set), expiry: old.expiry)
        return name
    }

    private mutating func apply(_ effect: SortedSetEffect, _ database: UInt8) throws(Mismatch) -> Name {
        switch effect {
        case .put(let key, let members):
            return try changeSortedSet(Name(database: database, key: key), makes: true) { scores in
                for member in members { scores[member.member] = member.score }
                return true
            }
        case .remove(let key, let members):
            return try changeSortedSet(Name(database: database, key: key), makes: false) { scores in
                members.allSatisfy { scores.removeValue(forKey: $0) != nil }
            }
        case .removeRanks(let key, let ranks):
            return try changeSortedSet(Name(database: database, key: key), makes: false) { scores in
                let members = ranked(scores)
                guard ranks.lowerBound >= 0, ranks.upperBound <= members.count else { return false }
                for member in members[ranks] { scores[member.member] = nil }
                return true
            }
        }
    }

    private mutating func changeSortedSet(
        _ name: Name, makes: Bool, _ change: (inout [Bytes: Double]) -> Bool
    ) throws(Mismatch) -> Name {
        let old = keys[name] ?? (makes ? ModelKey(value: .sortedSet([:])) : nil)
        guard let old, case .sortedSet(var scores) = old.value, change(&scores) else {
            throw Mismatch("a sorted set changes that is not there, or has other members")
        }
        put(name, .sortedSet(scores), expiry: old.expiry)
        return name
    }
}
