import RoostModel

// Lists, sets and sorted sets.

extension ModelKeys {
    private func list(_ name: Name, _ now: BrokerTime) throws(KeyError) -> [Bytes]? {
        guard let key = visible(name, at: now) else { return nil }
        guard case .list(let elements) = key.value else { throw .wrongType }
        return elements
    }

    mutating func run(
        _ command: ListCommand, _ database: UInt8, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .push(let key, let end, let added, let onlyExisting):
            let old = try list(name(key), now)
            if onlyExisting, old == nil { return .integer(0) }
            var elements = old ?? []
            for element in added { elements.insert(element, at: end == .left ? 0 : elements.count) }
            change(name(key), at: now, .list(elements))
            return .integer(Int64(elements.count))
        case .pop(let key, let end, let count):
            guard try list(name(key), now) != nil else { return count == nil ? .null : .nullArray }
            let taken = try take(name(key), end, count ?? 1, now)
            return count == nil ? taken[0] : .array(taken)
        case .popFirst(let keys, let end, let count):
            for key in keys where try list(name(key), now) != nil {
                return .array([.bytes(key), .array(try take(name(key), end, count, now))])
            }
            return .nullArray
        case .popFirstElement(let keys, let end):
            for key in keys where try list(name(key), now) != nil {
                return .array([.bytes(key)] + (try take(name(key), end, 1, now)))
            }
            return .nullArray
        case .move(let from, let fromEnd, let to, let toEnd):
            guard try list(name(from), now) != nil else { return .null }
            return try move(name(from), fromEnd, name(to), toEnd, now)
        case .length(let key): return .integer(Int64(try list(name(key), now)?.count ?? 0))
        case .element(let key, let place):
            guard let elements = try list(name(key), now), let place = index(place, elements.count) else {
                return .null
            }
            return .bytes(elements[place])
        case .range(let key, let start, let end):
            let elements = try list(name(key), now) ?? []
            return .array(elements[span(start, end, elements.count)].map { .bytes($0) })
        default: return try alter(command, name, now)
        }
    }

    private mutating func alter(
        _ command: ListCommand, _ name: (Bytes) -> Name, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        switch command {
        case .set(let key, let place, let element):
            guard var elements = try list(name(key), now) else { throw .noSuchKey }
            guard let place = index(place, elements.count) else { throw .indexOutOfRange }
            elements[place] = element
            change(name(key), at: now, .list(elements))
            return .ok
        case .insert(let key, let before, let pivot, let element):
            guard var elements = try list(name(key), now) else { return .integer(0) }
            guard let place = elements.firstIndex(of: pivot) else { return .integer(-1) }
            elements.insert(element, at: before ? place : place + 1)
            change(name(key), at: now, .list(elements))
            return .integer(Int64(elements.count))
        case .remove(let key, let count, let element):
            guard var elements = try list(name(key), now) else { return .integer(0) }
            var places = elements.indices.filter { elements[$0] == element }
            if count > 0 { places = Array(places.prefix(Int(count))) }
            if count < 0 { places = Array(places.suffix(Int(-count))) }
            for place in places.reversed() { elements.remove(at: place) }
            change(name(key), at: now, .list(elements))
            return .integer(Int64(places.count))
        case .trim(let key, let start, let end):
            guard let elements = try list(name(key), now) else { return .ok }
            change(name(key), at: now, .list(Array(elements[span(start, end, elements.count)])))
            return .ok
        default: return .failure(.noSuchDatabase)
        }
    }

    private mutating func take(
        _ name: Name, _ end: ListEnd, _ count: Int, _ now: BrokerTime
    ) throws(KeyError) -> [KeyReply] {
        var elements = try list(name, now) ?? []
        var taken: [KeyReply] = []
        while taken.count < count, !elements.isEmpty {
            taken.append(.bytes(end == .left ? elements.removeFirst() : elements.removeLast()))
        }
        change(name, at: now, .list(elements))
        return taken
    }

    private mutating func move(
        _ from: Name, _ fromEnd: ListEnd, _ to: Name, _ toEnd: ListEnd, _ now: BrokerTime
    ) throws(KeyError) -> KeyReply {
        _ = try list(to, now)
        // A list that is turned keeps its expiry, also when it has one element.
        let expiry = from == to ? visible(from, at: now)?.expiry : visible(to, at: now)?.expiry
        guard case .bytes(let element)? = try take(from, fromEnd, 1, now).first else { return .null }
        var elements = try list(to, now) ?? []
        elements.insert(element, at: toEnd == .left ? 0 : elements.count)
        put(to, .list(elements), expiry: expiry)
        return .bytes(element)
    }

    private func index(_ place: Int64, _ count: Int) -> Int? {
        let place = Int(place < 0 ? place + Int64(count) : place)
        return (0..<count).contains(place) ? place : nil
    }

    private func span(_ start: Int64, _ end: Int64, _ count: Int) -> Range<Int> {
        let first = max(0, Int(start < 0 ? start + Int64(count) : start))
        let last = min(count - 1, Int(end < 0 ? end + Int64(count) : end))
        return first <= last ? first..<last + 1 : 0..<0
    }

    // MARK: sets

    private func set(_ name: Name, _ now: BrokerTime) throws(KeyError) -> Set<Bytes> {
        guard let key = visible(name, at: now) else { return [] }
        guard case .set(let members) = key.value else { throw .wrongType }
        return members
    }

    mutating func run(
        _ command: SetCommand, _ database: UInt8, _ now: BrokerTime, _ told: KeyReply?
    ) throws(KeyError) -> KeyReply {
        let name = { (key: Bytes) in Name(database: database, key: key) }
        switch command {
        case .add(let key, let members):
            let old = try set(name(key), now)
            let new = old.union(members)
            if new != old { change(name(key), at: now, .set(new)) }
            return .integer(Int64(new.count - old.count))
        case .remove(let key, let members):
            let old = try set(name(key), now)
            let new = old.subtracting(members)
            if new != old { change(name(key), at: now, .set(new)) }
            return .integer(Int64(old.count - new.count))
        case .count(let key): return .integer(Int64(try set(name(key), now).count))
        case .contains(let key, let member): return .integer(try set(name(key), now).contains(member) ? 1 : 0)
        case .members(let key): return .set(try set(name(key), now).map { .bytes($0) })
        case .pop(let key, let count): return try pop(name(key), count, now, told)
        case .move(let from, let to, let member):
            let source = try set(name(from), now)
            guard visible(name(from), at: now) != nil else { return .integer(0) }
            let target = try set(name(to), now)
            guard source.contains(member) else { return .integer(0) }
            if from == to { return .integer(1) }
            change(name(from), at: now, .set(source.subtracting([member])))
            change(name(to), at: now, .set(target.union([member])))
            return .integer(1)
        case .combine(let operation, let keys):
            return .set(try combine(operation, keys.map(name), now).map { .bytes($0) })
        case .store(let operation, let keys, let destination):
            let members = try combine(operation, keys.map(name), now)
            put(name(destination), .set(members), expiry: nil)
            return .integer(Int64(members.count))
        default: return .failure(.noSuchDatabase)
        }
    }

    private func combine(
        _ operation: SetOperation, _ names: [Name], _ now: BrokerTime
    ) throws(KeyError) -> Set<Bytes> {
        var sets: [Set<Bytes>] = []
        for name in names { sets.append(try set(name, now)) }
        guard var members = sets.first else { return [] }
        for other in sets.dropFirst() {
            switch operation {
            case .intersection: members.formIntersection(other)
            case .union: members.formUnion(other)
            case .difference: members.subtract(other)
            }
        }
        return members
    }

    /// As many as were asked for and are there, whichever they are.
    private mutating func pop(
        _ name: Name, _ count: Int?, _ now: BrokerTime, _ told: KeyReply?
    ) throws(KeyError) -> KeyReply {
        let members = try set(name, now)
        if members.isEmpty { return count == nil ? .null : .set([]) }
        let taken: [Bytes] =
            switch told {
            case .bytes(let member) where count == nil: [member]
            case .set(let list) where count != nil:
                list.compactMap { if case .bytes(let member) = $0 { member } else { nil } }
            default: []
            }
        let isPermitted =
            Set(taken).count == taken.count && members.isSuperset(of: taken)
            && taken.count == min(count ?? 1, members.count)
        guard isPermitted, let told else { return .failure(.countOutOfRange) }
        change(name, at: now, .set(members.subtracting(taken)))
        return told
    }
}
