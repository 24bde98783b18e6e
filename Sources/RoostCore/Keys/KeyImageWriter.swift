import RoostModel

/// Hands out what makes the keys of all databases anew, as effects on empty ones: an image of keys has no other form.
///
/// It holds a copy of the databases, and goes through them key by key; long values come in several effects. Where it
/// goes on is a rank, or a position, that the trees find: a step costs what it hands out, wherever in a value it is.
struct KeyImageWriter: Sendable {
    /// About so much in one entry, where it can be parted: a string anywhere, other values between their elements.
    private static let bytesPerEntry = 48 * 1024

    private let databases: Databases
    private var database: UInt8 = 0
    private var rank = 0
    /// Of the key of this rank: how much of its value was handed out.
    private var place = 0

    init(_ databases: Databases) { self.databases = databases }

    /// The next changes of one database; nil at the end.
    mutating func next() -> KeysEntry? {
        while Int(database) < Databases.count, rank == databases[database].count {
            (database, rank) = (database + 1, 0)
        }
        guard Int(database) < Databases.count else { return nil }
        return KeysEntry(database: database, effects: nextEffects())
    }

    private mutating func nextEffects() -> [KeyEffect] {
        let keys = databases[database]
        var (effects, room) = ([KeyEffect](), Self.bytesPerEntry)
        while rank < keys.count, room > 0 {
            let (key, record) = keys.entry(at: rank)
            // A key that is long itself stands in each effect: an image must not be many times what it shows.
            let part = nextPart(key, record.value, effects.isEmpty ? max(room, key.count) : room)
            var added = part
            if place == 0 {
                rank += 1
                if let expiry = record.expiry { added.append(.setExpiry(key, expiry)) }
            }
            effects += added
            room -= KeyEffectCodec.size(added)
        }
        return effects
    }

    /// About as many bytes as there is room for. Sets `place`: to zero when it was the last part.
    private mutating func nextPart(_ key: Bytes, _ value: KeyValue, _ room: Int) -> [KeyEffect] {
        switch value {
        case .string(let text): [nextPart(key, text, room)]
        case .list(let box): [.push(key, .right, nextElements(box[0], room))]
        case .hash(let box): [.hash(.put(key, nextFields(box[0], room)))]
        case .set(let box): [.set(.add(key, nextMembers(box[0], room)))]
        case .sortedSet(let box): [.sortedSet(.put(key, nextMembers(box[0].order, room)))]
        case .taken: []
        }
    }

    private mutating func nextPart(_ key: Bytes, _ text: Bytes, _ room: Int) -> KeyEffect {
        let (start, end) = (place, min(text.count, place + room))
        place = end == text.count ? 0 : end
        let part = Bytes(text[start..<end])
        return start == 0 ? .putString(key, part, expiry: nil) : .splice(key, offset: start, part)
    }
}

// MARK: - Elements

extension KeyImageWriter {
    private mutating func nextElements(_ list: borrowing PackedList, _ room: Int) -> [Bytes] {
        var part = Part<Bytes>(room: room)
        list.forEach(in: place..<list.count) { _, element in
            part.append(Bytes(copying: element), element.count)
        }
        return handedOut(part, of: list.count)
    }

    private mutating func nextFields(_ map: borrowing BytesMap, _ room: Int) -> [KeyValuePair] {
        var part = Part<KeyValuePair>(room: room)
        map.forEach(from: place) { field, values, index in
            let value = values.value(index)
            return part.append(KeyValuePair(Bytes(copying: field), value), field.count + value.count)
        }
        return handedOut(part, of: map.count)
    }

    private mutating func nextMembers(_ set: borrowing ByteSet, _ room: Int) -> [Bytes] {
        var part = Part<Bytes>(room: room)
        set.forEach(from: place) { member, _, _ in
            part.append(Bytes(copying: member), member.count)
        }
        return handedOut(part, of: set.count)
    }

    private mutating func nextMembers(_ order: borrowing ScoreTree, _ room: Int) -> [ScoredMember] {
        var part = Part<ScoredMember>(room: room)
        order.forEach(in: place..<order.count) { score, member in
            part.append(ScoredMember(score, Bytes(copying: member)), member.count)
        }
        return handedOut(part, of: order.count)
    }

    private mutating func handedOut<Element>(_ part: Part<Element>, of count: Int) -> [Element] {
        place += part.elements.count
        if place == count { place = 0 }
        return part.elements
    }
}

/// Elements of a value that go into one effect: one at least, then as many as there is room for.
private struct Part<Element> {
    /// Of an element, beside its bytes: counts, a score.
    private static var bytesBeside: Int { 12 }

    private(set) var elements: [Element] = []
    private var room: Int

    init(room: Int) { self.room = room }

    /// False when nothing more goes in.
    mutating func append(_ element: Element, _ bytes: Int) -> Bool {
        elements.append(element)
        room -= bytes + Self.bytesBeside
        return room > 0
    }
}

extension Keyspace {
    /// A key by its place in the order of the keyspace, expired or not.
    func entry(at rank: Int) -> (Bytes, KeyRecord) {
        records.withEntry(at: rank) { key, values, index in (Bytes(copying: key), values.value(index)) }
    }
}
